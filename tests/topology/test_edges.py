"""A graph that is written out."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import build, resolve


def edges(*links: list[int], **more: object):
    return resolve(Named(name="edges", parameters={"links": list(links), **more}), Path())


def test_the_graph_has_the_edges_that_are_listed_and_all_agents() -> None:
    graph = build(edges([0, 2], [1, 2]), 4, 1)
    assert sorted(graph.edges) == [(0, 2), (1, 2)]
    assert sorted(graph) == [0, 1, 2, 3]
    assert sorted(build(edges([0, 2], reverse=True), 3, 1).edges) == [(2, 0)]


def test_a_team_too_small_for_the_edges_has_no_such_graph() -> None:
    assert edges([0, 5]).unfit(5) == "its edges reach agent 5, counted from 0, of 5"
    assert edges([0, 5]).unfit(6) is None


@pytest.mark.parametrize("links", [[[1, 1]], [[0, 1], [0, 1]], [[0, -1]], [[0]]])
def test_what_is_no_edge_is_refused(links: list[list[int]]) -> None:
    with pytest.raises(SpecError, match=r"edges\.links"):
        edges(*links)
