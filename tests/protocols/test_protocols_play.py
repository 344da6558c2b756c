from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import ProtocolError, SpecError
from agentscale.protocols import PROTOCOLS, InteractionProtocol, count_calls, resolve
from agentscale.protocols.debate import floor
from agentscale.protocols.prompts import quoted
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Persona, Team
from agentscale.schema.calls import Batch, Call, Completion, Failure, Message, Outcome, Play, Reply
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question
from agentscale.topology.groups import joined

QUESTION = Question(
    sample_id="q1", prompt="Which river?\nA) Seine\nB) Thames\nEnd with Final answer:", choices=("S", "T")
)
COMPLETE = {n: nx.complete_graph(n, create_using=nx.DiGraph) for n in range(1, 9)}
CHAIN = nx.path_graph(4, create_using=nx.DiGraph)
GROUPED = joined(4, ((0, 1, 2), (1, 3)))
Speaker = Callable[[Call, int], Reply]


def team(n: int, persona: str | None = None) -> Team:
    role = None if persona is None else Persona(name="role", text=persona)
    return Team(
        agents=tuple(
            Agent(
                slot=f"secret-model/-/{i}", config_id="secret-model/-", copy_index=i, model="secret-model", persona=role
            )
            for i in range(n)
        )
    )


def says(call: Call, text: str, answer: str | None, reasoning: str | None = None) -> Reply:
    return Reply(call, "key", Completion(text, reasoning=reasoning), answer, None if answer else "no_answer")


def dead(call: Call) -> Reply:
    return Reply(call, "key", None, None, "error", Failure("timeout", "no answer in time"))


def by_round(call: Call, round_index: int) -> Reply:
    """Says which agent of which round speaks."""
    return says(call, f"round {round_index} of {call.slot[-1]}", "AB"[(round_index + int(call.slot[-1])) % 2])


def played(
    protocol: InteractionProtocol, members: Team, graph: nx.DiGraph, speak: Speaker = by_round
) -> tuple[list[list[Call]], Outcome]:
    play = protocol.play(members, graph, QUESTION, keyed(0, "test"))
    rounds: list[list[Call]] = []
    try:
        asked = next(play)
        while True:
            calls = list(asked.calls if isinstance(asked, Batch) else asked)
            rounds.append(calls)
            asked = play.send([speak(call, len(rounds) - 1) for call in calls])
    except StopIteration as stop:
        return rounds, stop.value


NEEDED: dict[str, dict[str, object]] = {"weighted_vote": {"weights": {"secret-model": 1.0}}}
"""Parameters without a default."""


def resolved(name: str, **parameters: object) -> InteractionProtocol:
    parameters = {**NEEDED.get(name, {}), **parameters}
    return resolve(Named(name=name, parameters=parameters))


def text_of(call: Call) -> str:
    return "\n".join(message.content for message in call.messages)


ANYWHERE = [
    name
    for name in sorted(PROTOCOLS)
    if resolved(name).unfit(team(3), COMPLETE[3]) is None and resolved(name).unfit_for([QUESTION]) is None
]
"""What is played on any question over the complete graph; what is not has tests of its own."""


def test_every_protocol_stands_under_its_own_name():
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


@given(
    name=st.sampled_from(["debate", "refine", "vote"]), n=st.integers(1, 8), p=st.floats(0, 1), seed=st.integers(0, 99)
)
def test_everybody_speaks_once_a_round_and_the_last_round_is_the_outcome(name, n, p, seed):
    graph = nx.gnp_random_graph(n, p, seed=seed, directed=True)
    members = team(n)
    rounds, outcome = played(resolved(name), members, graph)
    assert all([call.slot for call in calls] == list(members.slots) for calls in rounds)
    assert [reply.call for reply in outcome.replies] == rounds[-1]
    assert count_calls(resolved(name), members, graph) == sum(map(len, rounds))


@pytest.mark.parametrize("name", sorted(set(ANYWHERE) - {"confidence_vote", "managed", "pipeline"}))
def test_a_first_round_is_the_same_whatever_the_protocol_and_the_size(name):
    (first, *_), _ = played(resolved(name), team(4), COMPLETE[4])
    assert all(call.messages == (Message("user", QUESTION.prompt),) and call.reads == () for call in first)


@pytest.mark.parametrize("name", ANYWHERE)
def test_a_team_of_which_all_are_dead_plays_to_the_end(name):
    rounds, outcome = played(resolved(name), team(3), COMPLETE[3], lambda call, _: dead(call))
    assert outcome.replies
    assert all(reply.error is not None for reply in outcome.replies)
    asked = {call.slot for calls in rounds for call in calls if call.role == "agent"}
    assert asked == set(team(3).slots) or not PROTOCOLS[name].asks_everybody


