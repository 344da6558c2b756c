"""Runs a coroutine from ordinary code, also where an event loop already runs, as in a notebook."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def wait_for(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of the coroutine that ``start`` makes.

    A running loop cannot be entered a second time: there the coroutine gets a thread and a loop of its own.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(start())
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(start())).result()


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Within the block one Ctrl-C calls ``stop``; a second one cancels the task that opened the block.

    Signals reach only the main thread: elsewhere the block changes nothing.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if threading.current_thread() is not threading.main_thread() or task is None:
        yield
        return
    pressed = 0

    def press() -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            stop()
        else:
            task.cancel()

    loop.add_signal_handler(signal.SIGINT, press)
    try:
        yield
    except asyncio.CancelledError:
        if pressed > 1:
            raise KeyboardInterrupt from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
