"""The seam between engine and model: every call passes here once, is recorded, and is found again on replay.

The recorder goes by identity alone, never by arrival order. Equal calls of different cells are one call: whoever comes
second waits for the first.
"""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentscale.engine.admission import Budget, Unlimited
from agentscale.engine.design import Trial
from agentscale.engine.places import Places
from agentscale.errors import AgentscaleError, EndpointError, RecordingMiss
from agentscale.models.base import Answered, InstantModel, Model, QueuedModel
from agentscale.recording import Answer, CallRecord, Clock, Recording
from agentscale.schema.agents import Agent
from agentscale.schema.calls import UNPAID, CallId, ChatRequest, Failure
from agentscale.schema.run import Mode


class BrokenOff(AgentscaleError):
    """A call is not made, since the run was stopped or the budget allows no more. What is recorded is kept."""


class Ask(NamedTuple):
    """A call that a trial wants made."""

    trial: Trial
    agent: Agent
    id: CallId
    key: str
    """The key of ``id``, which is costly to compute twice."""
    request: ChatRequest


class Recorder:
    """Answers calls from the recording or from the model, by the mode of the run.

    Args:
        mode: ``live`` asks and forgets, ``record`` asks what is not recorded, ``replay`` never asks.
        recording: The run's recording; ``None`` only in ``live``.
        models: The models by their names in the experiment.
        concurrency: Calls under way at once of each model: none waits for another's places.
        budget: May refuse calls, and is told of every call that was really made.
        asked: Called after every call that was really made, with what came back.
        failures_stand: Whether recorded failures are known answers, also while recording.
    """

    def __init__(
        self,
        mode: Mode,
        recording: Recording | None,
        models: Mapping[str, Model],
        *,
        concurrency: int,
        budget: Budget | None = None,
        asked: Callable[[Ask, Answer], None] = lambda ask, answer: None,
        failures_stand: bool = False,
    ) -> None:
        self._mode = mode
        self._recording = recording
        self._models = models
        self._instant = {name: model for name, model in models.items() if isinstance(model, InstantModel)}
        self._queued = {name: model for name, model in models.items() if isinstance(model, QueuedModel)}
        self._places = {name: Places(concurrency) for name in models}
        self._budget = budget or Unlimited()
        self._asked = asked
        self._failures_stand = failures_stand
        self._pending: dict[str, asyncio.Future[Answer | None]] = {}
        self._settled: dict[str, Answer] = {}
        self._stopping = False

    def stop(self) -> None:
        """Asks nothing from now on. Calls under way end and are recorded, unless their model says that it stopped."""
        self._stopping = True

    def known(self, ask: Ask) -> Answer | None:
        """What came back, where the call needs no asking.

        A recorded failure answers a replay; while recording it is asked again, once a run, since errored is not done.

        Raises:
            RecordingMiss: In replay, if the call was never recorded.
        """
        settled = self._settled.get(ask.key)
        if settled is not None:
            return settled
        recorded = self._recording.answer(ask.key) if self._recording is not None else None
        if self._mode == "replay":
            if recorded is None:
                raise RecordingMiss(_miss(ask, self._recording))
            return recorded
        return recorded if recorded is not None and (recorded.failure is None or self._failures_stand) else None

    def at_once(self, ask: Ask) -> Answer | None:
        """What came back, where nobody has to wait: known, or made by a model that answers at once.

        Raises:
            RecordingMiss: In replay, if the call was never recorded.
            BrokenOff: The call may not be made.
        """
        known = self.known(ask)
        model = self._instant.get(ask.request.model)
        if known is not None or model is None:
            return known
        self._check_allowed(ask)
        timer = _Timer()
        try:
            answer = timer.answered(model.answer(ask.request, ask.id))
        except EndpointError as error:
            answer = timer.failed(error)
        self._keep(ask, answer)
        return answer

    async def ask(self, ask: Ask) -> Answer:
        """What comes back: known, under way on behalf of another trial, or asked now.

        Raises:
            RecordingMiss: In replay, if the call was never recorded.
            BrokenOff: The call may not be made.
        """
        answer = self.at_once(ask)
        if answer is not None:
            return answer
        while (others := self._pending.get(ask.key)) is not None:
            answer = await asyncio.shield(others)
            if answer is not None:
                return answer
        return await self._ask_first(ask)

    async def _ask_first(self, ask: Ask) -> Answer:
        """Makes a call that nobody else is making; who wants the same meanwhile waits for it."""
        pending = self._pending[ask.key] = asyncio.get_running_loop().create_future()
        answer = None
        try:
            answer = await self._make(ask)
            self._keep(ask, answer)
        finally:
            # Without an answer, the next of those who wait makes the call on its own account: nobody hangs.
            del self._pending[ask.key]
            pending.set_result(answer)
        return answer

    async def _make(self, ask: Ask) -> Answer:
        async with self._places[ask.request.model]:
            self._check_allowed(ask)
            timer = _Timer()
            departure = _Departure(self._recording, ask.key, timer)
            try:
                return timer.answered(await self._complete(ask, departure))
            except EndpointError as error:
                if error.kind == "stopped":
                    departure.took_back()
                    raise BrokenOff("the run was stopped before this call was made") from None
                return timer.failed(error)

    async def _complete(self, ask: Ask, departure: _Departure) -> Answered:
        queued = self._queued.get(ask.request.model)
        if queued is not None:
            return await queued.complete_in_turn(ask.request, ask.id, departure.leaves)
        departure.leaves()
        return await self._models[ask.request.model].complete(ask.request, ask.id)

    def _check_allowed(self, ask: Ask) -> None:
        if self._stopping:
            raise BrokenOff("the run was stopped before this call was made")
        if ask.id.role in UNPAID:  # the answer that wanted it is paid for
            return
        if not self._budget.may_ask(ask.trial, ask.agent):
            raise BrokenOff("the budget allows no more calls of this trial")

    def _keep(self, ask: Ask, answer: Answer) -> None:
        if self._recording is not None:
            record = CallRecord(ask.id, ask.request, answer.completion, answer.failure, answer.clock)
            self._recording.append(record, ask.key)
        if self._recording is None or answer.failure is not None:
            self._settled[ask.key] = answer
        if ask.id.role in UNPAID:
            return
        self._budget.spent(ask.trial, ask.agent, answer)
        self._asked(ask, answer)


