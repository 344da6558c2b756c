from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest


class _Leaping(selectors.DefaultSelector):
    """Where nothing is ready and a timer is next, time leaps to it. A packet on loopback gets a moment to arrive."""

    leapt_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0.002)
        if not ready:
            self.leapt_s += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop in which an hour of waiting passes at once."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return super().time() + self._leaping.leapt_s


@pytest.fixture
def virtual() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine in a loop whose waits take no time; `loop.time` tells how long they would have taken."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            return runner.run(main)

    return run


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hostile:
    """A raw loopback server: the n-th request meets the n-th behaviour, the last one stays."""

    def __init__(self, behaviours: tuple[Behaviour, ...]) -> None:
        self.behaviours = behaviours
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.url = ""
        self.asked = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    async def has_been_asked(self, times: int) -> None:
        """Waits until so many requests have come in."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.heads) >= times)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        self.connections += 1
        self.open += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                self.asked.set()
                async with self._news:
                    self._news.notify_all()
                length = next(
                    (line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length:")), "0"
                )
                behaviour = self.behaviours[min(len(self.heads), len(self.behaviours)) - 1]
                if not getattr(behaviour, "unread", False):
                    self.bodies.append(await reader.readexactly(int(length)))
                await behaviour(reader, writer)
        self.open -= 1
        with suppress(ConnectionError, asyncio.CancelledError):
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hostile]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks) if self._tasks else None


@pytest.fixture
def hostile() -> Callable[..., Hostile]:
    return lambda *behaviours: Hostile(behaviours)
