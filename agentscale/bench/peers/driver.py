"""A program: lets one library ask an endpoint and prints, as one line of JSON, the CPU time of a call.

It runs in the library's own interpreter, without agentscale: ``python driver.py NAME BASE_URL CALLS WORKERS``.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

FILL = "The bridge has four spans of equal length. "


class Load:
    """What a library is to do: so many calls, so many at once.

    Args:
        base_url: Of the endpoint, such as ``http://127.0.0.1:8080/v1``.
        calls: How many calls.
        workers: How many at once.
    """

    def __init__(self, base_url: str, calls: int, workers: int) -> None:
        self.base_url = base_url
        self.calls = calls
        self.workers = workers

    def prompt(self, number: int) -> str:
        """A question of about 0.9 KB."""
        return f"{number}. {FILL * 21}"

    def drive(self, ask: Callable[[str], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """A coroutine function that makes all calls by ``ask``."""

        async def work(numbers: list[int]) -> None:
            while numbers:
                await ask(self.prompt(numbers.pop()))

        async def everything() -> None:
            numbers = list(range(self.calls))
            for task in [asyncio.create_task(work(numbers)) for _ in range(min(self.workers, self.calls))]:
                await task

        return everything


def member(name: str) -> ModuleType:
    """The file that asks by the library of this name. It is found by path: no name of the library is hidden by ours."""
    spec = importlib.util.spec_from_file_location(f"with_{name}", Path(__file__).with_name(f"with_{name}.py"))
    assert spec is not None  # the path ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(name: str, base_url: str, calls: str, workers: str) -> dict[str, object]:
    """Measures one library; a few calls go before, so that nothing is loaded for the first time."""
    try:
        library = member(name)
    except ImportError as missing:
        return {"cpu_us": None, "note": f"not installed ({missing.name})"}
    library.ask_all(Load(base_url, 4, 4))
    load = Load(base_url, int(calls), int(workers))
    started = time.process_time()
    library.ask_all(load)
    return {"cpu_us": (time.process_time() - started) / load.calls * 1e6, "note": library.version()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
