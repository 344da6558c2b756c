"""So many may be under way at once; who comes later waits in line. Knows neither calls nor models."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType


class Places:
    """Places that are taken and given back, first come first served; use it with ``async with``.

    A place that is given back goes straight to who waits longest. asyncio's semaphore wakes somebody to come and take
    it, and looks through everybody whom it has woken already, which with a thousand in line costs more than the call.

    Args:
        n: How many places there are.
    """

    def __init__(self, n: int) -> None:
        self._free = n
        self._line: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was handed over in the moment of the cancellation
                self._give_back()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():  # else whoever stood there has left
                turn.set_result(None)
                return
        self._free += 1
