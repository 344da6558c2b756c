"""All answers under way of an endpoint together have a cap, and a run whose server passes it goes on with fewer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient, holding
from agentscale.transport.holding import Holding

BODY = b'{"a":"' + b"x" * 100_000 + b'"}'


async def slow_and_long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends its body in ten parts, a second apart."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY))
    step = len(BODY) // 10 + 1
    for start in range(0, len(BODY), step):
        writer.write(BODY[start : start + step])
        await writer.drain()
        await asyncio.sleep(1.0)


async def outcomes(server: Any, calls: int, **limits: Any) -> tuple[list[Any], EndpointClient]:
    client = EndpointClient(Address("here", server.url, **limits))
    tasks = [asyncio.create_task(client.post_json("/x", {"n": n}, model="m")) for n in range(calls)]
    await asyncio.wait(tasks)
    await client.aclose()
    return [task.exception() or task.result() for task in tasks], client


def test_answers_that_together_pass_the_cap_are_dropped_and_asked_for_again_fewer_at_a_time(
    virtual: Callable[..., Any], hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MAX_HELD_BYTES", 5 * len(BODY))

    async def main() -> tuple[list[Any], EndpointClient]:
        async with hostile(slow_and_long).running() as server:
            return await outcomes(server, 16, max_in_flight=16, max_retries=20)

    came, client = virtual(main())
    assert [each.data["a"] == "x" * 100_000 for each in came if not isinstance(each, EndpointError)] == [True] * 16
    assert client.traffic.limit < 16
    assert client.traffic.retries > 0


def test_without_retries_the_fault_says_what_was_held_and_what_to_do(
    virtual: Callable[..., Any], hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MAX_HELD_BYTES", 2 * len(BODY))

    async def main() -> tuple[list[Any], EndpointClient]:
        async with hostile(slow_and_long).running() as server:
            return await outcomes(server, 4, max_retries=0)

    came, _ = virtual(main())
    failed = [each for each in came if isinstance(each, EndpointError)]
    assert 1 <= len(failed) <= 2
    assert {error.kind for error in failed} == {"overfull"}
    assert str(failed[0]).endswith(
        f", model 'm': got more than {2 * len(BODY)} bytes of answers under way at once; allowed: answers under way "
        "of at most 256 MiB together; lower max_in_flight or max_tokens, and look at what the server sends"
    )


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=4), max_size=8))
def test_what_was_given_back_is_held_no_more(answers: list[list[int]]) -> None:
    held = Holding()
    shares = [held.share() for _ in answers]
    for share, pieces in zip(shares, answers, strict=True):
        for n_bytes in pieces:
            share.take(n_bytes, 200)
    assert held.n_bytes == sum(map(sum, answers))
    for share in shares:
        share.give_back()
        share.give_back()
    assert held.n_bytes == 0
