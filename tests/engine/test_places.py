"""Places: never more taken than there are, first come first served, and none is lost to who leaves the line."""

import asyncio

import pytest

from agentscale.engine.places import Places
from agentscale.randomness import keyed


def test_who_comes_first_is_served_first_and_never_more_than_there_are_places() -> None:
    order: list[int] = []
    inside = most = 0

    async def visit(places: Places, number: int) -> None:
        nonlocal inside, most
        async with places:
            order.append(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async def all_visit() -> None:
        places = Places(3)
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(visit(places, number))

    asyncio.run(all_visit())
    assert order == list(range(20))
    assert most == 3


@pytest.mark.parametrize("seed", range(8))
def test_no_place_is_lost_whoever_is_cancelled_and_whenever(seed: int) -> None:
    rng = keyed(seed, "cancel")

    async def visit(places: Places) -> None:
        async with places:
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def cancel_some() -> list[bool]:
        places = Places(2)
        tasks = [asyncio.create_task(visit(places)) for _ in range(30)]
        for _ in range(20):
            await asyncio.sleep(0)
            tasks[int(rng.integers(30))].cancel()
        await asyncio.wait(tasks, timeout=5)
        both = [asyncio.create_task(places.__aenter__()) for _ in range(3)]
        await asyncio.wait(both, timeout=0.05)
        free = [task.done() for task in both]
        both[-1].cancel()
        return [all(task.done() for task in tasks), *free]

    assert asyncio.run(cancel_some()) == [True, True, True, False]


def test_a_place_that_is_handed_to_one_who_is_cancelled_in_that_moment_goes_on_to_the_next() -> None:
    async def meet() -> bool:
        places = Places(1)
        await places.__aenter__()
        first, second = (asyncio.create_task(places.__aenter__()) for _ in range(2))
        await asyncio.sleep(0)
        await places.__aexit__(None, None, None)
        first.cancel()
        await asyncio.wait([first, second], timeout=5)
        return first.cancelled() and second.done() and not second.cancelled()

    assert asyncio.run(meet())
