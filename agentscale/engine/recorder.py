"""The seam between engine and model: every call passes here once, is recorded, and is found again on replay.

The recorder goes by identity alone, never by arrival order. Equal calls of different cells are one call: whoever comes
second waits for the first.
"""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Callable

from agentscale.errors import AgentscaleError, EndpointError, RecordingMiss
from agentscale.models.base import Model
from agentscale.recording import Answer, CallRecord, Clock, Recording
from agentscale.schema.calls import CallId, ChatRequest, Failure
from agentscale.schema.run import Mode


class RunStopped(AgentscaleError):
    """The user asked the run to stop: nothing more is asked, and what is recorded is kept."""


class Recorder:
    """Answers calls from the recording or from the model, by the mode of the run.

    Args:
        mode: ``live`` asks and forgets, ``record`` asks what is not recorded, ``replay`` never asks.
        recording: The run's recording; ``None`` only in ``live``.
        concurrency: Calls under way at once, over all endpoints.
        asked: Called after every call that was really made, with the model's name and what came back.
    """

    def __init__(
        self,
        mode: Mode,
        recording: Recording | None,
        *,
        concurrency: int,
        asked: Callable[[str, Answer], None] = lambda model, answer: None,
    ) -> None:
        self._mode = mode
        self._recording = recording
        self._places = asyncio.Semaphore(concurrency)
        self._asked = asked
        self._pending: dict[str, asyncio.Future[Answer]] = {}
        self._settled: dict[str, Answer] = {}
        self._stopping = False

    def stop(self) -> None:
        """Asks nothing from now on. Calls under way end and are recorded."""
        self._stopping = True

    def known(self, call: CallId, key: str, request: ChatRequest) -> Answer | None:
        """What came back, where the call needs no asking.

        A recorded failure answers a replay; while recording it is asked again, once a run, since errored is not done.

        Raises:
            RecordingMiss: In replay, if the call was never recorded.
        """
        settled = self._settled.get(key)
        if settled is not None:
            return settled
        recorded = self._recording.answer(key) if self._recording is not None else None
        if self._mode == "replay":
            if recorded is None:
                raise RecordingMiss(_miss(call, request, self._recording))
            return recorded
        return recorded if recorded is not None and recorded.failure is None else None

    async def ask(self, call: CallId, key: str, request: ChatRequest, model: Model) -> Answer:
        """What comes back: known, under way on behalf of another trial, or asked now."""
        known = self.known(call, key, request)
        if known is not None:
            return known
        if key in self._pending:
            return await self._pending[key]
        pending = self._pending[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._make(call, request, model)
            self._keep(key, call, request, answer)
            pending.set_result(answer)
        finally:
            # Whoever waits for a call that was broken off is broken off with it, and never hangs.
            pending.cancel()
            del self._pending[key]
        return answer

    async def _make(self, call: CallId, request: ChatRequest, model: Model) -> Answer:
        async with self._places:
            if self._stopping:
                raise RunStopped("the run was stopped before this call was made")
            started, clock = time.time(), time.perf_counter()
            try:
                completion, retries = await model.complete(request, call)
                failure = None
            except EndpointError as error:
                completion, retries = None, 0
                failure = Failure(kind=error.kind, message=str(error), status=error.status)
            latency = time.perf_counter() - clock
        return Answer(completion, failure, Clock(started, latency, retries))

    def _keep(self, key: str, call: CallId, request: ChatRequest, answer: Answer) -> None:
        if self._recording is not None:
            record = CallRecord(call, request, answer.completion, answer.failure, answer.clock)
            self._recording.append(record, key)
        if self._recording is None or answer.failure is not None:
            self._settled[key] = answer
        self._asked(request.model, answer)


def _miss(call: CallId, request: ChatRequest, recording: Recording | None) -> str:
    """The text of a miss: what was asked, the nearest recorded call, and how the messages differ."""
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
            *_difference(nearest.request, request),
            "to ask for what is missing: agentscale run FILE --out FOLDER",
        ]
    )


def _difference(recorded: ChatRequest, asked: ChatRequest) -> list[str]:
    before, after = _lines(recorded), _lines(asked)
    if before == after:
        return ["the messages are the same: the sampling, the model, the task or the seed changed"]
    return list(difflib.unified_diff(before, after, "recorded", "asked", n=0, lineterm=""))[:20]


def _lines(request: ChatRequest) -> list[str]:
    return [f"{message.role}: {line}" for message in request.messages for line in message.content.splitlines()]
