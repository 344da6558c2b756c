"""Who asks a model first. A refusal comes at once, before any text is made: the others wait for it and learn."""

from __future__ import annotations

import asyncio

PATIENCE_S = 0.6
"""Seconds that the others wait: longer than a server takes to refuse, and little beside a run."""

TICK_S = 0.05
"""The seconds are counted in ticks: in a loop, or on a machine, that is held up they pass as slowly as all else, and
the answer of the first call has its time to be seen."""


class Scout:
    """Lets the first call to a model go ahead alone, until it is back or has been away for too long.

    Args:
        patience_s: Seconds that the others wait, from the first of them: the request has left by then. `PATIENCE_S`
            where it is not given.
    """

    def __init__(self, patience_s: float | None = None) -> None:
        self._ticks = round((PATIENCE_S if patience_s is None else patience_s) / TICK_S)
        self._is_ahead = False
        self._is_awaited = False
        self._is_back = asyncio.Event()

    async def go(self) -> bool:
        """Waits for one's turn.

        Returns:
            Whether the caller is the scout, who says `back` in the end, whatever happens.
        """
        if self._is_back.is_set():
            return False
        if not self._is_ahead:
            self._is_ahead = True
            return True
        if not self._is_awaited:
            self._is_awaited = True
            self._tick(self._ticks)
        await self._is_back.wait()
        return False

    def back(self) -> None:
        """Lets everybody go."""
        self._is_back.set()

    def _tick(self, left: int) -> None:
        if not left:
            self.back()
        elif not self._is_back.is_set():
            asyncio.get_running_loop().call_later(TICK_S, self._tick, left - 1)
