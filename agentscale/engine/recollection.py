"""What a run knows already of trials that are yet to be played: the replies that its recording holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agentscale.engine.checking import voting
from agentscale.engine.design import Trial
from agentscale.engine.identity import TrialId
from agentscale.engine.recorder import Ask
from agentscale.engine.stage import Stage
from agentscale.engine.turns import recalled, turn, usage_of
from agentscale.experiment import Sweep
from agentscale.experiment.demand import Recall
from agentscale.models.base import Model
from agentscale.recording import Recording
from agentscale.schema.calls import ATTITUDES, Call, Reply
from agentscale.schema.run import QuestionRecord
from agentscale.scoring import read
from agentscale.scoring.checks import Checked


class Recollection:
    """Finds recorded replies. A recorded failure is not one: such a call is asked again.

    Args:
        sweep: The sweep.
        models: Its models, for what they say of themselves; they are not asked.
        recording: The recording, or ``None`` where there is none yet.
    """

    def __init__(self, sweep: Sweep, models: Mapping[str, Model], recording: Recording | None) -> None:
        self._sweep = sweep
        self._models = models
        self._recording = recording if recording is not None and len(recording) else None
        self._stages: dict[str, Stage] = {}

    def __bool__(self) -> bool:
        return self._recording is not None

    def of(self, trial: Trial) -> Recall:
        """What is known of a trial's calls."""
        sweep, recording = self._sweep, self._recording
        if recording is None:
            return lambda round_index, call: None
        stage = self._stage(trial)
        record = sweep.questions[trial.cell.task, trial.sample_id]
        most = sweep.experiment.tool_steps
        trial_id = TrialId(sweep.header.seed, stage.task.digest, trial.sample_id, trial.replicate, stage.salt)

        def recall(round_index: int, call: Call) -> Reply | None:
            def asking(call: Call) -> Ask:
                return stage.ask(trial, trial_id, call, round_index)

            found = recalled(recording.answer, turn(call, asking(call), asking, most))
            if found is None or found.answer.completion is None:
                return None
            completion = found.answer.completion
            reading = read(completion, kind=stage.task.kind, choices=record.choices, chain=stage.task.extract)
            if found.steps:
                completion = replace(completion, usage=usage_of(found.steps, completion.usage))
            reply = Reply(call, found.ask.key, completion, reading.answer, reading.missing, given=reading.given)
            return _as_it_votes(recording, stage, trial, reply, record)

        return recall

    def _stage(self, trial: Trial) -> Stage:
        if trial.cell.id not in self._stages:
            self._stages[trial.cell.id] = Stage(self._sweep, trial.cell, self._models)
        return self._stages[trial.cell.id]


def _as_it_votes(
    recording: Recording, stage: Stage, trial: Trial, reply: Reply, record: QuestionRecord
) -> Reply | None:
    """The reply, its answer checked; ``None`` where that takes a check which is not recorded."""
    if stage.checks is None or reply.answer is None or reply.call.role in ATTITUDES:
        return reply
    wanted = stage.checks.ask(trial, reply, record)
    if isinstance(wanted, Checked):
        return voting(reply, wanted)
    answer = recording.answer(wanted.key)
    return None if answer is None or answer.completion is None else voting(reply, stage.checks.told(reply, answer))
