"""Deadlines that mean what they say: on an answer's beginning, on silence within it, and on the whole.

A loop that was blocked could not have seen the answer, so its lateness is not held against the endpoint.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType

LATE_S = 0.1
"""A timer that comes later than this speaks of a blocked loop; what arrived meanwhile gets as long to be seen."""

GRACES = 5
"""How often in one block: a loop that never catches up ends its waits all the same."""


class Overdue(Exception):
    """A deadline passed. It names which, and never leaves this room.

    Args:
        what: What was not there in time.
        seconds: The limit that passed.
    """

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what)
        self.what = what
        self.seconds = seconds


class Watch:
    """Breaks a block off, by `Overdue`, when a moving deadline or the last one passes.

    Moving the deadline costs an assignment: the timer runs on and looks again when it fires.

    Args:
        total_s: Seconds for the whole block; infinite for none.
        what: What is to be there by its end.
    """

    __slots__ = ("_due_s", "_end_s", "_graces", "_limit", "_loop", "_scope", "_timer", "_whole")

    def __init__(self, total_s: float, what: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._end_s = self._due_s = self._loop.time() + total_s
        self._limit = self._whole = (what, total_s)
        self._graces = GRACES
        self._scope = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float | None, what: str) -> None:
        """From now on, ``what`` has to come within so many seconds, or by the end of the whole where ``None``."""
        before_s, self._due_s, self._limit = self._due_s, self._end_s, self._whole
        if seconds is not None and (due_s := self._loop.time() + seconds) < self._end_s:
            self._due_s, self._limit = due_s, (what, seconds)
        if self._due_s < before_s and self._timer is not None:
            self._timer.cancel()
            self._arm(self._due_s)

    async def __aenter__(self) -> Watch:
        await self._scope.__aenter__()
        self._arm(self._due_s)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._scope.__aexit__(kind, error, trace)
        except TimeoutError:
            raise Overdue(*self._limit) from None

    def _arm(self, when_s: float) -> None:
        self._timer = None if math.isinf(when_s) else self._loop.call_at(when_s, self._look, when_s)

    def _look(self, when_s: float) -> None:
        now_s = self._loop.time()
        if now_s < self._due_s:
            self._arm(self._due_s)
        elif now_s - when_s > LATE_S and self._graces:
            self._graces -= 1
            self._arm(now_s + LATE_S)
        else:
            self._scope.reschedule(now_s)