class _Departure:
    """When a call leaves the process: from then on it is in flight, and a crash must leave word of it."""

    __slots__ = ("_has_left", "_key", "_recording", "_timer")

    def __init__(self, recording: Recording | None, key: str, timer: _Timer) -> None:
        self._recording, self._key, self._timer = recording, key, timer
        self._has_left = False

    def leaves(self) -> None:
        """Writes it down, and starts the clock; once, whatever the number of tries."""
        if self._has_left:
            return
        if self._recording is not None:
            self._recording.asked(self._key)
        self._timer.start()
        self._has_left = True

    def took_back(self) -> None:
        """It has failed, or never left, and waited to be sent when the run was stopped: nothing is in flight."""
        if self._recording is not None and self._has_left:
            self._recording.withdrawn(self._key)


class _Timer:
    """Runs from the moment at which a call is made, or leaves after it had to wait for that."""

    __slots__ = ("_clock", "_started")

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Runs from now on."""
        self._started, self._clock = time.time(), time.perf_counter()

    def answered(self, answered: Answered) -> Answer:
        """What is kept of a call that has a completion."""
        return Answer(answered.completion, None, self._stopped(answered.retries))

    def failed(self, error: EndpointError) -> Answer:
        """What is kept of a call that has none."""
        failure = Failure(kind=error.kind, message=str(error), status=error.status)
        return Answer(None, failure, self._stopped(error.retries))

    def _stopped(self, retries: int) -> Clock:
        return Clock(self._started, time.perf_counter() - self._clock, retries)


def _miss(ask: Ask, recording: Recording | None) -> str:
    """The text of a miss: what was asked, the nearest recorded call, and how the messages differ."""
    call = ask.id
    head = (
        f"the recording holds no call of {call.slot!r} for sample {call.sample_id!r}, "
        f"round {call.round}, replicate {call.replicate}"
    )
    nearest = recording.nearest(call) if recording is not None else None
    if nearest is None:
        return f"{head}\n  the recording is empty\n  record it: agentscale run FILE --out FOLDER"
    return "\n  ".join(
        [
            head,
            f"nearest recorded: {nearest.id.slot!r}, sample {nearest.id.sample_id!r}, "
            f"round {nearest.id.round}, replicate {nearest.id.replicate}",
            *difference(nearest.request, ask.request),
            "to ask for what is missing: agentscale run FILE --out FOLDER",
        ]
    )


def difference(recorded: ChatRequest, asked: ChatRequest) -> list[str]:
    """How the messages of two requests differ, in at most 20 lines."""
    before, after = _lines(recorded), _lines(asked)
    if before == after:
        return ["the messages are the same: the sampling, the model, the task or the seed changed"]
    return list(difflib.unified_diff(before, after, "recorded", "asked", n=0, lineterm=""))[:20]


def _lines(request: ChatRequest) -> list[str]:
    return [f"{message.role}: {line}" for message in request.messages for line in message.content.splitlines()]
