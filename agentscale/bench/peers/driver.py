"""A program: lets one library ask an endpoint, or read texts, and prints, as one line of JSON, the CPU time of each.

It runs in the library's own interpreter, without agentscale: ``python driver.py NAME ask BASE_URL CALLS WORKERS``, or
``python driver.py NAME read TEXTS.json KIND``, where KIND is ``letters`` or ``numbers``.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
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

    def drive(self, ask: Callable[[str], Awaitable[object]]) -> Callable[[], Coroutine[None, None, None]]:
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


def ask(library: ModuleType, base_url: str, calls: str, workers: str) -> float:
    """Microseconds of CPU time a call. A few calls go before, so that nothing is loaded for the first time."""
    library.ask_all(Load(base_url, 4, 4))
    load = Load(base_url, int(calls), int(workers))
    return cpu_us(lambda: library.ask_all(load), load.calls)


def read(library: ModuleType, path: str, kind: str) -> float:
    """Microseconds of CPU time a text: the least of three turns, as on our side."""
    texts = json.loads(Path(path).read_text("utf-8"))
    work = library.reading(texts, kind)
    return min(cpu_us(work, len(texts)) for _ in range(3))


def cpu_us(work: Callable[[], object], units: int) -> float:
    """What one unit of the work costs."""
    started = time.process_time()
    work()
    return (time.process_time() - started) / units * 1e6


def main(name: str, task: str, *arguments: str) -> dict[str, object]:
    """Measures one library at one task."""
    try:
        library = member(name)
    except ImportError as missing:
        return {"cpu_us": None, "note": f"not installed ({missing.name})"}
    measured = ask(library, *arguments) if task == "ask" else read(library, *arguments)
    return {"cpu_us": measured, "note": library.version()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
