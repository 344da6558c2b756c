"""One trial: what a protocol is sent, what the transcript keeps, and how a broken protocol is told."""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import networkx as nx
import numpy as np
import pytest

from agentscale.engine.design import Trial
from agentscale.engine.recorder import Ask, Recorder
from agentscale.engine.session import offline_models
from agentscale.engine.trial import TrialPlayer
from agentscale.errors import ProtocolError
from agentscale.experiment import Sweep
from agentscale.protocols import InteractionProtocol
from agentscale.schema.agents import Sampling, Team
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


def decided_by(**outcome: Any) -> Callable[[Team], Play]:
    """Asks everybody, and returns an outcome over the replies; ``decider`` is the place of the one that decides."""

    def does(team: Team) -> Play:
        replies = yield [Call(slot, (Message("user", "go"),)) for slot in team.slots]
        place = outcome.get("decider")
        return Outcome(tuple(replies), outcome.get("weights", ()), None if place is None else replies[place])

    return does


VOTERS: dict[str, Any] = {
    "models": {name: scripted(f"Final answer: {name.upper()}") for name in "ab"} | {"mute": scripted("well")},
    "team": {"members": [{"model": "a"}, {"model": "b"}, {"model": "a"}, {"model": "mute"}]},
}


def test_where_one_reply_decides_the_votes_are_kept_beside_it(make_sweep: Make) -> None:
    transcript = play_one(make_sweep(**VOTERS), Custom.model_construct(does=decided_by(decider=1)))
    assert (transcript.answer, transcript.correct, transcript.score, transcript.tied) == ("B", False, 0.0, False)
    assert transcript.decider == transcript.events[1].key
    assert transcript.final == tuple(event.key for event in transcript.events)


def test_a_team_whose_decider_has_no_answer_has_none(make_sweep: Make) -> None:
    transcript = play_one(make_sweep(**VOTERS), Custom.model_construct(does=decided_by(decider=3)))
    assert (transcript.answer, transcript.correct, transcript.score) == (None, None, None)


def test_votes_weigh_what_the_outcome_says(make_sweep: Make) -> None:
    transcript = play_one(make_sweep(**VOTERS), Custom.model_construct(does=decided_by(weights=(0.1, 0.4, 0.2, 9.0))))
    assert (transcript.answer, transcript.tied, transcript.weights) == ("B", False, (0.1, 0.4, 0.2, 9.0))
    even = play_one(make_sweep(**VOTERS), Custom.model_construct(does=decided_by(weights=(0.1, 0.3, 0.2, 0.0))))
    assert (even.tied, even.score) == (True, 0.5)  # though in binary 0.1 + 0.2 exceeds 0.3


@pytest.mark.parametrize("weights", [(1.0,), (1.0, -1.0, 1.0, 1.0), (float("nan"),) * 4, (float("inf"),) * 4])
def test_weights_that_are_none_break_the_contract(make_sweep: Make, weights: tuple[float, ...]) -> None:
    with pytest.raises(ProtocolError, match="allowed: none, or one for each reply, finite and at least 0"):
        play_one(make_sweep(**VOTERS), Custom.model_construct(does=decided_by(weights=weights)))


def test_a_transcript_without_weights_and_decider_is_written_as_ever(make_sweep: Make) -> None:
    written = play_one(make_sweep(**VOTERS)).model_dump_json()
    assert "weights" not in written
    assert "decider" not in written


def test_several_batches_may_make_one_round_and_rounds_never_go_back(make_sweep: Make) -> None:
    def in_turn(*rounds: int | None) -> Callable[[Team], Play]:
        def does(team: Team) -> Play:
            replies = []
            for turn, number in enumerate(rounds):
                calls = tuple(Call(slot, (Message("user", "go"),), turn=turn) for slot in team.slots)
                replies = yield Batch(calls, round=number)
            return Outcome(tuple(replies))

        return does

    sweep = make_sweep(models={"a": scripted("Final answer: A")})
    transcript = play_one(sweep, Custom.model_construct(does=in_turn(None, 0, None, 5, None)))
    assert [event.round for event in transcript.events] == [0, 0, 1, 5, 6]
    with pytest.raises(ProtocolError, match="yielded calls of round 1 after round 2\n  allowed: 2 or later"):
        play_one(sweep, Custom.model_construct(does=in_turn(2, 1)))


def test_a_call_of_its_own_sampling_is_asked_with_it_and_is_another_call(make_sweep: Make) -> None:
    def does(team: Team) -> Play:
        (slot,) = team.slots
        asked = (Message("user", "go"),)
        hot = Sampling(temperature=1.5, max_tokens=2)
        replies = yield [Call(slot, asked), Call(slot, asked, sampling=hot), Call(slot, asked, sampling=Sampling())]
        return Outcome(tuple(replies))

    sweep = make_sweep(models={"one": {"simulated": {}}}, sampling={"temperature": 0.5, "top_p": 0.9})
    asked: list[Ask] = []

    class Listening(TrialPlayer):
        async def _answers(self, asks: Any) -> Any:
            asked.extend(asks)
            return await super()._answers(asks)

    (cell,) = sweep.header.cells
    sweep.protocols[cell.id] = Custom.model_construct(does=does)
    models = offline_models(sweep)
    player = Listening(sweep, Recorder("live", None, models, concurrency=4), models)
    transcript = asyncio.run(player.play(Trial(cell, "q0", 0)))
    usual, hot, same = asked
    assert usual.request.sampling == same.request.sampling == Sampling(temperature=0.5, top_p=0.9)
    assert hot.request.sampling == Sampling(temperature=1.5, top_p=0.9, max_tokens=2)
    assert hot.agent.sampling == hot.request.sampling
    assert usual.key == same.key != hot.key
    assert [event.finish for event in transcript.events] == ["stop", "length", "stop"]


JUDGE: dict[str, Any] = {
    "models": {"a": scripted("Final answer: A"), "b": scripted("Final answer: B")},
    "team": {"size": 2, "layer": "L1", "models": ["a"]},
    "protocol": {"judged": {"judge": {"model": "b", "persona": "sceptic"}}},
}


def test_who_plays_a_part_has_a_slot_of_its_own_and_is_no_member(make_sweep: Make) -> None:
    sweep = make_sweep(**JUDGE)
    transcript = play_one(sweep)
    *members, judge = transcript.events
    assert [event.slot for event in members] == ["a/-/0", "a/-/1"]
    assert (judge.slot, judge.role, judge.round, judge.reads) == ("b/sceptic@judge/0", "judge", 0, ("a/-/0", "a/-/1"))
    assert transcript.expected == ("a/-/0", "a/-/1")
    assert (transcript.answer, transcript.decider) == ("B", judge.key)


def test_by_default_the_first_member_plays_the_part_at_every_size(make_sweep: Make) -> None:
    sweep = make_sweep(**{**JUDGE, "protocol": "judged", "team": {"size": 3, "layer": "L3"}})
    assert [event.slot for event in play_one(sweep).events if event.role == "judge"] == ["a/-/0"]


def test_who_plays_a_part_is_never_asked_as_a_member(make_sweep: Make) -> None:
    told = "asked the slot 'b/sceptic@judge/0', which plays a part beside it, as a member\n  allowed: a/-/0, a/-/1; in"
    with pytest.raises(ProtocolError) as caught:
        play_one(make_sweep(**JUDGE), Custom.model_construct(does=_yields([Call("b/sceptic@judge/0", ())])))
    assert told in str(caught.value)
