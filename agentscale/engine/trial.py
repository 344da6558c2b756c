"""Plays one trial: a protocol's generator is sent the replies that it asked for, and a transcript is kept."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from agentscale.engine.checking import Checks, voting
from agentscale.engine.design import Trial
from agentscale.engine.identity import TrialId
from agentscale.engine.judging import graded_event
from agentscale.engine.recorder import Ask, BrokenOff, Recorder
from agentscale.engine.stage import Stage
from agentscale.engine.turns import Turn, played, step_events, turn
from agentscale.engine.verdicts import Verdicts
from agentscale.errors import ProtocolError
from agentscale.experiment import Sweep
from agentscale.experiment.questions import asked
from agentscale.models.base import Model
from agentscale.randomness import keyed
from agentscale.recording import Answer
from agentscale.schema.calls import ATTITUDES, Batch, Call, Outcome, Play, Reply
from agentscale.schema.run import Cell, QuestionRecord, Transcript
from agentscale.schema.worlds import State
from agentscale.scoring import decide, decide_chain, decide_world, read, read_attitude

if TYPE_CHECKING:
    import numpy as np

    from agentscale.environments import Environment

Ended = TypeVar("Ended")

_Fields = dict[str, Any]
"""The fields of a record that is not made yet: a transcript is made and checked in one piece, its events with it."""


class TrialPlayer:
    """Plays the trials of a sweep with one recorder and one set of models."""

    def __init__(self, sweep: Sweep, recorder: Recorder, models: Mapping[str, Model]) -> None:
        self._sweep = sweep
        self._recorder = recorder
        self._models = models
        self._stages: dict[str, Stage] = {}

    async def play(self, trial: Trial) -> Transcript:
        """Plays ``trial`` to its end.

        Raises:
            ProtocolError: If the protocol yields what cannot be asked.
            BrokenOff: If a call may not be made.
            RecordingMiss: In replay, at the first call that was never recorded.
        """
        sweep, stage = self._sweep, self._stage(trial.cell)
        record = sweep.questions[trial.cell.task, trial.sample_id]
        trial_id = TrialId(sweep.header.seed, stage.task.digest, trial.sample_id, trial.replicate, stage.salt)
        generator = self._started(stage, trial, record)
        verdicts = Verdicts(record, stage.task.kind, sweep.chains.get((trial.cell.task, trial.sample_id)))
        events: list[_Fields] = []
        replies: list[Reply] | None = None
        round_index = -1
        for _ in range(1_000_000):
            try:
                asked = next(generator) if replies is None else generator.send(replies)
            except StopIteration as stop:
                outcome = _outcome(trial.cell, stop.value)
                return self._transcript(trial, stage, events, outcome, verdicts)
            batch = _batch(trial.cell, asked, round_index)
            round_index = batch.round_after(round_index)
            asks = [stage.ask(trial, trial_id, call, round_index) for call in batch.calls]
            if stage.has_tools:
                turns = await self._turns(stage, asks, batch.calls, trial, trial_id, round_index)
                events += [event for turn in turns for event in step_events(turn, round_index)]
                asks, answers = [turn.ask for turn in turns], [turn.answer for turn in turns]
            else:
                answers = await self._answers(asks)
            heard = [_reply(*each, stage, record) for each in zip(batch.calls, asks, answers, strict=True)]
            if stage.checks is not None:
                heard, graded = await self._checked(stage.checks, trial, record, heard, verdicts)
                events += [graded_event(ask, answer, round_index) for ask, answer in graded]
            replies, unused = _prefix(batch, heard)
            events += [_event(reply, verdicts, round_index) for reply in replies]
            events += [_event(reply, verdicts, round_index, used=False) for reply in unused]
        raise ProtocolError(f"protocol {trial.cell.protocol.label!r} did not end within 1,000,000 batches")

    def _stage(self, cell: Cell) -> Stage:
        stage = self._stages.get(cell.id)
        if stage is None:
            stage = self._stages[cell.id] = Stage(self._sweep, cell, self._models)
        return stage

    def _started(self, stage: Stage, trial: Trial, record: QuestionRecord) -> Play:
        """The protocol at work on a question, of which it is not told the target."""
        chance = self._sweep.chance(trial.cell, trial.sample_id, trial.replicate)
        return stage.protocol.play(trial.cell.team, stage.graph, asked(record), chance)

    def _lot(self, trial: Trial) -> np.random.Generator:
        """The draw that settles a tie."""
        return keyed(self._sweep.header.seed, "tie", trial.cell.id, trial.sample_id, trial.replicate)

    async def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        """What comes back, in the order of the calls; only those that must be waited for get a task."""
        answers = [self._recorder.at_once(ask) for ask in asks]
        if None not in answers:
            return cast(list[Answer], answers)
        waiting = [index for index, answer in enumerate(answers) if answer is None]
        if len(waiting) == 1:  # a task of its own would cost as much as the call
            came = [await self._recorder.ask(asks[waiting[0]])]
        else:
            came = await _ended([asyncio.create_task(self._recorder.ask(asks[index])) for index in waiting])
        for index, answer in zip(waiting, came, strict=True):
            answers[index] = answer
        return cast(list[Answer], answers)

    async def _turns(
        self,
        stage: Stage,
        asks: Sequence[Ask],
        calls: Sequence[Call],
        trial: Trial,
        trial_id: TrialId,
        round_index: int,
    ) -> list[Turn]:
        """The turns of all who are asked, in the order of the calls: those with tools may take several steps."""

        def asking(call: Call) -> Ask:
            return stage.ask(trial, trial_id, call, round_index)

        most = self._sweep.experiment.tool_steps
        turns = [turn(call, ask, asking, most) for call, ask in zip(calls, asks, strict=True)]
        return await _ended([asyncio.create_task(played(self._recorder, each)) for each in turns])

    async def _checked(
        self, checks: Checks, trial: Trial, record: QuestionRecord, replies: Sequence[Reply], verdicts: Verdicts
    ) -> tuple[list[Reply], list[tuple[Ask, Answer]]]:
        """The replies as they vote, once their answers are checked, and what a judge said to that.

        Those without an answer are as they were.
        """
        read = [at for at, reply in enumerate(replies) if reply.answer is not None and reply.call.role not in ATTITUDES]
        wanted = [checks.ask(trial, replies[at], record) for at in read]
        asks = [ask for ask in wanted if isinstance(ask, Ask)]
        answers = await self._answers(asks)
        came = iter(answers)
        voted = list(replies)
        for at, ask in zip(read, wanted, strict=True):
            checked = checks.told(replies[at], next(came)) if isinstance(ask, Ask) else ask
            verdicts.add(replies[at], checked)
            voted[at] = voting(replies[at], checked)
        graded = [(ask, answer) for ask, answer in zip(asks, answers, strict=True) if ask.id.role == "grader"]
        return voted, list({ask.key: (ask, answer) for ask, answer in graded}.values())

    def _transcript(
        self, trial: Trial, stage: Stage, events: Sequence[_Fields], outcome: Outcome, verdicts: Verdicts
    ) -> Transcript:
        world = self._sweep.worlds.get((trial.cell.task, trial.sample_id))
        scored = None if world is None else world.score(outcome.states[-1])
        if scored is not None:
            decided = decide_world(scored.correct)
        elif outcome.is_chain:
            decided = decide_chain([reply.answer for reply in outcome.replies], map(verdicts.of, outcome.replies))
        else:
            votes = outcome.replies if outcome.decider is None else (outcome.decider,)
            weights = outcome.weights if outcome.decider is None else ()
            answers = [reply.answer for reply in votes]
            decided = decide(answers, verdicts.is_right, lambda: self._lot(trial), weights)
        fields: _Fields = {
            "cell": trial.cell.id,
            "sample_id": trial.sample_id,
            "replicate": trial.replicate,
            "expected": _expected(stage, events),
            "events": tuple(events),
            "final": tuple([reply.key for reply in outcome.replies]),
            "is_chain": outcome.is_chain,
            "counts": dict(outcome.counts),
            "weights": outcome.weights,
            "decider": None if outcome.decider is None else outcome.decider.key,
            "measures": {} if scored is None else dict(scored.measures),
            "snapshots": () if world is None else _snapshots(world, outcome.states),
            **decided._asdict(),
        }
        return Transcript.model_validate(fields)


def _snapshots(world: Environment, states: Sequence[State]) -> tuple[Any, ...]:
    """What the world keeps of its states, where it keeps any."""
    return tuple([kept for kept in map(world.snapshot, states) if kept is not None])


def _expected(stage: Stage, events: Sequence[_Fields]) -> tuple[str, ...]:
    """The slots that had to speak: all of the team, or those that were asked by a protocol that need not ask all."""
    slots = stage.cell.team.slots
    if stage.protocol.asks_everybody:
        return slots
    asked = {event["slot"] for event in events if event["role"] == "agent"}
    return tuple([slot for slot in slots if slot in asked])


async def _ended(tasks: Sequence[asyncio.Task[Ended]]) -> list[Ended]:
    """Their results, once all have ended. Not a TaskGroup: one that breaks off must not take its siblings with it."""
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
    finally:
        # Every failure is looked at, so that none is reported as never retrieved.
        failures = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    for failure in sorted(filter(None, failures), key=lambda each: isinstance(each, BrokenOff)):
        raise failure
    return [task.result() for task in tasks]


def _batch(cell: Cell, asked: object, last_round: int) -> Batch:
    batch = asked if isinstance(asked, Batch) else Batch(tuple(asked)) if isinstance(asked, list) else None
    if batch is None or not batch.calls:
        raise ProtocolError(
            f"protocol {cell.protocol.label!r} yielded {asked!r}\n"
            "  allowed: a Batch, or a list, of at least one Call\n  mend the protocol's play()"
        )
    if batch.round is not None and batch.round < max(last_round, 0):
        raise ProtocolError(
            f"protocol {cell.protocol.label!r} yielded calls of round {batch.round} after round {last_round}\n"
            f"  allowed: {max(last_round, 0)} or later\n  mend the protocol's play()"
        )
    return batch


def _reply(call: Call, ask: Ask, answer: Answer, stage: Stage, record: QuestionRecord) -> Reply:
    if answer.completion is None:
        return Reply(call, ask.key, None, None, "error", answer.failure)
    if call.role in ATTITUDES:
        reading = read_attitude(answer.completion)
    else:
        task = stage.task
        reading = read(answer.completion, kind=task.kind, choices=record.choices, chain=task.extract)
    return Reply(call, ask.key, answer.completion, reading.answer, reading.missing, given=reading.given)


def _outcome(cell: Cell, value: object) -> Outcome:
    if not isinstance(value, Outcome):
        raise ProtocolError(f"protocol {cell.protocol.label!r} returned {value!r}\n  allowed: an Outcome")
    weights = value.weights
    if weights and (len(weights) != len(value.replies) or not all(0 <= weight < math.inf for weight in weights)):
        raise ProtocolError(
            f"protocol {cell.protocol.label!r} returned the weights {weights} for {len(value.replies)} replies\n"
            "  allowed: none, or one for each reply, finite and at least 0"
        )
    return value


def _prefix(batch: Batch, replies: list[Reply]) -> tuple[list[Reply], list[Reply]]:
    """The shortest prefix by index that ends the race, and what was asked beyond it."""
    if batch.until is not None:
        for end in range(1, len(replies) + 1):
            if batch.until(replies[:end]):
                return replies[:end], replies[end:]
    return replies, []


def _event(reply: Reply, verdicts: Verdicts, round_index: int, *, used: bool = True) -> _Fields:
    completion = reply.completion
    return {
        "key": reply.key,
        "round": round_index,
        "turn": reply.call.turn,
        "slot": reply.call.slot,
        "role": reply.call.role,
        "reads": reply.call.reads,
        "text": reply.text,
        "answer": reply.answer,
        "missing": reply.missing,
        "check": verdicts.note(reply),
        "correct": verdicts.of(reply),
        "finish": None if completion is None else completion.finish,
        "tokens_in": None if completion is None else completion.usage.tokens_in,
        "tokens_out": None if completion is None else completion.usage.tokens_out,
        "error": None if reply.error is None else f"{reply.error.kind}: {reply.error.message}",
        "used": used,
    }
