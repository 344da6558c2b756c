"""Weights of edges: the update of the paper, that of its code, and pruning."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.topology import pruned, rescaled, smoothed, weighted_graph, weights_of

NAN = np.nan


def on_edge(value: float, n: int = 3) -> np.ndarray:
    """An array that says ``value`` of the edge 0 → 1 and nothing of all others."""
    array = np.full((n, n), NAN)
    array[0, 1] = value
    return array


def start(n: int = 3) -> np.ndarray:
    return weights_of(nx.complete_graph(n, create_using=nx.DiGraph))


def test_a_graph_starts_with_weight_one_on_every_edge_and_comes_back() -> None:
    graph = nx.DiGraph([(0, 1), (1, 2)])
    weights = weights_of(graph)
    assert np.nansum(weights) == 2
    assert dict(weighted_graph(weights).edges) == {(0, 1): {"weight": 1.0}, (1, 2): {"weight": 1.0}}


def test_the_papers_update_moves_to_the_result() -> None:
    assert smoothed(start(), on_edge(0.0), 0.9)[0, 1] == pytest.approx(0.9)
    assert smoothed(start(), on_edge(0.5), 0.0)[0, 1] == 0.5
    assert smoothed(start(), on_edge(0.5), 1.0)[0, 1] == 1.0


@pytest.mark.parametrize(
    ("weight", "result", "seconds", "after"),
    [
        (1.0, 1, 5, 1.1),
        (1.0, 0, 5, 0.9),
        (1.0, 1, 0, 1.1),
        (1.0, 1, 10, 1.1),
        (1.0, 1, 20, 0.55),
        (1.0, 0, 40, 0.225),
        (1.95, 1, 1, 2.0),
        (0.11, 0, 100, 0.1),
    ],
)
def test_the_codes_update_rescales_damps_and_clips(weight: float, result: float, seconds: float, after: float) -> None:
    weights = start()
    weights[0, 1] = weight
    assert rescaled(weights, on_edge(result), seconds)[0, 1] == pytest.approx(after)


def test_slow_success_shrinks_a_weight_until_it_is_pruned() -> None:
    weights = start()
    for _ in range(3):
        weights = rescaled(weights, on_edge(1), 20)
    assert weights[0, 1] == pytest.approx(0.55**3)
    left = pruned(weights)
    assert np.argwhere(np.isnan(left) & ~np.isnan(start())).tolist() == [[0, 1]]
    assert weighted_graph(left).number_of_edges() == 5


def test_the_threshold_itself_is_pruned() -> None:
    weights = start()
    weights[0, 1], weights[1, 0] = 0.3, np.nextafter(0.3, 1)
    assert np.isnan(pruned(weights)[0, 1])
    assert not np.isnan(pruned(weights)[1, 0])


@given(result=st.floats(0, 1), alpha=st.floats(0, 1))
def test_edges_that_were_not_used_keep_their_weight_and_arrays_are_left_alone(result: float, alpha: float) -> None:
    before, success = start(), on_edge(result)
    for after in (smoothed(before, success, alpha), rescaled(before, np.round(success), 3.0)):
        assert np.array_equal(np.isnan(after), np.isnan(before))
        changed = np.argwhere(~np.isnan(after) & (after != before)).tolist()
        assert changed in ([], [[0, 1]])
    assert np.array_equal(before, start(), equal_nan=True)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: smoothed(start(), on_edge(0.5), 1.5), "got 1.5"),
        (lambda: smoothed(start(), on_edge(1.5), 0.5), "a result outside its range"),
        (lambda: smoothed(start(), on_edge(0.5, 4), 0.5), "results of shape (4, 4)"),
        (lambda: smoothed(on_edge(1.0).T, on_edge(0.5), 0.5), "a result of 0 → 1, which is no edge"),
        (lambda: rescaled(start(), on_edge(0.5), 1), "a result is neither success nor failure"),
        (lambda: rescaled(start(), on_edge(1), -1), "a time is negative or unknown"),
        (lambda: rescaled(start(), on_edge(1), NAN), "a time is negative or unknown"),
        (lambda: pruned(np.ones((2, 2))), "an agent has a weight to itself"),
        (lambda: weighted_graph(np.ones(3)), "weights of shape (3,)"),
    ],
)
def test_what_is_no_update_is_refused(call, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    assert caught.value.problem == problem
    assert caught.value.allowed
