"""What is recorded of one call. No key, header or address has a place in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure

LINE_VERSION = 2
"""The newest version of a line. Version 2 tells which tokens were cached and which were reasoning, and is written only
where one of them is known; all else is version 1, byte for byte as it always was."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The volatile facts of a call: they differ from run to run, and nothing is derived from them but costs."""

    started_s: float
    """Seconds since 1970 when the call was sent."""
    latency_s: float
    """Seconds until its answer, retries included."""
    retries: int
    """Further tries that the transport needed."""


class Answer(NamedTuple):
    """What came back of a call: a completion or a failure, never both."""

    completion: Completion | None
    failure: Failure | None
    clock: Clock


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as it happened: exactly one of ``completion`` and ``failure`` is given."""

    id: CallId
    request: ChatRequest
    completion: Completion | None
    failure: Failure | None
    clock: Clock

    @property
    def key(self) -> str:
        """The key of the identity: 64 hexadecimal digits."""
        return self.id.key
