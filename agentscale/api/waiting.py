"""Runs a coroutine from ordinary code, also where an event loop already runs, as in a notebook."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

SPELL_S = 0.1
"""Seconds after which a waiting main thread looks for a press that it could not hear."""


def wait_for(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of the coroutine that ``start`` makes.

    A running loop cannot be entered a second time: there the coroutine gets a thread and a loop of its own. Ctrl-C
    reaches the coroutine in both cases: it does what `interruptible` says, and cancels where nothing was said.

    Raises:
        KeyboardInterrupt: If Ctrl-C cancelled the coroutine.
    """
    wait = _Wait()
    with wait.heeding_ctrl_c():
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return wait.run(start)
        # A main thread that waits for another still runs its signal handlers.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return _result(thread.submit(wait.run, start))


def _result(future: Future[T]) -> T:
    """What the future gives, waited for in short spells: a press just as a wait begins is heard only when that ends."""
    while not future.done():
        wait_for_futures([future], timeout=SPELL_S)
    return future.result()


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Within the block the first Ctrl-C calls ``stop``, in the loop's thread; the next one cancels, as outside of it.

    Signals reach only the main thread: unless that one is in `wait_for`, the block changes nothing.
    """
    wait = _WAIT.get(None) or _Wait()
    wait.stop = stop
    try:
        yield
    finally:
        wait.stop = None


class _Wait:
    """A coroutine that somebody waits for, and what Ctrl-C does to it."""

    def __init__(self) -> None:
        self.stop: Callable[[], None] | None = None
        """What the next Ctrl-C does instead of cancelling."""
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._cancelled = False

    def run(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs the coroutine in a new loop of this thread."""
        try:
            return asyncio.run(self._heeded(start))
        except asyncio.CancelledError:
            if self._cancelled:
                raise KeyboardInterrupt from None
            raise

    async def _heeded(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        task = asyncio.current_task()
        assert task is not None
        _WAIT.set(self)
        self._running = asyncio.get_running_loop(), task
        if self._cancelled:  # before there was anything to cancel
            raise asyncio.CancelledError
        return await start()

    @contextmanager
    def heeding_ctrl_c(self) -> Iterator[None]:
        """Within the block Ctrl-C is this wait's; afterwards it is again whose it was."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before is None:
            yield
            return
        signal.signal(signal.SIGINT, lambda *_: self._press())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _press(self) -> None:
        """Takes one Ctrl-C. It runs in the main thread, whichever thread the loop is in."""
        act, self.stop = self.stop, None
        self._cancelled = self._cancelled or act is None
        if self._running is None:
            return
        loop, task = self._running
        with suppress(RuntimeError):  # the loop has just closed: there is nothing left to interrupt
            loop.call_soon_threadsafe(act or task.cancel)


_WAIT: ContextVar[_Wait] = ContextVar("_WAIT")
"""The wait that runs the present coroutine."""
