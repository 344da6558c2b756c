"""Graphs in rows count what agents read as a plain loop does, whatever their shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import Graph
from agentscale.simulation.peers import chosen, sampled_counts


def peers_of(graph: Graph, reader: int) -> list[int]:
    if graph.starts is None or graph.peers is None:
        return [agent for agent in range(graph.n) if agent != reader]
    return graph.peers[graph.starts[reader] : graph.starts[reader + 1]].tolist()


def counted(graph: Graph, answers: np.ndarray, n_options: int) -> np.ndarray:
    return np.array(
        [
            [[sum(row[peer] == option for peer in peers_of(graph, v)) for v in range(graph.n)] for row in answers]
            for option in range(n_options)
        ]
    )


@given(st.integers(2, 12), st.integers(2, 40), st.integers(0, 9), st.booleans())
def test_counts_are_those_of_a_loop_over_readers(n: int, n_options: int, seed: int, complete: bool) -> None:
    rng = keyed(seed, "graph")
    graph = Graph.complete(n) if complete else Graph.scattered(n, (n - 1) / 2, rng)
    answers = rng.integers(-1, n_options, (3, n)).astype(np.int8)
    assert np.array_equal(graph.counts(answers, n_options), counted(graph, answers, n_options))


def test_a_complete_graph_counts_like_its_rows_written_out() -> None:
    rows = Graph.circulant(9, 8)
    answers = keyed(1, "answers").integers(-1, 4, (5, 9)).astype(np.int8)
    assert np.array_equal(rows.counts(answers, 4), Graph.complete(9).counts(answers, 4))
    assert np.array_equal(rows.rows().toarray(), Graph.complete(9).rows().toarray())


def test_a_hub_of_many_readers_does_not_overflow_its_neighbours_field() -> None:
    n = 70_000
    graph = Graph.of_rows([0, n - 1, *[n - 1] * (n - 1)], np.arange(1, n))
    answers = np.full((1, n), 2, np.int8)
    assert graph.counts(answers, 4)[:, 0, 0].tolist() == [0, 0, n - 1, 0]


@given(st.integers(2, 30), st.data())
def test_a_circulant_graph_is_regular_both_ways(n: int, data: st.DataObject) -> None:
    degree = data.draw(st.integers(0, n - 1))
    graph = Graph.circulant(n, degree)
    assert set(graph.degrees.tolist()) == {degree}
    assert set(np.bincount(graph.peers, minlength=n).tolist()) == {degree}
    assert all(len(set(peers_of(graph, v))) == degree for v in range(n))


def test_a_scattered_graph_has_its_mean_degree_and_no_edge_twice() -> None:
    graph = Graph.scattered(5000, 8, keyed(0, "graph"))
    assert graph.degrees.mean() == pytest.approx(8, abs=0.05)
    assert graph.degrees.var() == pytest.approx(8, rel=0.1)
    assert graph.rows().max() == 1


def test_a_short_context_keeps_the_first_of_every_row() -> None:
    for graph in (Graph.complete(7), Graph.scattered(40, 5, keyed(2, "graph"))):
        for most in (0, 2, 4):
            kept = graph.first_peers(most)
            assert [peers_of(kept, v) for v in range(graph.n)] == [peers_of(graph, v)[:most] for v in range(graph.n)]
        assert graph.first_peers(graph.n) is graph


def test_hubs_are_read_by_everybody_but_themselves() -> None:
    graph = Graph.circulant(12, 2).with_hubs([3, 7])
    for v in range(12):
        assert set(peers_of(graph, v)) == {(v - 1) % 12, (v + 1) % 12, 3, 7} - {v}


def test_sampled_peers_are_distinct_and_every_choice_is_equally_likely() -> None:
    n_draws = 60_000
    places = chosen(np.full(n_draws, 5), keyed(3, "peers").random((n_draws, 3)))
    assert all(len(set(column)) == 3 for column in places.T[:500].tolist())
    choices, counts = np.unique(np.sort(places, axis=0).T, axis=0, return_counts=True)
    assert len(choices) == 10
    assert np.abs(counts - n_draws / 10).max() < 4.5 * np.sqrt(n_draws * 0.09)


@pytest.mark.parametrize("graph", [Graph.complete(6), Graph.circulant(8, 3)], ids=["complete", "circulant"])
def test_an_agent_with_few_peers_reads_all_of_them(graph: Graph) -> None:
    answers = keyed(4, "answers").integers(-1, 4, (3, graph.n)).astype(np.int8)
    counts = sampled_counts(graph, answers, 4, keyed(5, "peers").random((3, graph.n, 9)))
    assert np.array_equal(counts, graph.counts(answers, 4))


@pytest.mark.parametrize(
    ("make", "allowed"),
    [
        (lambda: Graph.complete(0), "1 or more"),
        (lambda: Graph.of_rows([0, 1], [0]), "between two agents"),
        (lambda: Graph.of_rows([0, 1, 2], [1, 2]), "0 to 1"),
        (lambda: Graph.of_rows([0, 2, 1], [1]), "never falling"),
        (lambda: Graph.of_rows([0, 1], [1, 0]), "never falling"),
        (lambda: Graph.circulant(4, 4), "0 to n − 1"),
        (lambda: Graph.scattered(1, 0, keyed(0, "graph")), "2 or more"),
        (lambda: Graph.complete(10_000).rows(), "4096"),
    ],
)
def test_a_graph_that_cannot_be_is_refused(make: object, allowed: str) -> None:
    with pytest.raises(SpecError, match=allowed):
        make()  # type: ignore[operator]
