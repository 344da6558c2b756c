"""One trial: what a protocol is sent, what the transcript keeps, and how a broken protocol is told."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import networkx as nx
import numpy as np
import pytest

from agentscale.engine.design import Trial
from agentscale.engine.recorder import Recorder
from agentscale.engine.session import offline_models
from agentscale.engine.trial import TrialPlayer
from agentscale.errors import ProtocolError
from agentscale.experiment import Sweep
from agentscale.protocols import InteractionProtocol
from agentscale.schema.agents import Team
from agentscale.schema.calls import Batch, Call, Message, Outcome, Play
from agentscale.schema.run import Transcript
from agentscale.schema.tasks import Question

Make = Callable[..., Sweep]


def scripted(*replies: str, **keys: Any) -> dict[str, Any]:
    return {"scripted": {"replies": list(replies), **keys}}


def play_one(sweep: Sweep, protocol: InteractionProtocol | None = None, sample: str = "q0") -> Transcript:
    (cell,) = sweep.header.cells
    if protocol is not None:
        sweep.protocols[cell.id] = protocol
    models = offline_models(sweep)
    player = TrialPlayer(sweep, Recorder("live", None, models, concurrency=4), models)
    return asyncio.run(player.play(Trial(cell, sample, 0)))


class Custom(InteractionProtocol):
    """A protocol whose play is what the test hands in."""

    name: ClassVar[str] = "custom"
    uses_topology: ClassVar[bool] = False
    does: Callable[[Team], Play]

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        return self.does(team)


def test_the_teams_answer_is_the_plurality_and_every_speaker_is_expected(make_sweep: Make) -> None:
    sweep = make_sweep(
        models={"a": scripted("Final answer: A"), "b": scripted("Final answer: B")},
        team={"members": [{"model": "a"}, {"model": "b"}, {"model": "a"}]},
    )
    transcript = play_one(sweep)
    assert (transcript.answer, transcript.correct, transcript.score, transcript.tied) == ("A", True, 1.0, False)
    assert transcript.expected == ("a/-/0", "b/-/0", "a/-/1")
    assert [event.slot for event in transcript.events] == list(transcript.expected)
    assert transcript.final == tuple(event.key for event in transcript.events)


def test_a_tie_is_settled_by_the_seed_and_scored_in_expectation(make_sweep: Make) -> None:
    sweep = make_sweep(
        models={"a": scripted("Final answer: A"), "b": scripted("Final answer: B")},
        team={"members": [{"model": "a"}, {"model": "b"}]},
    )
    first, second = play_one(sweep), play_one(sweep)
    assert first == second
    assert first.tied
    assert first.score == 0.5


def test_a_model_that_always_fails_leaves_answers_missing_and_the_team_whole(make_sweep: Make) -> None:
    sweep = make_sweep(models={"a": scripted("x", fails=True)}, team={"size": 3, "layer": "L1"})
    transcript = play_one(sweep)
    assert [event.missing for event in transcript.events] == ["error"] * 3
    assert len(transcript.expected) == 3
    assert (transcript.answer, transcript.correct, transcript.score) == (None, None, None)
    assert all(event.error and event.error.startswith("scripted: ") for event in transcript.events)


def test_a_truncated_answer_is_missing_and_not_read(make_sweep: Make) -> None:
    sweep = make_sweep(models={"a": scripted("Final answer: A", finish="length")})
    (event,) = play_one(sweep).events
    assert (event.answer, event.missing, event.correct) == (None, "truncated", None)


def test_replies_come_back_in_the_order_of_the_calls(make_sweep: Make) -> None:
    heard: list[list[str]] = []

    def does(team: Team) -> Play:
        replies = yield [Call(slot, (Message("user", slot),)) for slot in reversed(team.slots)]
        heard.append([reply.call.slot for reply in replies])
        return Outcome(tuple(replies))

    sweep = make_sweep(models={"a": scripted("Final answer: A")}, team={"size": 4, "layer": "L1"})
    play_one(sweep, Custom.model_construct(does=does))
    assert heard == [["a/-/3", "a/-/2", "a/-/1", "a/-/0"]]


def test_a_race_gets_the_shortest_prefix_and_the_rest_is_kept_as_unused(make_sweep: Make) -> None:
    def does(team: Team) -> Play:
        calls = tuple(Call(slot, (Message("user", "go"),)) for slot in team.slots)
        replies = yield Batch(calls, until=lambda prefix: sum(r.answer == "A" for r in prefix) >= 2)
        return Outcome(tuple(replies))

    sweep = make_sweep(models={"a": scripted("Final answer: A", "Final answer: B")}, team={"size": 6, "layer": "L1"})
    transcript = play_one(sweep, Custom.model_construct(does=does))
    assert [(event.slot, event.used) for event in transcript.events] == [
        ("a/-/0", True),
        ("a/-/1", True),
        ("a/-/2", True),
        ("a/-/3", False),
        ("a/-/4", False),
        ("a/-/5", False),
    ]
    assert len(transcript.final) == 3


def _yields(value: Any, outcome: Any = None) -> Callable[[Team], Play]:
    def does(team: Team) -> Play:
        yield value
        return outcome

    return does


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (_yields([]), "yielded []\n  allowed: a Batch, or a list, of at least one Call\n  mend the protocol's play()"),
        (_yields("text"), "yielded 'text'\n  allowed: a Batch, or a list, of at least one Call"),
        (_yields([Call("ghost/-/0", ())]), "asked the slot 'ghost/-/0', which the team has not\n  allowed: a/-/0"),
        (_yields([Call("a/-/0", (Message("user", "x"),))]), "returned None\n  allowed: an Outcome"),
    ],
)
def test_a_protocol_that_breaks_its_contract_is_told_what_is_allowed(
    make_sweep: Make, does: Callable[[Team], Play], told: str
) -> None:
    sweep = make_sweep(models={"a": scripted("Final answer: A")})
    with pytest.raises(ProtocolError) as caught:
        play_one(sweep, Custom.model_construct(does=does))
    assert told in str(caught.value)
