"""Topologies whose edges go one way, against what is known of them: counts, depths, errors of released code."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import TOPOLOGIES, build, resolve
from agentscale.topology.base import Directed

HERE = Path()
FEW = settings(max_examples=25, deadline=None)
"""Graphs take a while to make, and one of a kind is much like another."""
DRAWN = {name: member for name, member in TOPOLOGIES.items() if name not in ("edges", "file")}
DIRECTED = sorted(name for name, member in DRAWN.items() if issubclass(member, Directed))


def made(name: str, n: int, seed: int = 0, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name=name, parameters=parameters), HERE), n, seed)


def unfit(name: str, n: int, **parameters: object) -> str | None:
    return resolve(Named(name=name, parameters=parameters), HERE).unfit(n)


def depth(graph: nx.DiGraph) -> int:
    return nx.dag_longest_path_length(graph) + 1


def test_these_are_directed() -> None:
    assert DIRECTED == ["chain", "layered", "mesh", "random_dag", "star", "tree"]


@FEW
@given(name=st.sampled_from(DIRECTED), n=st.integers(1, 24), seed=st.integers(0, 2**32))
def test_a_directed_topology_has_no_cycle_and_its_reverse_is_the_same_draw_turned_around(
    name: str, n: int, seed: int
) -> None:
    forward, back = made(name, n, seed), made(name, n, seed, reverse=True)
    assert nx.is_directed_acyclic_graph(forward)
    assert set(back.edges) == {(v, u) for u, v in forward.edges}
    assert all(u < v for u, v in forward.edges)


@pytest.mark.parametrize("name", ["complete", "ring", "hub", "small_world", "grid"])
def test_what_goes_both_ways_has_no_reverse(name: str) -> None:
    with pytest.raises(SpecError, match="unknown parameter") as caught:
        resolve(Named(name=name, parameters={"reverse": True}), HERE)
    assert caught.value.key == f"{name}.reverse"


def test_a_slip_in_reverse_is_told_the_nearest_name() -> None:
    with pytest.raises(SpecError) as caught:
        resolve(Named(name="star", parameters={"revers": True}), HERE)
    assert caught.value.nearest == "reverse"


def test_a_mesh_of_fifty_has_1225_edges_and_depth_50() -> None:
    mesh = made("mesh", 50)
    assert (mesh.number_of_edges(), mesh.number_of_edges() + 50, depth(mesh)) == (1225, 1275, 50)


def test_a_mesh_of_sixteen_ends_where_all_have_been_heard() -> None:
    assert nx.ancestors(made("mesh", 16), 15) == set(range(15))


@pytest.mark.parametrize(("n", "edges"), [(8, 12), (16, 48), (64, 540)])
def test_layers_have_as_many_edges_as_published(n: int, edges: int) -> None:
    assert made("layered", n).number_of_edges() == edges


@pytest.mark.parametrize(("n", "edges"), [(1, set()), (2, {(0, 1)}), (3, {(0, 2), (1, 2)})])
def test_one_to_three_agents_have_layers_too(n: int, edges: set[tuple[int, int]]) -> None:
    assert set(made("layered", n).edges) == edges


@FEW
@given(width=st.integers(1, 6), layers=st.integers(1, 6), sink=st.booleans())
def test_layers_of_a_width_and_a_depth_have_just_those(width: int, layers: int, sink: bool) -> None:
    n = width * layers + sink
    graph = made("layered", n, width=width, depth=layers, sink=sink)
    assert depth(graph) == layers + sink
    assert graph.number_of_edges() == width * width * (layers - 1) + width * sink
    if sink:
        assert set(graph.predecessors(n - 1)) == set(range(n - 1 - width, n - 1))
    assert set(graph.edges) == set(made("layered", n, width=width, sink=sink).edges)
    assert set(graph.edges) == set(made("layered", n, depth=layers, sink=sink).edges)


@pytest.mark.parametrize(
    ("n", "parameters", "reason"),
    [
        (7, {"width": 3}, "layers of 3 do not come out even"),
        (8, {"width": 3, "sink": True}, "layers of 3 and a sink do not come out even"),
        (8, {"width": 3, "depth": 2}, "2 layers of 3 have 6 agents"),
        (8, {"width": 3, "depth": 2, "sink": True}, "2 layers of 3 and a sink have 7 agents"),
        (3, {"depth": 4}, "4 layers need 4 agents or more"),
        (4, {"depth": 4, "sink": True}, "4 layers and a sink need 5 agents or more"),
        (1, {"sink": True}, "a sink needs a layer to read"),
    ],
)
def test_layers_that_cannot_be_say_why(n: int, parameters: dict[str, object], reason: str) -> None:
    assert unfit("layered", n, **parameters) == reason


def test_a_binary_tree_of_sixteen_has_depth_5_and_8_leaves() -> None:
    tree = made("tree", 16)
    assert (depth(tree), sum(degree == 0 for _, degree in tree.out_degree)) == (5, 8)


def test_a_tree_of_one_has_no_edge() -> None:
    assert list(made("tree", 1).edges) == []


@FEW
@given(n=st.integers(1, 40), branching=st.integers(1, 5))
def test_in_a_tree_everybody_but_the_root_reads_one_parent_that_has_few_children(n: int, branching: int) -> None:
    tree = made("tree", n, branching=branching)
    assert [degree for _, degree in tree.in_degree] == [0] + [1] * (n - 1)
    assert max(degree for _, degree in tree.out_degree) <= branching
    assert nx.is_weakly_connected(tree)


def test_a_tree_with_one_child_a_parent_is_a_chain() -> None:
    assert set(made("tree", 9, branching=1).edges) == set(made("chain", 9).edges)


@FEW
@given(n=st.integers(2, 40))
def test_a_star_has_all_agents_but_one_as_sinks_and_its_reverse_has_one(n: int) -> None:
    star, back = made("star", n), made("star", n, reverse=True)
    assert [node for node, degree in star.out_degree if degree == 0] == list(range(1, n))
    assert [node for node, degree in back.out_degree if degree == 0] == [0]
    assert set(back.predecessors(0)) == set(range(1, n))


def test_a_hub_is_a_star_read_both_ways_and_so_has_cycles() -> None:
    both = set(made("star", 8).edges) | set(made("star", 8, reverse=True).edges)
    assert set(made("hub", 8).edges) == both
    assert not nx.is_directed_acyclic_graph(made("hub", 8))


def drawn(n: int, **parameters: object) -> list[nx.DiGraph]:
    return [made("random_dag", n, seed, **parameters) for seed in range(400)]


@pytest.mark.parametrize(("n", "density"), [(4, 0.75), (8, 0.625), (16, 0.5625)])
def test_a_random_dag_has_as_many_edges_as_published(n: int, density: float) -> None:
    counts = [graph.number_of_edges() for graph in drawn(n, connected=False)]
    assert min(counts) >= n - 1
    assert np.mean(counts) / (n * (n - 1) / 2) == pytest.approx(density, abs=0.04)


@pytest.mark.parametrize("n", [4, 8, 16])
def test_a_random_dag_falls_apart_now_and_then_unless_it_must_not(n: int) -> None:
    apart = np.mean([not nx.is_weakly_connected(graph) for graph in drawn(n, connected=False)])
    assert 0.02 < apart < 0.14
    assert all(nx.is_weakly_connected(graph) for graph in drawn(n))


def test_the_pairs_of_a_random_dag_are_equally_likely() -> None:
    seen = np.zeros((6, 6))
    for graph in drawn(6, density=0.4, connected=False):
        seen += nx.to_numpy_array(graph)
    assert seen[np.triu_indices(6, 1)] / 400 == pytest.approx(np.full(15, 0.4), abs=0.1)


@FEW
@given(n=st.integers(3, 20), density=st.floats(0.1, 1), seed=st.integers(0, 100))
def test_a_density_fixes_the_number_of_edges(n: int, density: float, seed: int) -> None:
    graph = made("random_dag", n, seed, density=density, connected=False)
    assert graph.number_of_edges() == round(density * n * (n - 1) / 2)


def test_too_few_edges_never_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 3)
    assert unfit("random_dag", 8, density=0.2) == "6 edges never connect 8 agents"
    assert unfit("random_dag", 8, density=0.2, connected=False) is None
    with pytest.raises(SpecError, match=r"none of 3 random DAGs with n = 40 and 39 edges.*\n.*connected: false"):
        made("random_dag", 40, density=0.05)


@pytest.mark.parametrize(
    ("name", "parameters", "key"),
    [
        ("layered", {"width": 0}, "layered.width"),
        ("layered", {"depth": 1.5}, "layered.depth"),
        ("tree", {"branching": 0}, "tree.branching"),
        ("random_dag", {"density": 0.0}, "random_dag.density"),
        ("random_dag", {"p": 0.5}, "random_dag.p"),
        ("star", {"reverse": 1}, "star.reverse"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, parameters: dict[str, object], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve(Named(name=name, parameters=parameters), HERE)
    assert caught.value.key == key
    assert caught.value.allowed


def test_the_graph_of_a_file_can_be_turned_around(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 1\n1 2\n", "utf-8")
    topology = resolve(Named(name="file", parameters={"path": "a.txt", "reverse": True}), tmp_path)
    assert set(build(topology, 3, 0).edges) == {(1, 0), (2, 1)}
