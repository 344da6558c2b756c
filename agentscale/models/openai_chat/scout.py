"""Who asks a model first. A refusal comes at once, before any text is made: the others wait for it and learn."""

from __future__ import annotations

import asyncio

PATIENCE_S = 2.0
"""Seconds that the others wait: longer than a server takes to refuse, and little beside a run."""


class Scout:
    """Lets the first call to a model go ahead alone, until it is back or has been away for too long."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._is_ahead = False
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
        try:
            async with asyncio.timeout(self._patience_s):
                await self._is_back.wait()
        except TimeoutError:
            self.back()
        return False

    def back(self) -> None:
        """Lets everybody go."""
        self._is_back.set()
