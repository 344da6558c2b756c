"""MacNet: everything reaches the end, calls follow from the graph, and nothing but the last solution is handed on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.protocols.macnet import MacNet
from agentscale.schema.agents import Agent
from agentscale.schema.calls import Call, Reply
from agentscale.schema.run import Named
from agentscale.topology import build, resolve
from tests.protocols.graph_stage import bearing, dag, n_calls, names, played, team

DAGS = st.builds(dag, st.integers(1, 12), st.integers(0, 30), st.integers(0, 10**6))


def graph_of(name: str, n: int) -> nx.DiGraph:
    return build(resolve(Named(name=name), Path()), n, 1)


def calls_by_law(graph: nx.DiGraph, exchanges: int = 1) -> int:
    """Starts, two calls an edge and exchange, and one less than there are to merge, at every node and at the end."""
    into = [degree for _, degree in graph.in_degree()]
    ends = sum(degree == 0 for _, degree in graph.out_degree())
    merges = sum(degree - 1 for degree in into if degree > 1) + ends - 1
    return into.count(0) + 2 * exchanges * graph.number_of_edges() + merges


@pytest.mark.parametrize("name", ["mesh", "chain", "tree", "star", "layered", "random_dag"])
def test_the_end_bears_the_work_of_all_sixteen(name: str) -> None:
    graph = graph_of(name, 16)
    if name == "random_dag":
        graph = dag(16, 40, 3)
    _, outcome = played(MacNet(), graph)
    assert outcome.decider is not None
    assert names(outcome.decider.text) == set(range(16))


def test_a_mesh_of_fifty_has_the_published_edges_and_as_many_calls_as_they_cost() -> None:
    graph = graph_of("mesh", 50)
    assert graph.number_of_edges() == 1225
    assert n_calls(MacNet(), graph) == calls_by_law(graph) == 1 + 2 * 1225 + 1176
    asked, _ = played(MacNet(), graph)
    assert sum(each.call.role == "critic" for each in asked) == 1225
    assert max(each.round for each in asked) + 1 == 50


@pytest.mark.parametrize(("n", "edges"), [(8, 12), (16, 48), (64, 540)])
def test_layers_have_the_published_edges(n: int, edges: int) -> None:
    graph = graph_of("layered", n)
    assert graph.number_of_edges() == edges
    assert n_calls(MacNet(), graph) == calls_by_law(graph)


@given(graph=DAGS, exchanges=st.integers(1, 2))
@settings(max_examples=25)
def test_calls_follow_from_the_graph(graph: nx.DiGraph, exchanges: int) -> None:
    assert n_calls(MacNet(exchanges=exchanges), graph) == calls_by_law(graph, exchanges)


@given(graph=DAGS)
@settings(max_examples=25)
def test_a_node_bears_the_work_of_all_its_ancestors_and_of_nobody_else(graph: nx.DiGraph) -> None:
    _, outcome = played(MacNet(), graph)
    for reply in outcome.replies:
        node = int(reply.call.slot.rpartition("/")[2])
        assert names(reply.text) == nx.ancestors(graph, node) | {node}


@given(graph=DAGS)
@settings(max_examples=15)
def test_no_two_calls_of_a_round_have_one_identity(graph: nx.DiGraph) -> None:
    asked, _ = played(MacNet(exchanges=2), graph)
    ids = Counter((each.round, each.call.slot, each.call.role, each.call.turn) for each in asked)
    assert set(ids.values()) <= {1}


def test_all_edges_into_a_generation_are_worked_on_at_once() -> None:
    asked, _ = played(MacNet(), graph_of("layered", 16))
    # A start; then instructions, revisions and two levels of merging in each of the three layers behind it.
    sizes = Counter(each.barrier for each in asked)
    assert [sizes[barrier] for barrier in sorted(sizes)][:5] == [4, 16, 16, 8, 4]


def test_temperature_falls_from_one_at_the_start_to_nought_at_the_end() -> None:
    asked, _ = played(MacNet(), graph_of("chain", 5))
    cooled = {each.round: each.call.sampling.temperature for each in asked if each.call.sampling}
    assert cooled == {0: 1.0, 1: 0.75, 2: 0.5, 3: 0.25, 4: 0.0}
    own, _ = played(MacNet(temperature="own"), graph_of("chain", 5))
    assert {each.call.sampling for each in own} == {None}


def longest_prompt(memory: str, n: int) -> int:
    def say(call: Call) -> Reply:
        return bearing(call)

    asked, _ = played(MacNet(memory=memory), graph_of("chain", n), say)
    return max(prompt.count("\n> ") for each in asked for prompt in [each.call.messages[-1].content])


def test_only_the_last_solution_is_handed_on_unless_the_history_is_wanted() -> None:
    assert longest_prompt("artifact", 6) == longest_prompt("artifact", 12) == 2
    assert longest_prompt("history", 12) > longest_prompt("history", 6) > 2


def test_critics_are_who_wrote_the_solution_or_who_is_named() -> None:
    graph = graph_of("chain", 3)
    asked, _ = played(MacNet(), graph)
    assert [each.call.slot for each in asked if each.call.role == "critic"] == ["m/-/0", "m/-/1"]
    part = Agent(slot="m/-@critic/0", config_id="m/-@critic", copy_index=0, model="m")
    named = team(3).model_copy(update={"parts": {"critic": part}})
    asked, _ = played(MacNet(), graph, members=named)
    assert [each.call.slot for each in asked if each.call.role == "critic"] == [part.slot] * 2


def test_one_agent_answers_alone() -> None:
    asked, outcome = played(MacNet(), graph_of("chain", 1))
    assert len(asked) == 1
    assert outcome.decider == outcome.replies[0]


def test_a_thousand_agents_work_on_a_tree() -> None:
    graph = graph_of("tree", 1000)
    asked, outcome = played(MacNet(), graph)
    assert len(asked) == calls_by_law(graph) == 1 + 2 * 999 + 499
    assert outcome.decider is not None
    assert names(outcome.decider.text) == set(range(1000))


def test_a_cycle_is_named() -> None:
    ring = nx.cycle_graph(3, create_using=nx.DiGraph)
    reason = MacNet().unfit(team(3), ring)
    assert reason == (
        "needs a graph without a cycle, such as chain, tree, mesh, layered or random_dag; this one has 0 → 1 → 2 → 0"
    )
    assert "…" in (MacNet().unfit(team(9), nx.cycle_graph(9, create_using=nx.DiGraph)) or "")
