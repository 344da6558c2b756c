"""Mixtures: who reads whom and in which role, and whose answer is the team's."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.protocols.mixture import Mixture
from agentscale.schema.run import Named
from agentscale.topology import build, resolve
from tests.protocols.graph_stage import dag, n_calls, names, played, team

LAYERS = build(resolve(Named(name="layered", parameters={"width": 3, "sink": True}), Path()), 7, 1)
DAGS = st.builds(dag, st.integers(1, 12), st.integers(0, 30), st.integers(0, 10**6))


@given(graph=DAGS)
@settings(max_examples=25)
def test_everybody_is_asked_once_after_all_that_it_reads(graph: nx.DiGraph) -> None:
    asked, _ = played(Mixture(), graph)
    place = {int(each.call.slot.rpartition("/")[2]): each.barrier for each in asked}
    assert sorted(place) == sorted(graph)
    assert n_calls(Mixture(), graph) == len(graph)
    assert all(place[u] < place[v] for u, v in graph.edges)


@given(graph=DAGS)
@settings(max_examples=25)
def test_an_agent_is_shown_those_whom_it_reads_and_what_they_made_of_others(graph: nx.DiGraph) -> None:
    _, outcome = played(Mixture(), graph)
    for reply in outcome.replies:
        node = int(reply.call.slot.rpartition("/")[2])
        assert names(reply.text) == nx.ancestors(graph, node) | {node}


def test_two_layers_of_three_end_in_one_answer_that_decides() -> None:
    asked, outcome = played(Mixture(), LAYERS)
    assert [each.round for each in asked] == [0, 0, 0, 1, 1, 1, 2]
    assert outcome.decider is outcome.replies[0]
    assert outcome.decider.call.slot == "m/-/6"


def test_where_several_are_read_by_nobody_they_vote() -> None:
    _, outcome = played(Mixture(), nx.DiGraph([(0, 1), (0, 2)]))
    assert outcome.decider is None
    assert len(outcome.replies) == 2


def fusers(mixture: Mixture) -> list[int]:
    asked, _ = played(mixture, LAYERS)
    return [
        int(each.call.slot.rpartition("/")[2])
        for each in asked
        if "Make one solution of them" in each.call.messages[-1].content
    ]


def test_fusers_are_all_that_read_or_the_last_or_those_named() -> None:
    assert fusers(Mixture()) == [3, 4, 5, 6]
    assert fusers(Mixture(fusers="last")) == [6]
    assert fusers(Mixture(fusers=(4, 6))) == [4, 6]


def test_a_fuser_that_is_not_there_and_a_cycle_are_refused() -> None:
    assert Mixture(fusers=(9,)).unfit(team(7), LAYERS) == "has the fuser 9, counted from 0, and the team 7 agents"
    ring = nx.cycle_graph(3, create_using=nx.DiGraph)
    assert "0 → 1 → 2 → 0" in (Mixture().unfit(team(3), ring) or "")
