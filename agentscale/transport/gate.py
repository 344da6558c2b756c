"""Carries out the controller's decisions in a loop: calls wait here, and go in the order in which they came.

It decides nothing. A call that tries again keeps its number, so that it goes before all that came later.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import math

from agentscale.transport.control import Controller, Outcome, Ticket, Traffic
from agentscale.transport.reading import Trouble

STOPPED = Trouble("stopped", "no try, since the client was stopped")
"""What becomes of calls that were not sent before the stop."""


class _Waiting:
    """A call in the queue."""

    __slots__ = ("number", "tokens", "turn")

    def __init__(self, number: int, tokens: float, turn: asyncio.Future[Ticket | Trouble]) -> None:
        self.number = number
        self.tokens = tokens
        self.turn = turn

    def __lt__(self, other: _Waiting) -> bool:
        return self.number < other.number


class Gate:
    """The queue of one endpoint, within one event loop.

    Only calls that were given leave are woken, so that no herd runs when a pause ends, and a call that is cancelled
    in the queue or on its way out of it takes no place with it.

    Args:
        controller: Who decides.
    """

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._queue: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()

    @property
    def traffic(self) -> Traffic:
        """How it goes at present."""
        return self._controller.traffic(sum(not call.turn.done() for call in self._queue))

    async def enter(self, number: int, tokens: float) -> Ticket | Trouble:
        """Wait for leave to send one try.

        Args:
            number: The call's number, in the order of coming.
            tokens: As for `Controller.admit`.

        Returns:
            A ticket, which must be given to `leave`; or why none is to be had.
        """
        if self._stopping.is_set():
            return STOPPED
        loop = asyncio.get_running_loop()
        if not self._queue:
            verdict = self._controller.admit(loop.time(), tokens)
            if not isinstance(verdict, float):
                return verdict
        call = _Waiting(number, tokens, loop.create_future())
        heapq.heappush(self._queue, call)
        self._pump()
        try:
            return await call.turn
        except asyncio.CancelledError:
            self._withdraw(call)
            raise

    def leave(self, ticket: Ticket, outcome: Outcome | None) -> None:
        """Give a ticket back, with what became of the try, and let through whoever may go now."""
        self._controller.finished(asyncio.get_running_loop().time(), ticket, outcome)
        if self._queue:
            self._pump()

    async def pause(self, seconds: float) -> None:
        """Wait before a further try, but not beyond the stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def stop(self) -> None:
        """Give nobody leave from now on, and tell all who wait for it. Tries under way end as ever."""
        self._stopping.set()
        waiting, self._queue = self._queue, []
        for call in waiting:
            if not call.turn.done():
                call.turn.set_result(STOPPED)
        self._set_timer(None)

    def close(self) -> None:
        """Forget the timer; who still waits is whoever closes a client in use, and is cancelled by its own task."""
        self._set_timer(None)

    def _withdraw(self, call: _Waiting) -> None:
        if call.turn.cancelled():  # still in the queue; the next in line may need less
            self._pump()
        elif isinstance(ticket := call.turn.result(), Ticket):  # let through, and cancelled before it woke
            self.leave(ticket, None)

    def _pump(self) -> None:
        now_s = asyncio.get_running_loop().time()
        while self._queue:
            call = self._queue[0]
            if not call.turn.done():
                verdict = self._controller.admit(now_s, call.tokens)
                if isinstance(verdict, float):
                    self._set_timer(None if math.isinf(verdict) else now_s + verdict)
                    return
                call.turn.set_result(verdict)
            heapq.heappop(self._queue)
        self._set_timer(None)

    def _set_timer(self, when_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if when_s is None else asyncio.get_running_loop().call_at(when_s, self._pump)