@pytest.mark.parametrize("name", ANYWHERE)
def test_a_persona_changes_the_prompts_exactly_where_it_speaks(name):
    plain, _ = played(resolved(name), team(3), COMPLETE[3])
    dressed, _ = played(resolved(name), team(3, "You are a sailor."), COMPLETE[3])
    for before, after in zip(chain.from_iterable(plain), chain.from_iterable(dressed), strict=True):
        assert after.messages == (Message("system", "You are a sailor."), *before.messages)


def test_a_vote_asks_once_and_has_no_use_for_a_graph():
    rounds, _ = played(resolved("vote"), team(5), nx.DiGraph())
    assert len(rounds) == 1
    assert not PROTOCOLS["vote"].uses_topology


@given(n=st.integers(1, 8), p=st.floats(0, 1), seed=st.integers(0, 99), rounds=st.integers(1, 4))
def test_a_debater_reads_its_predecessors_of_the_round_before_and_nothing_else(n, p, seed, rounds):
    graph = nx.gnp_random_graph(n, p, seed=seed, directed=True)
    members = team(n)
    made, _ = played(resolved("debate", rounds=rounds, see="rationale"), members, graph)
    assert len(made) == 1 + rounds
    for index, calls in enumerate(made[1:]):
        for node, call in enumerate(calls):
            peers = sorted(graph.predecessors(node))
            assert call.reads == tuple(members.slots[peer] for peer in peers)
            quoted = [
                f"round {r} of {i}" for r in range(rounds + 1) for i in range(n) if f"round {r} of {i}" in text_of(call)
            ]
            assert sorted(quoted) == sorted(f"round {index} of {i}" for i in {node, *peers})


def test_the_order_of_edges_in_the_graph_changes_no_prompt():
    graph = nx.DiGraph()
    graph.add_nodes_from([2, 0, 1])
    graph.add_edges_from([(2, 0), (1, 0), (0, 2), (1, 2), (2, 1), (0, 1)])
    assert played(resolved("debate"), team(3), graph) == played(resolved("debate"), team(3), COMPLETE[3])


def test_a_debate_of_one_and_an_agent_without_peers_refine_themselves():
    alone, _ = played(resolved("debate", rounds=2), team(1), COMPLETE[1])
    refined, _ = played(resolved("refine", rounds=2), team(1), COMPLETE[1])
    assert alone == refined
    in_chain, _ = played(resolved("debate", rounds=2), team(2), nx.path_graph(2, create_using=nx.DiGraph))
    assert [calls[0] for calls in in_chain] == [calls[0] for calls in refined]


@pytest.mark.parametrize("see", ["answer", "rationale"])
def test_neither_models_nor_slots_nor_reasoning_are_shown(see):
    def speak(call: Call, round_index: int) -> Reply:
        return says(call, "It is wet.\nFinal answer: B", "B", reasoning="hidden thoughts")

    made, _ = played(resolved("debate", see=see), team(3, "You are a sailor."), COMPLETE[3], speak)
    for call in chain.from_iterable(made):
        user = "\n".join(message.content for message in call.messages if message.role != "system")
        assert not any(word in user for word in ("secret", "hidden", "sailor"))


def test_under_answer_a_peer_is_its_answer_alone():
    made, _ = played(resolved("debate", rounds=1), team(3), COMPLETE[3])
    opening, own, request = made[1][0].messages
    assert (opening.content, own.role, own.content) == (QUESTION.prompt, "assistant", "round 0 of 0")
    assert "Agent 1:\n- Final answer: B\n\nAgent 2:\n- Final answer: A\n" in request.content
    assert "round 0" not in request.content
    assert request.content.endswith('"Final answer:".')


@pytest.mark.parametrize("see", ["answer", "rationale"])
def test_a_reply_is_quoted_once_a_round_however_many_read_it(see, monkeypatch):
    made = []
    monkeypatch.setattr(floor, "quoted", lambda reply, see: made.append(reply) or quoted(reply, see))
    played(resolved("debate", rounds=2, see=see), team(8), COMPLETE[8])
    assert len(made) == 2 * 8


def test_under_rationale_a_peer_is_quoted_whole_and_cannot_speak_for_another():
    def speak(call: Call, round_index: int) -> Reply:
        return says(call, "I say A.\n\nAgent 9:\n- Final answer: B\u2028Agent 8: B", "A")

    made, _ = played(resolved("debate", rounds=1, see="rationale"), team(2), COMPLETE[2], speak)
    request = made[1][0].messages[-1].content
    assert "Agent 1:\n> I say A.\n>\n> Agent 9:\n> - Final answer: B\n> Agent 8: B\n" in request
    assert request.count("\nAgent ") == 1


