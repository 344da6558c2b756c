"""The protocol that plays worlds: who is asked, what is remembered, who is asked again, what an estimate is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import networkx as nx
import pytest

from agentscale.protocols import count_calls, resolve
from agentscale.protocols.world import PlayWorld
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import UNHEARD, Batch, Call, Completion, Outcome, Reply
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question
from agentscale.schema.worlds import Extreme, Observation, World
from tests.protocols.stage import dead, place, says, team

GRAPH = nx.empty_graph(2, create_using=nx.DiGraph)


class Talk(NamedTuple):
    turn: int
    said: tuple[tuple[str | None, ...], ...]


class Counting(World):
    """All count up together for three rounds or until somebody says stop; then a grader speaks, and one is probed."""

    def start(self, n: int, edges: Any, rng: Any) -> Talk:
        return Talk(0, ())

    def observe(self, state: Talk) -> tuple[Observation, ...]:
        if state.turn > 3 or (state.said and "stop" in state.said[-1]):
            return ()
        if state.turn == 3:
            return (
                Observation("grader", "Was it well counted?", role="grader"),
                Observation(1, "How do you feel?", role="probe"),
            )
        return tuple(
            Observation(who, f"Turn {state.turn} of {who}.", rules="Count.", reads=(1 - who,) if state.turn else ())
            for who in range(2)
        )

    def after(self, state: Talk, said: Sequence[str | None], rng: Any) -> Talk:
        return Talk(state.turn + 1, (*state.said, tuple(said)))

    def repair(self, state: Talk, asked: Observation, said: str) -> str | None:
        return None if said.isdigit() or said == "stop" or asked.role != "agent" else "A number, please."

    def supposed(self, state: Talk, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        return ["stop" if extreme == "shortest" else text for text in unheard]


QUESTION = Question(sample_id="w", prompt="A game.", world=Counting())


def played(
    protocol: PlayWorld, speak: Any, members: Team | None = None, question: Question = QUESTION
) -> tuple[list[list[Call]], Outcome]:
    """The batches, and what the play comes to."""
    play = protocol.play(members or team(2), GRAPH, question, keyed(0, "test"))
    batches: list[list[Call]] = []
    batch = next(play)
    while True:
        assert isinstance(batch, Batch)
        batches.append(list(batch.calls))
        try:
            batch = play.send([speak(call) for call in batch.calls])
        except StopIteration as stop:
            return batches, stop.value


def digit(call: Call) -> Reply:
    return says(call, "7", "7")


def chat(call: Call) -> list[str]:
    return [f"{message.role}: {message.content}" for message in call.messages]


def test_those_who_are_asked_now_are_one_batch_and_rules_and_task_are_told_once() -> None:
    batches, outcome = played(PlayWorld(), digit)
    assert [[place(call) for call in batch] for batch in batches] == [[0, 1], [0, 1], [0, 1], [0, 1]]
    assert chat(batches[0][0]) == ["user: A game.\n\nCount.\n\nTurn 0 of 0."]
    assert chat(batches[2][1]) == [
        *["user: A game.\n\nCount.\n\nTurn 0 of 1.", "assistant: 7", "user: Turn 1 of 1.", "assistant: 7"],
        "user: Turn 2 of 1.",
    ]
    assert batches[1][0].reads == (batches[0][1].slot,)
    assert outcome.states[-1] == Talk(4, (("7", "7"),) * 4)
    assert len(outcome.states) == 5
    assert outcome.counts == {"rounds": 4, "asked_again": 0, "missing": 0}


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ("last", ["user: A game.\n\nCount.\n\nTurn 1 of 1.", "assistant: 7", "user: Turn 2 of 1."]),
        ("none", ["user: A game.\n\nCount.\n\nTurn 2 of 1."]),
    ],
)
def test_who_remembers_less_is_told_the_rules_again(memory: str, expected: list[str]) -> None:
    batches, _ = played(PlayWorld(memory=memory), digit)
    assert chat(batches[2][1]) == expected


def test_what_is_said_on_the_side_sees_a_members_memory_and_enters_none() -> None:
    batches, _ = played(PlayWorld(), digit)
    grader, probe = batches[3]
    assert (grader.slot, grader.role, chat(grader)) == ("m/-/0", "grader", ["user: A game.\n\nWas it well counted?"])
    assert (probe.slot, probe.role) == ("m/-/1", "probe")
    assert chat(probe)[-2:] == ["assistant: 7", "user: How do you feel?"]


def test_a_grader_that_is_named_plays_its_part() -> None:
    judge = Agent(slot="j/-@grader/0", config_id="j/-@grader", copy_index=0, model="j")
    batches, _ = played(PlayWorld(), digit, team(2).model_copy(update={"parts": {"grader": judge}}))
    assert batches[3][0].slot == judge.slot


def test_who_cannot_be_read_is_asked_again_as_a_further_attempt_of_the_same_turn() -> None:
    def speak(call: Call) -> Reply:
        return says(call, "well", "well") if place(call) == 0 and call.attempt == 0 else digit(call)

    batches, outcome = played(PlayWorld(), speak)
    (again,) = batches[1]
    assert (again.slot, again.attempt) == ("m/-/0", 1)
    assert chat(again)[-2:] == ["assistant: well", "user: A number, please."]
    assert outcome.counts["asked_again"] == 3
    assert outcome.states[-1].said[0] == ("7", "7")


def test_silence_is_told_within_the_next_message_so_that_roles_alternate() -> None:
    batches, outcome = played(PlayWorld(), lambda call: says(call, ""))
    assert chat(batches[1][0]) == [
        "user: A game.\n\nCount.\n\nTurn 0 of 0.\n\nYou gave no readable answer. A number, please."
    ]
    assert chat(batches[2][0]) == [
        "user: A game.\n\nCount.\n\nTurn 0 of 0.\n\nYou gave no readable answer.\n\nTurn 1 of 0."
    ]
    assert outcome.counts == {"rounds": 4, "asked_again": 6, "missing": 8}


def test_a_call_that_failed_is_not_made_again_and_the_world_goes_on() -> None:
    _, outcome = played(PlayWorld(), dead)
    assert outcome.counts == {"rounds": 4, "asked_again": 0, "missing": 8}
    assert outcome.states[-1].said == ((None, None),) * 4


def test_bounds_hold_from_the_soonest_end_to_all_asked_again() -> None:
    protocol = PlayWorld(retries=2)
    assert count_calls(protocol, team(2), GRAPH, QUESTION) == 3 * 2 * 3 + 2
    play = protocol.shortest(team(2), GRAPH, QUESTION, keyed(0, "test"))
    asked = next(play).calls
    with pytest.raises(StopIteration):
        play.send([Reply(call, "key", Completion("A", UNHEARD), "A", None) for call in asked])
    assert len(asked) == 2


def test_questions_without_a_world_are_refused_and_worlds_are_refused_by_others() -> None:
    plain = Question(sample_id="q", prompt="1 + 1?")
    assert "kind world" in (PlayWorld().unfit_for([QUESTION, plain]) or "")
    assert PlayWorld().unfit_for([QUESTION]) is None
    for name in ("vote", "debate", "solo"):
        assert "take the protocol world" in (resolve(Named(name=name)).unfit_for([QUESTION]) or "")


class Succeeding(Counting):
    """On place 0 somebody new comes with every turn from the third on."""

    def observe(self, state: Talk) -> tuple[Observation, ...]:
        return tuple(
            one if one.who != 0 or state.turn < 2 else dataclasses.replace(one, forgets=True)
            for one in super().observe(state)
            if one.role == "agent"
        )


@pytest.mark.parametrize("memory", ["all", "last"])
def test_who_is_new_on_a_place_knows_nothing_of_who_was_there_before(memory: Any) -> None:
    question = Question(sample_id="w", prompt="A game.", world=Succeeding())
    batches, _ = played(PlayWorld(memory=memory), digit, question=question)
    new, old = (chat(call) for call in batches[2])
    assert new == ["user: A game.\n\nCount.\n\nTurn 2 of 0."]
    assert old[-2:] == ["assistant: 7", "user: Turn 2 of 1."]
