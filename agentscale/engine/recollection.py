"""What a run knows already of trials that are yet to be played: the replies that its recording holds."""

from __future__ import annotations

from collections.abc import Mapping

from agentscale.engine.design import Trial
from agentscale.engine.identity import TrialId, body_digest
from agentscale.experiment import Sweep
from agentscale.experiment.demand import Recall
from agentscale.models.base import Model
from agentscale.recording import Recording
from agentscale.schema.calls import Call, ChatRequest, Reply
from agentscale.scoring import read


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

    def __bool__(self) -> bool:
        return self._recording is not None

    def of(self, trial: Trial) -> Recall:
        """What is known of a trial's calls."""
        sweep, cell, recording = self._sweep, trial.cell, self._recording
        if recording is None:
            return lambda round_index, call: None
        head, record = sweep.header.tasks[cell.task], sweep.questions[cell.task, trial.sample_id]
        salt = cell.id if sweep.independent else ""
        trial_id = TrialId(sweep.header.seed, head.digest, trial.sample_id, trial.replicate, salt)
        agents = {agent.slot: agent for agent in cell.team.agents}

        def recall(round_index: int, call: Call) -> Reply | None:
            agent = agents[call.slot]
            request = ChatRequest(agent.model, call.messages, agent.sampling)
            key = trial_id.call(call, round_index, body_digest(request, self._models[agent.model].identity)).key
            answer = recording.answer(key)
            if answer is None or answer.completion is None:
                return None
            reading = read(answer.completion, kind=head.kind, choices=record.choices, chain=head.extract)
            return Reply(call, key, answer.completion, reading.answer, reading.missing)

        return recall
