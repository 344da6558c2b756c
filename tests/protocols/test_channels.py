"""Group channels: who hears what in which group, and what is counted."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.protocols.channels import Channels
from agentscale.schema.calls import Call, Completion, Failure, Reply
from agentscale.topology.groups import joined
from tests.protocols.graph_stage import bearing, n_calls, names, played, team

GROUPS = st.integers(2, 7).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.sets(st.integers(0, n - 1), min_size=2), min_size=1, max_size=4),
    )
)


@given(made=GROUPS, rounds=st.integers(1, 3))
def test_messages_and_deliveries_follow_from_the_groups(made: tuple[int, list[set[int]]], rounds: int) -> None:
    n, groups = made
    graph = joined(n, groups)
    _, outcome = played(Channels(rounds=rounds), graph)
    assert outcome.counts == {
        "messages": rounds * sum(map(len, groups)),
        "deliveries": rounds * sum(len(group) * (len(group) - 1) for group in groups),
        "tokens_posted": 7 * rounds * sum(map(len, groups)),
        "tokens_unknown": 0,
    }
    assert n_calls(Channels(rounds=rounds), graph) == n * (1 + rounds)


@given(made=GROUPS)
def test_an_agent_hears_the_others_of_its_groups_and_nobody_else(made: tuple[int, list[set[int]]]) -> None:
    n, groups = made

    def alone(call: Call) -> Reply:
        return Reply(call, "k", Completion(f"<{call.slot.rpartition('/')[2]}>"), "A", None)

    asked, _ = played(Channels(rounds=1), joined(n, groups), alone)
    for each in asked[n:]:
        own = int(each.call.slot.rpartition("/")[2])
        peers = {member for group in groups if own in group for member in group} - {own}
        assert names(each.call.messages[-1].content) == peers
        assert each.call.reads == tuple(f"m/-/{peer}" for peer in sorted(peers))


def test_who_shares_two_groups_is_heard_in_both_under_one_name() -> None:
    asked, _ = played(Channels(rounds=1), joined(3, [(0, 1), (0, 1, 2)]))
    told = asked[3].call.messages[-1].content
    assert told.index("Group 1:\n\nAgent 2:\n> <1>") < told.index("Group 2:\n\nAgent 2:\n> <1>\n\nAgent 3:\n> <2>")


def test_what_came_without_a_count_of_tokens_is_unknown_and_a_failure_is_none() -> None:
    def speak(call: Call) -> Reply:
        if call.slot == "m/-/0":
            return Reply(call, "k", Completion("x"), "A", None)
        return (
            Reply(call, "k", None, None, "error", Failure("timeout", "late")) if call.slot == "m/-/1" else bearing(call)
        )

    _, outcome = played(Channels(rounds=1), joined(3, [(0, 1, 2)]), speak)
    assert outcome.counts["tokens_posted"] == 7
    assert outcome.counts["tokens_unknown"] == 1


@pytest.mark.parametrize("n", [2, 5])
def test_a_graph_without_groups_is_refused(n: int) -> None:
    graph = nx.complete_graph(n, create_using=nx.DiGraph)
    assert "the topology hypergraph has" in (Channels().unfit(team(n), graph) or "")


def test_an_agent_that_is_alone_checks_itself() -> None:
    asked, outcome = played(Channels(rounds=1), nx.empty_graph(1, create_using=nx.DiGraph))
    assert "Nobody shares a group with you" in asked[1].call.messages[-1].content
    assert outcome.counts["messages"] == 0
