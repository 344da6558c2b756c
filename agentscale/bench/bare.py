"""The baselines: the same work with as little around it as can be. Nothing here records, retries or checks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import aiohttp
import httpx

from agentscale.bench.endpoint import TEXT

Ask = Callable[[str], Awaitable[str]]
PATH = "/chat/completions"
PROMPT = "The bridge has four spans of equal length. " * 21
"""Some 900 characters: with the rest of a request about 1 KB."""


def request(prompt: str) -> bytes:
    """A chat request of about 1 KB as bytes."""
    messages = [{"role": "user", "content": prompt}]
    return json.dumps({"model": "fake", "temperature": 0.7, "max_tokens": 512, "messages": messages}).encode()


def text_of(body: bytes) -> str:
    """The first choice's text."""
    return str(json.loads(body)["choices"][0]["message"]["content"])


async def in_flight(ask: Ask, calls: int, workers: int) -> int:
    """Asks ``calls`` times by ``workers`` loops; returns how many calls were answered."""
    numbers = iter(range(calls))
    return sum(await _joined([_work(ask, numbers) for _ in range(min(workers, calls))]))


async def _work(ask: Ask, numbers: Iterator[int]) -> int:
    done = 0
    for number in numbers:
        done += bool(await ask(f"{number}. {PROMPT}"))
    return done


async def _joined(works: list[Awaitable[int]]) -> list[int]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_awaited(work)) for work in works]
    return [task.result() for task in tasks]


async def _awaited(work: Awaitable[int]) -> int:
    return await work


def by_aiohttp(base_url: str, calls: int, workers: int) -> int:
    """A bare aiohttp loop without a limit of its own; returns how many calls were answered."""

    async def main() -> int:
        headers = {"content-type": "application/json", "authorization": "Bearer x"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

            async def ask(prompt: str) -> str:
                async with session.post(base_url + PATH, data=request(prompt), headers=headers) as reply:
                    return text_of(await reply.read())

            return await in_flight(ask, calls, workers)

    return asyncio.run(main())


def by_httpx(base_url: str, calls: int, workers: int, patience_s: float = 120.0) -> int:
    """Plain httpx with no limit of connections; returns how many calls were answered within ``patience_s`` in all."""
    answered = 0

    async def main() -> None:
        headers = {"content-type": "application/json", "authorization": "Bearer x"}
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=None, trust_env=False) as client:

            async def ask(prompt: str) -> str:
                nonlocal answered
                reply = await client.post(base_url + PATH, content=request(prompt), headers=headers)
                answered += 1
                return text_of(reply.content)

            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await in_flight(ask, calls, workers)

    asyncio.run(main())
    return answered


def by_asyncio(trials: int, agents: int, rounds: int) -> int:
    """Trials of a debate with a model that answers at once, in bare asyncio; returns the number of calls."""

    async def answer(prompt: str) -> str:
        return TEXT[:200] if prompt else ""

    async def trial() -> None:
        said = [""] * agents
        for _ in range(rounds):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(answer(PROMPT + "".join(said))) for _ in range(agents)]
            said = [task.result() for task in tasks]

    async def main() -> None:
        for _ in range(trials):
            await trial()

    asyncio.run(main())
    return trials * agents * rounds
