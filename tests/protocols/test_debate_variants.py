"""The debate's schedule, orders, memory, consensus, hub, judge and probes: mechanics, one by one."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.protocols import count_calls
from agentscale.protocols.debate.orders import generations, has_cycle, hub
from agentscale.schema.calls import Call, Message, Reply
from tests.protocols.stage import QUESTION, by_round, chain, complete, dead, place, played, resolved, says, team

DAGS = st.builds(
    lambda n, p, seed: nx.DiGraph([(u, v) for u, v in nx.gnp_random_graph(n, p, seed=seed).edges if u < v] or [(0, 1)]),
    st.integers(2, 7),
    st.floats(0, 1),
    st.integers(0, 99),
)


def with_nodes(graph: nx.DiGraph) -> nx.DiGraph:
    full = nx.empty_graph(max(graph) + 1, create_using=nx.DiGraph)
    full.add_edges_from(graph.edges)
    return full


def rounds_seen(text: str, peers: int, rounds: int) -> dict[int, int]:
    """By peer: of which round its reply is quoted."""
    return {i: r for i in range(peers) for r in range(rounds + 1) if f"round {r} of {i}" in text}


def test_a_schedule_has_as_many_rounds_as_letters() -> None:
    made = played(resolved("debate", schedule="DRD"), team(3))
    assert [each.round for each in made.of()] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert [bool(each.call.reads) for each in made.of()] == [False] * 3 + [True] * 3 + [False] * 3 + [True] * 3


@given(schedule=st.text("DR", min_size=1, max_size=6), n=st.integers(1, 5))
def test_a_schedule_of_reflection_and_debate_costs_the_same_calls(schedule: str, n: int) -> None:
    assert count_calls(resolved("debate", schedule=schedule), team(n), complete(n)) == n * (1 + len(schedule))


def test_in_a_sequential_round_each_reads_what_peers_said_last() -> None:
    made = played(resolved("debate", rounds=2, order="sequential", see="rationale"), team(3))
    for each in made.of():
        if each.round:
            speaker = place(each.call)
            wanted = {i: each.round if i < speaker else each.round - 1 for i in range(3)}
            assert rounds_seen(each.text, 3, 2) == wanted
    assert [each.batch for each in made.of()] == [0, 0, 0, *range(1, 7)]


@given(graph=DAGS)
def test_in_topological_order_each_reads_what_its_peers_said_in_this_round(graph: nx.DiGraph) -> None:
    graph = with_nodes(graph)
    n = len(graph)
    made = played(resolved("debate", rounds=2, order="topological", see="rationale"), team(n), graph)
    for each in made.of():
        if each.round:
            speaker = place(each.call)
            seen = rounds_seen(each.text, n, 2)
            assert seen == {speaker: each.round - 1} | dict.fromkeys(graph.predecessors(speaker), each.round)


@given(graph=DAGS)
def test_generations_hold_every_node_of_an_acyclic_graph_after_all_that_it_reads(graph: nx.DiGraph) -> None:
    graph = with_nodes(graph)
    found = generations(graph)
    assert sorted(node for wave in found for node in wave) == sorted(graph)
    at = {node: place for place, wave in enumerate(found) for node in wave}
    assert all(at[u] < at[v] for u, v in graph.edges)
    assert not has_cycle(graph)
    assert has_cycle(complete(2))


def test_in_gossip_everybody_reads_one_peer_drawn_anew_each_round() -> None:
    made = played(resolved("debate", rounds=6, order="gossip"), team(5))
    later = [each.call for each in made.of() if each.round]
    assert all(len(call.reads) == 1 and call.reads[0] != call.slot for call in later)
    assert len({(place(call), call.reads) for call in later}) > 10
    assert [
        each.call for each in played(resolved("debate", rounds=6, order="gossip"), team(5)).of() if each.round
    ] == later


def test_gossip_reads_peers_of_the_graph_alone() -> None:
    made = played(resolved("debate", rounds=2, order="gossip"), team(3), chain(3))
    assert {(place(each.call), each.call.reads) for each in made.of() if each.round} == {
        (0, ()),
        (1, ("m/-/0",)),
        (2, ("m/-/1",)),
    }


def test_with_history_an_agent_is_told_all_that_it_was_asked_and_said() -> None:
    made = played(resolved("debate", rounds=3, memory="history", see="rationale"), team(2))
    last = next(each.call for each in made.of() if each.round == 3)
    assert [message.role for message in last.messages] == ["user"] + ["assistant", "user"] * 3
    assert [m.content for m in last.messages if m.role == "assistant"] == [f"round {r} of 0" for r in range(3)]
    assert [r for r in range(4) if f"> round {r} of 1" in last.messages[2 * r + 2 if r < 3 else 0].content] == [0, 1, 2]


def test_notes_are_asked_for_before_every_round_but_the_first_and_stand_with_the_question() -> None:
    made = played(resolved("debate", rounds=3, memory="summary"), team(2))
    assert [(each.round, place(each.call)) for each in made.of("summary")] == [(2, 0), (2, 1), (3, 0), (3, 1)]
    last = [each.call for each in made.of() if each.round == 3][1]
    assert last.messages[0].content.endswith("Your notes on the discussion so far:\n> summary round 3 of 1")
    assert "summary round 2" not in str(last.messages)


def test_who_gives_no_notes_keeps_the_older_ones() -> None:
    def speak(call: Call, number: int) -> Reply:
        return dead(call) if call.role == "summary" and number == 3 else by_round(call, number)

    made = played(resolved("debate", rounds=3, memory="summary"), team(2), speak=speak)
    last = next(each.call for each in made.of() if each.round == 3)
    assert last.messages[0].content.endswith("> summary round 2 of 0")


@pytest.mark.parametrize(
    ("answers", "rounds"),
    [("AAA", 0), ("AAB", 2), ("AA-", 2), ("---", 2)],
    ids=["agreed at once", "never", "one is silent", "all are silent"],
)
def test_a_debate_until_consensus_ends_when_all_have_the_same_answer(answers: str, rounds: int) -> None:
    def speak(call: Call, number: int) -> Reply:
        answer = answers[place(call)]
        return says(call, "well", None if answer == "-" else answer)

    made = played(resolved("debate", rounds=2, until="consensus"), team(3), speak=speak)
    assert max(each.round for each in made.asked) == rounds


def test_a_consensus_that_is_found_on_the_way_ends_the_debate_there() -> None:
    def speak(call: Call, number: int) -> Reply:
        return says(call, "well", "A" if number >= 1 or place(call) else "B")

    made = played(resolved("debate", rounds=3, until="consensus"), team(3), speak=speak)
    assert max(each.round for each in made.asked) == 1


def star(n: int) -> nx.DiGraph:
    graph = nx.empty_graph(n, create_using=nx.DiGraph)
    graph.add_edges_from([edge for i in range(1, n) for edge in ((0, i), (i, 0))])
    return graph


def test_where_the_hub_decides_the_plurality_is_kept_beside_it() -> None:
    def speak(call: Call, number: int) -> Reply:
        return says(call, "well", "A" if place(call) == 0 else "B")

    made = played(resolved("debate", rounds=1, decides="hub"), team(4), star(4), speak)
    assert made.outcome.decider is not None
    assert (made.outcome.decider.call.slot, made.outcome.decider.answer) == ("m/-/0", "A")
    assert [reply.answer for reply in made.outcome.replies] == ["A", "B", "B", "B"]


@pytest.mark.parametrize(
    ("graph", "expected"),
    [(star(4), 0), (star(2), 0), (complete(1), 0), (complete(3), None), (chain(3), None), (nx.DiGraph([(0, 1)]), 1)],
)
def test_the_hub_is_the_one_that_reads_most(graph: nx.DiGraph, expected: int | None) -> None:
    assert hub(graph) == expected


def test_a_judge_reads_the_last_round_of_the_debate_and_no_agent_reads_the_judge() -> None:
    made = played(resolved("debate", rounds=2, see="rationale", decides="judge"), team(3))
    (judge,) = made.of("judge")
    assert (judge.round, judge.call.slot, judge.call.reads) == (2, "m/-/0", team(3).slots)
    assert rounds_seen(judge.text, 3, 2) == {0: 2, 1: 2, 2: 2}
    assert judge is made.asked[-1]
    assert made.outcome.decider is not None
    assert made.outcome.decider.call is judge.call


def test_probes_are_asked_of_everybody_after_every_round_and_never_enter_a_context() -> None:
    made = played(resolved("debate", rounds=2, memory="history", probe="How sure are you?"), team(2))
    probes = list(made.of("probe"))
    assert [(each.round, place(each.call)) for each in probes] == [(r, i) for r in range(3) for i in range(2)]
    for each in probes:
        assert each.call.messages[-1].content == "How sure are you?"
        assert each.call.messages[-2].content == f"round {each.round} of {place(each.call)}"
    assert not any("How sure" in each.text or "probe round" in each.text for each in made.of())
    assert all("probe round" not in each.text for each in probes)
    assert all(reply.call.role == "agent" for reply in made.outcome.replies)


def test_probes_by_turn_follow_every_speaker_and_never_enter_a_context() -> None:
    debate = resolved("debate", rounds=2, order="sequential", memory="history", probe="How sure?", probe_each="turn")
    made = played(debate, team(3))
    probes = list(made.of("probe"))
    assert [(each.round, each.call.turn) for each in probes[::3]] == [
        (0, 0),
        *((r, t) for r in (1, 2) for t in range(3)),
    ]
    assert [place(each.call) for each in probes] == [0, 1, 2] * 7
    assert len({(each.call.slot, each.round, each.call.turn) for each in probes}) == len(probes)
    for each in probes[
        3:
    ]:  # whoever has spoken in the round is asked after its new reply, the others after their old one
        before = each.round if place(each.call) <= each.call.turn else each.round - 1
        assert each.call.messages[-2].content == f"round {before} of {place(each.call)}"
    assert not any("How sure" in each.text or "probe round" in each.text for each in made.of())


def test_a_baseline_is_asked_once_without_persona_and_without_what_anybody_said() -> None:
    made = played(resolved("debate", rounds=2, probe="How sure?", baseline=True), team(2, personas=("Be bold.", None)))
    defaults = list(made.of("baseline"))
    assert [(each.round, place(each.call)) for each in defaults] == [(0, 0), (0, 1)]
    assert {each.call.messages for each in defaults} == {(Message("user", f"{QUESTION.prompt}\n\nHow sure?"),)}
    without = played(resolved("debate", rounds=2, probe="How sure?"), team(2, personas=("Be bold.", None)))
    assert [each.call for each in made.asked if each.call.role != "baseline"] == [each.call for each in without.asked]


WRONG = [
    ({"schedule": "DXD"}, "unknown letter 'X' in the schedule; allowed: D (debate) and R (reflect), as in DRD"),
    ({"schedule": ""}, "the schedule is empty; allowed: a letter for each round, D (debate) or R (reflect), as in DRD"),
    ({"schedule": ["DR", "D"]}, "the agents' schedules have 2, 1 rounds; give all agents the same number"),
    ({"schedule": "DR", "rounds": 3}, "the schedule has 2 rounds, and rounds says 3; leave rounds out"),
    ({"traits": "EXO"}, "unknown trait 'X'; allowed: E (easy-going) and O (overconfident), one letter for each agent"),
    ({"traits": ""}, "no trait is given; allowed: E (easy-going) and O (overconfident), one letter for each agent"),
    ({"agreement": 1.5}, "got 1.5; allowed: a share from 0 to 1"),
    ({"probe": " "}, "the probe is empty; give a question, or leave it out"),
    ({"baseline": True}, "baseline and probe_each belong to a probe, and there is none; write the question: probe"),
    ({"probe_each": "turn"}, "baseline and probe_each belong to a probe, and there is none"),
    ({"judge": {"model": "m"}}, "there is a judge, and decides says plurality; write decides: judge, or leave it out"),
]


@pytest.mark.parametrize(("parameters", "told"), WRONG, ids=str)
def test_a_wrong_parameter_is_answered_with_what_is_allowed(parameters: dict[str, object], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolved("debate", **parameters)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "graph", "told"),
    [
        ({"traits": "EEO"}, complete(4), "has 3 traits (EEO), and the team 4 agents"),
        ({"schedule": ["D", "R"]}, complete(3), "has schedules for 2 agents, and the team 3"),
        (
            {"order": "topological"},
            complete(2),
            "in topological order needs a graph without cycles, such as chain",
        ),
        (
            {"decides": "hub"},
            complete(3),
            "decided by its hub needs a graph in which one agent reads more than any other, such as hub",
        ),
        (
            {"personas": "shared"},
            complete(2),
            "with personas shared needs a team whose members all have personas: layer L2 or L4",
        ),
    ],
    ids=str,
)
def test_a_team_or_graph_that_a_debate_cannot_use_is_told_why(
    parameters: dict[str, object], graph: nx.DiGraph, told: str
) -> None:
    assert resolved("debate", **parameters).unfit(team(len(graph)), graph) == told
    assert resolved("debate").unfit(team(len(graph)), graph) is None


def test_a_debate_is_written_down_with_what_differs_from_the_plain_one() -> None:
    assert resolved("debate").named.parameters == {"rounds": 3, "see": "answer"}
    scheduled = resolved("debate", schedule="RD", traits="EE").named
    assert scheduled.parameters == {"rounds": 2, "see": "answer", "schedule": "RD", "traits": "EE"}
    assert resolved("debate", **scheduled.parameters) == resolved("debate", schedule="RD", traits="EE")
