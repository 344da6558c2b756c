from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.transport.control import Controller, Limits, Outcome, Ticket
from agentscale.transport.gate import STOPPED, Gate
from agentscale.transport.reading import Trouble

BUSY = Trouble("rate_limit", "HTTP 429", 429, retry_after_s=10.0)
BAD_KEY = Trouble("auth", "HTTP 401", 401)
Virtual = Callable[..., Any]


def gate(**limits: int) -> Gate:
    return Gate(Controller(Limits(**limits)))


async def ticket_of(door: Gate, number: int) -> Ticket:
    ticket = await door.enter(number, 0.0)
    assert isinstance(ticket, Ticket)
    return ticket


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_calls_go_in_the_order_of_their_numbers_whenever_they_ask(virtual: Virtual) -> None:
    gone: list[int] = []

    async def call(door: Gate, number: int) -> None:
        ticket = await ticket_of(door, number)
        gone.append(number)
        await asyncio.sleep(1.0)
        door.leave(ticket, Outcome())

    async def main() -> None:
        door = gate(max_in_flight=1)
        async with asyncio.TaskGroup() as group:
            for number in (0, 5, 3, 4, 1, 2):
                group.create_task(call(door, number))

    virtual(main())
    assert gone == [0, 1, 2, 3, 4, 5]


def test_a_pause_holds_everyone_and_its_end_wakes_only_as_many_as_may_go(virtual: Virtual) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        door = gate(max_in_flight=4)
        first = await ticket_of(door, 0)
        started = loop.time()
        door.leave(first, Outcome(BUSY))
        calls = [asyncio.create_task(ticket_of(door, number)) for number in range(1, 20)]
        await asyncio.sleep(9.0)
        assert not any(task.done() for task in calls)
        assert door.traffic.waiting == 19
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert 10.0 <= loop.time() - started < 10.2
        await settle()
        assert sum(task.done() for task in calls) == door.traffic.limit == 4
        for task in calls:
            task.cancel()
        await asyncio.wait(calls)

    virtual(main())


def test_a_call_that_is_cancelled_in_the_queue_takes_no_place_with_it(virtual: Virtual) -> None:
    async def main() -> None:
        door = gate(max_in_flight=1)
        held = await ticket_of(door, 0)
        waiting = [asyncio.create_task(ticket_of(door, number)) for number in (1, 2, 3)]
        await settle()
        waiting[0].cancel()
        waiting[1].cancel()
        await settle()
        assert door.traffic.waiting == 1
        door.leave(held, Outcome())
        assert (await waiting[2]).serial == 1
        assert door.traffic.in_flight == 1

    virtual(main())


def test_a_call_that_is_cancelled_between_leave_and_waking_hands_its_place_on(virtual: Virtual) -> None:
    async def main() -> None:
        door = gate(max_in_flight=1)
        held = await ticket_of(door, 0)
        second, third = (asyncio.create_task(ticket_of(door, number)) for number in (1, 2))
        await settle()
        door.leave(held, Outcome())
        second.cancel()  # its future has its ticket, and the task has not yet run
        with pytest.raises(asyncio.CancelledError):
            await second
        assert isinstance(await third, Ticket)
        assert door.traffic.in_flight == 1

    virtual(main())


def test_cancelled_at_every_moment_no_place_is_lost(virtual: Virtual) -> None:
    async def call(door: Gate, number: int) -> None:
        ticket = await ticket_of(door, number)
        outcome = None
        try:
            await asyncio.sleep(0.001 * (number % 7))
            outcome = Outcome()
        finally:
            door.leave(ticket, outcome)

    async def main() -> None:
        door = gate(max_in_flight=3)
        tasks = [asyncio.create_task(call(door, number)) for number in range(200)]
        for step, task in enumerate(tasks):
            if step % 3:
                task.cancel()
            await asyncio.sleep(0.0005 * (step % 4))
        await asyncio.wait(tasks)
        assert (door.traffic.in_flight, door.traffic.waiting, door.traffic.limit) == (0, 0, 3)

    virtual(main())


def test_when_the_endpoint_is_given_up_everyone_who_waits_is_told(virtual: Virtual) -> None:
    async def main() -> None:
        door = gate(max_in_flight=1)
        held = await ticket_of(door, 0)
        waiting = [asyncio.create_task(door.enter(number, 0.0)) for number in range(1, 50)]
        await settle()
        door.leave(held, Outcome(BAD_KEY))
        told = [await task for task in waiting]
        assert {verdict.kind for verdict in told if isinstance(verdict, Trouble)} == {"circuit_open"}
        assert len(told) == 49
        assert door.traffic.waiting == 0

    virtual(main())


def test_a_stop_sends_nobody_home_who_was_let_through_and_lets_nobody_else_through(virtual: Virtual) -> None:
    async def main() -> None:
        door = gate(max_in_flight=1, requests_per_minute=60)
        held = await ticket_of(door, 0)
        waiting = [asyncio.create_task(door.enter(number, 0.0)) for number in range(1, 50)]
        await settle()
        door.stop()
        assert [await task for task in waiting] == [STOPPED] * 49
        assert await door.enter(50, 0.0) == STOPPED
        assert (door.traffic.in_flight, door.traffic.waiting) == (1, 0)
        door.leave(held, Outcome())
        assert (door.traffic.in_flight, door.traffic.sent) == (0, 1)

    virtual(main())


def test_a_pause_before_a_further_try_lasts_as_long_as_it_says_or_until_the_stop(virtual: Virtual) -> None:
    async def main() -> None:
        loop, door = asyncio.get_running_loop(), gate()
        started = loop.time()
        await door.pause(20.0)
        assert loop.time() - started == pytest.approx(20.0, abs=0.1)
        loop.call_later(3.0, door.stop)
        await door.pause(20.0)
        assert loop.time() - started == pytest.approx(23.0, abs=0.1)

    virtual(main())


def test_one_endpoint_that_hangs_keeps_no_other_waiting(virtual: Virtual) -> None:
    async def main() -> None:
        slow, fast = gate(max_in_flight=1), gate(max_in_flight=1)
        await ticket_of(slow, 0)
        stuck = asyncio.create_task(ticket_of(slow, 1))
        for number in range(100):
            fast.leave(await ticket_of(fast, number), Outcome())
        assert not stuck.done()
        stuck.cancel()

    virtual(main())
