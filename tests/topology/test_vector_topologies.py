"""Agents with vectors: those read one another that stand near, or are alike."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import Topology, build, proximity_graph, resolve, similarities, similarity_graph

HERE = Path()
FEW = settings(max_examples=25, deadline=None)
"""Graphs take a while to make, and one of a kind is much like another."""
TABLES = arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(1, 9).map(float))


def of_file(name: str, folder: Path, text: str, **parameters: object) -> Topology:
    (folder / "vectors.csv").write_text(text, "utf-8")
    return resolve(Named(name=name, parameters={"path": "vectors.csv", **parameters}), folder)


def test_the_radius_itself_is_near_enough() -> None:
    graph = proximity_graph([[0, 0], [3, 4], [9, 9]], 5.0)
    assert set(graph.edges) == {(0, 1), (1, 0)}
    assert graph.graph["positions"] == ((0.0, 0.0), (3.0, 4.0), (9.0, 9.0))


@FEW
@given(places=TABLES, radius=st.floats(0, 20))
def test_a_larger_radius_never_loses_an_edge(places: np.ndarray, radius: float) -> None:
    small, large = proximity_graph(places, radius), proximity_graph(places, radius * 1.5)
    assert set(small.edges) <= set(large.edges)
    assert all(u != v and small.has_edge(v, u) for u, v in small.edges)


def test_agents_that_move_get_another_graph() -> None:
    places = np.array([[0.0, 0.0], [2.0, 0.0]])
    assert proximity_graph(places, 1.0).number_of_edges() == 0
    assert proximity_graph(places * 0.5, 1.0).number_of_edges() == 2


def test_known_similarities() -> None:
    assert similarities([[1, 0], [1, 1], [-2, 0]])[0] == pytest.approx([1, 2**-0.5, -1])
    assert similarities([[1, 1, 0], [0, 1, 1], [1, 1, 1]], "jaccard")[0] == pytest.approx([1, 1 / 3, 2 / 3])
    assert similarities([[2, 0], [1, 1]], "jaccard")[0, 1] == pytest.approx(1 / 3)


@FEW
@given(vectors=TABLES, threshold=st.floats(-1, 1), measure=st.sampled_from(["cosine", "jaccard"]))
def test_those_read_one_another_that_are_alike(vectors: np.ndarray, threshold: float, measure: str) -> None:
    graph, alike = similarity_graph(vectors, threshold, measure), similarities(vectors, measure)
    assert alike == pytest.approx(alike.T)
    assert np.diagonal(alike) == pytest.approx(np.ones(len(vectors)))
    assert set(graph.edges) == {
        (i, j) for i in graph for j in graph if i != j and alike[min(i, j), max(i, j)] >= threshold
    }


@pytest.mark.parametrize(
    ("vectors", "measure", "problem"),
    [
        ([[0, 0], [1, 1]], "cosine", "agent 0 has nothing but zeros"),
        ([[1, 1], [0, 0]], "jaccard", "agent 1 has nothing but zeros"),
        ([[1, 1], [1, -1]], "jaccard", "agent 1 has a negative number"),
        ([[1, np.nan]], "cosine", "vectors of shape (1, 2)"),
        ([1, 2], "cosine", "vectors of shape (2,)"),
        (np.empty((0, 2)), "cosine", "vectors of shape (0, 2)"),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(vectors: object, measure: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        similarity_graph(vectors, 0.5, measure)
    assert caught.value.problem == problem
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("positions", "radius"), [([[0, 0]], -1.0), ([[0, 0]], np.nan), ([0, 1], 1.0), ([[np.inf]], 1.0)]
)
def test_positions_that_are_none_are_refused(positions: object, radius: float) -> None:
    with pytest.raises(SpecError):
        proximity_graph(positions, radius)


def test_vectors_come_from_a_file(tmp_path: Path) -> None:
    topology = of_file("proximity", tmp_path, "# x, y\n0, 0\n0 1\n\n0,2 # the last\n", radius=1.0)
    assert set(build(topology, 3, 0).edges) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert topology.unfit(4) == "vectors.csv has 3 agents, not 4"
    alike = of_file("similarity", tmp_path, "1 0\n1 1\n0 1\n", threshold=0.7)
    assert set(build(alike, 3, 0).edges) == {(0, 1), (1, 0), (1, 2), (2, 1)}


def test_a_file_that_connects_nothing_is_not_applicable_unless_that_is_wanted(tmp_path: Path) -> None:
    apart = "0 0\n9 9\n"
    reason = of_file("proximity", tmp_path, apart, radius=1.0).unfit(2)
    assert reason == "the vectors of vectors.csv give no connected graph; connected: false takes it"
    assert of_file("proximity", tmp_path, apart, radius=1.0, connected=False).unfit(2) is None


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", None, "the file has no numbers"),
        ("# nothing\n", None, "the file has no numbers"),
        ("1 2\n\n3 x\n", 3, "got 'x'"),
        ("1 nan\n", 1, "got 'nan'"),
        ("1 2\n3\n", 2, "1 numbers, where the lines before have 2"),
        ("0 0\n", None, "agent 0 has nothing but zeros"),
    ],
)
def test_a_file_of_vectors_that_is_none_is_named(text: str, line: int | None, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        of_file("similarity", tmp_path, text)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "vectors.csv"), line)
    assert caught.value.problem == problem


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such file"):
        resolve(Named(name="proximity", parameters={"path": "none.csv"}), tmp_path)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError, match="not UTF-8"):
        resolve(Named(name="proximity", parameters={"path": "bytes.csv"}), tmp_path)
    with pytest.raises(SpecError, match="cannot be read"):
        resolve(Named(name="proximity", parameters={"path": "."}), tmp_path)


def test_drawn_vectors_that_join_nobody_are_given_up_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 3)
    with pytest.raises(SpecError, match=r"none of 3 draws of proximity with n = 30.*\n.*a larger radius, or connected"):
        build(resolve(Named(name="proximity", parameters={"radius": 0.01}), HERE), 30, 0)
    with pytest.raises(SpecError, match="a smaller threshold"):
        build(resolve(Named(name="similarity", parameters={"threshold": 0.99}), HERE), 30, 0)
    loose = resolve(Named(name="proximity", parameters={"radius": 0.01, "connected": False}), HERE)
    assert nx.number_weakly_connected_components(build(loose, 30, 0)) > 1


def test_drawn_vectors_of_jaccard_are_never_empty() -> None:
    topology = resolve(Named(name="similarity", parameters={"measure": "jaccard", "threshold": 0.3}), HERE)
    assert nx.is_weakly_connected(build(topology, 12, 0))
