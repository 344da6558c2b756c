from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.transport.watch import GRACES, LATE_S, Overdue, Watch

Virtual = Callable[..., Any]


def outcome(virtual: Virtual, block: Callable[[Watch], Any], total_s: float = 10.0) -> tuple[str, float]:
    """What the watch said of the block, and after how long."""

    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with Watch(total_s, "whole") as watch:
                await block(watch)
        except Overdue as overdue:
            return f"no {overdue.what} within {overdue.seconds:g}", round(loop.time() - started, 1)
        return "done", round(loop.time() - started, 1)

    said: tuple[str, float] = virtual(main())
    return said


def test_what_is_done_in_time_passes(virtual: Virtual) -> None:
    assert outcome(virtual, lambda watch: asyncio.sleep(9.0)) == ("done", 9.0)


def test_the_whole_ends_on_time(virtual: Virtual) -> None:
    assert outcome(virtual, lambda watch: asyncio.sleep(11.0)) == ("no whole within 10", 10.0)


def test_a_nearer_deadline_ends_it_sooner_and_is_named(virtual: Virtual) -> None:
    async def block(watch: Watch) -> None:
        watch.within(2.0, "beginning")
        await asyncio.sleep(5.0)

    assert outcome(virtual, block) == ("no beginning within 2", 2.0)


def test_progress_moves_the_deadline_and_the_whole_stays(virtual: Virtual) -> None:
    async def block(watch: Watch) -> None:
        while True:
            watch.within(2.0, "piece")
            await asyncio.sleep(1.5)

    assert outcome(virtual, block) == ("no whole within 10", 10.0)


def test_silence_after_progress_is_told_from_its_last_moment(virtual: Virtual) -> None:
    async def block(watch: Watch) -> None:
        for _ in range(3):
            watch.within(2.0, "piece")
            await asyncio.sleep(1.5)
        watch.within(2.0, "piece")
        await asyncio.sleep(60.0)

    assert outcome(virtual, block) == ("no piece within 2", 6.5)


def test_without_a_nearer_deadline_the_whole_holds_again(virtual: Virtual) -> None:
    async def block(watch: Watch) -> None:
        watch.within(2.0, "beginning")
        await asyncio.sleep(1.0)
        watch.within(None, "piece")
        await asyncio.sleep(60.0)

    assert outcome(virtual, block) == ("no whole within 10", 10.0)


def test_without_any_limit_nothing_ends_it(virtual: Virtual) -> None:
    assert outcome(virtual, lambda watch: asyncio.sleep(1e6), float("inf")) == ("done", 1e6)


def test_a_blocked_loop_is_not_held_against_what_arrived_meanwhile() -> None:
    async def main() -> str:
        arrived = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, arrived.set)
        async with Watch(0.1, "answer"):
            time.sleep(0.3)  # noqa: ASYNC251 - the fault that is played
            await arrived.wait()
            await asyncio.sleep(0)
        return "seen"

    assert asyncio.run(main()) == "seen"


def test_a_loop_that_was_blocked_does_not_wait_for_ever_either() -> None:
    async def main() -> float:
        started = asyncio.get_running_loop().time()
        with pytest.raises(Overdue):
            await blocked_and_silent()
        return asyncio.get_running_loop().time() - started

    async def blocked_and_silent() -> None:
        async with Watch(0.05, "answer"):
            time.sleep(0.2)  # noqa: ASYNC251 - the fault that is played
            await asyncio.sleep(60.0)

    assert asyncio.run(main()) < (GRACES + 1) * LATE_S + 5.0


def test_other_errors_and_cancellation_pass_through(virtual: Virtual) -> None:
    async def fails() -> None:
        async with Watch(1.0, "whole"):
            raise ValueError("mine")

    async def is_cancelled() -> bool:
        task = asyncio.create_task(endless())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    async def endless() -> None:
        async with Watch(1.0, "whole"):
            await asyncio.sleep(60.0)

    with pytest.raises(ValueError, match="mine"):
        virtual(fails())
    assert virtual(is_cancelled())