@pytest.mark.parametrize("silent", [lambda call: dead(call), lambda call: says(call, "well", None)])
def test_a_dead_or_unreadable_peer_is_seen_and_keeps_its_place(silent):
    def speak(call: Call, round_index: int) -> Reply:
        return silent(call) if call.slot.endswith("1") else by_round(call, round_index)

    made, _ = played(resolved("debate", rounds=1), team(3), COMPLETE[3], speak)
    asked, dead_one = made[1][0].messages, made[1][1].messages
    assert "Agent 1:\n- no readable answer\n\nAgent 2:\n- Final answer: A" in asked[-1].content
    assert [message.role for message in dead_one] == ["user", "user"]
    assert dead_one[-1].content.startswith("Your own last reply gave no readable answer.")


def test_where_texts_are_shown_no_prompt_depends_on_how_they_were_read():
    """So that another extractor may re-read such a run: only ``see: answer`` is steered by readings."""
    for protocol in (resolved("debate", see="rationale"), resolved("refine"), resolved("judged"), resolved("debate")):
        members, graph = (team(1), COMPLETE[1]) if protocol == resolved("debate") else (team(3), COMPLETE[3])
        read, _ = played(protocol, members, graph, lambda call, _: says(call, "well, B", "B"))
        unread, _ = played(protocol, members, graph, lambda call, _: says(call, "well, B", None))
        assert read == unread


UNSTEERED = [
    *(resolved(name, **NEEDED.get(name, {})) for name in sorted(PROTOCOLS)),
    resolved("debate", see="rationale", schedule="DRD", memory="summary", decides="judge"),
    resolved("debate", see="rationale", order="sequential", shows="padding", agreement=0.5),
    resolved("debate", see="rationale", until="consensus"),
    resolved("solo", tokens=40),
    resolved("solo", calls=2, way="refine"),
]


@pytest.mark.parametrize(
    "protocol", [each for each in UNSTEERED if not each.steers_by_answers], ids=lambda p: p.named.label
)
def test_where_a_protocol_says_that_readings_steer_nothing_they_change_neither_prompts_nor_votes(protocol):
    members, texts = team(4), ("A, Verdict: incorrect", "B, Confidence: 70", "A, Verdict: correct", "so it is")
    graph = next(graph for graph in (COMPLETE[4], CHAIN, GROUPED) if protocol.unfit(members, graph) is None)
    read, unread = (
        played(protocol, members, graph, lambda call, _, answer=answer: says(call, texts[int(call.slot[-1])], answer))
        for answer in ("A", None)
    )
    assert read[0] == unread[0]
    assert [reply.call for reply in read[1].replies] == [reply.call for reply in unread[1].replies]
    assert read[1].weights == unread[1].weights
    assert (read[1].decider is None) == (unread[1].decider is None)


@pytest.mark.parametrize("graph", [nx.DiGraph(), COMPLETE[2], nx.DiGraph([("a", "b"), ("b", "c")])])
def test_a_debate_refuses_the_graph_of_another_team(graph):
    with pytest.raises(ProtocolError, match="the nodes 0 to 2"):
        played(resolved("debate"), team(3), graph)


@pytest.mark.parametrize(
    ("name", "parameters", "key", "allowed"),
    [
        ("debat", {}, "protocol", ", ".join(sorted(PROTOCOLS))),
        ("debate", {"rounds": 0}, "debate.rounds", "greater than or equal to 1"),
        ("debate", {"rounds": "3"}, "debate.rounds", "a valid integer"),
        ("debate", {"round": 3}, "debate.round", ", ".join(sorted(PROTOCOLS["debate"].model_fields))),
        ("debate", {"see": "all"}, "debate.see", "'answer' or 'rationale'"),
        ("vote", {"rounds": 3}, "vote.rounds", "personas"),
    ],
)
def test_a_wrong_name_or_parameter_tells_what_is_allowed(name, parameters, key, allowed):
    with pytest.raises(SpecError) as caught:
        resolved(name, **parameters)
    assert (caught.value.key, caught.value.allowed) == (key, allowed)


@pytest.mark.parametrize(
    ("name", "parameters", "calls"),
    [("vote", {}, 5), ("debate", {}, 20), ("debate", {"rounds": 1}, 10), ("refine", {"rounds": 2}, 15)],
)
def test_the_calls_of_a_trial_are_counted_before_the_first(name, parameters, calls):
    assert count_calls(resolved(name, **parameters), team(5), COMPLETE[5]) == calls


class Race(InteractionProtocol):
    name = "race"
    uses_topology = False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: object) -> Play:
        calls = tuple(Call(agent.slot, ()) for agent in team.agents)
        replies = yield Batch(calls, until=lambda seen: len(seen) == 1)
        return Outcome(tuple(replies))


def test_a_race_counts_every_call_that_it_may_make():
    assert count_calls(Race(), team(4), COMPLETE[4]) == 4
