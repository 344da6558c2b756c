"""The first call to a model goes ahead; the others wait for it, and never for long."""

from __future__ import annotations

import asyncio
import time

from agentscale.models.openai_chat.scout import Scout


def test_one_goes_ahead_and_the_others_go_when_it_is_back() -> None:
    async def main() -> None:
        scout, went = Scout(patience_s=60.0), []

        async def other(number: int) -> None:
            assert not await scout.go()
            went.append(number)

        assert await scout.go()
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(other(number))
            await asyncio.sleep(0.01)
            assert went == []
            scout.back()
        assert went == list(range(8))
        assert not await scout.go()

    asyncio.run(main())


def test_a_scout_that_stays_away_holds_nobody_up() -> None:
    async def main() -> None:
        scout = Scout(patience_s=0.05)
        assert await scout.go()
        assert not await scout.go()
        assert not await scout.go()

    asyncio.run(main())


def test_while_the_loop_is_held_up_the_others_wait_on() -> None:
    async def main() -> None:
        scout = Scout(patience_s=0.3)
        assert await scout.go()
        waiting = asyncio.create_task(scout.go())
        await asyncio.sleep(0)
        time.sleep(0.4)  # noqa: ASYNC251 - the fault that is played
        await asyncio.sleep(0.06)
        assert not waiting.done()
        scout.back()
        assert await waiting is False

    asyncio.run(main())


def test_who_is_cancelled_while_waiting_leaves_the_others_waiting_for_the_scout() -> None:
    async def main() -> None:
        scout = Scout(patience_s=60.0)
        assert await scout.go()
        given_up, waiting = (asyncio.create_task(scout.go()) for _ in range(2))
        await asyncio.sleep(0.01)
        given_up.cancel()
        await asyncio.sleep(0.01)
        assert not waiting.done()
        scout.back()
        assert await waiting is False

    asyncio.run(main())
