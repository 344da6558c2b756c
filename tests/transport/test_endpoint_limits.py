"""Rate control as a caller meets it: the whole client against a raw loopback server, in time that leaps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient, Secret

CANARY = "sk-canary-0123456789abcdef"


def reply(body: bytes, status: str = "200 OK", *headers: str) -> Any:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return behave


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raise ConnectionError


OK = reply(b'{"ok": true}')


def test_an_endpoint_that_refuses_the_key_is_not_asked_by_every_call(virtual: Callable[..., Any], hostile: Any) -> None:
    async def main() -> None:
        echo = f"no such key: {CANARY}".encode()
        async with hostile(reply(echo, "401 Unauthorized"), OK).running() as server:
            client = EndpointClient(Address("here", server.url, Secret(CANARY)))
            errors = []
            for _ in range(100):
                with pytest.raises(EndpointError) as caught:
                    await client.post_json("/x", {}, model="m")
                errors.append(caught.value)
            assert len(server.heads) == 1
            assert [error.kind for error in errors] == ["auth"] + ["circuit_open"] * 99
            assert str(errors[1]) == (
                f"endpoint 'here' at {server.url}, model 'm': got no try, since its key was refused and it is left "
                "alone for 60 s more; the last fault was HTTP 401 with the body 'no such key: ***'; allowed: an "
                "endpoint that answers; check that api_key_env names the variable with this endpoint's key, and that "
                "the key is valid"
            )
            assert client.traffic.breaker == "open"
            await asyncio.sleep(61.0)
            assert (await client.post_json("/x", {})).data == {"ok": True}
            assert client.traffic.breaker == "closed"
            await client.aclose()

    virtual(main())


def test_a_dead_server_is_asked_little_and_every_call_is_told_why(virtual: Callable[..., Any], hostile: Any) -> None:
    async def main() -> None:
        async with hostile(hangs_up).running() as server:
            client = EndpointClient(Address("here", server.url, Secret(CANARY), max_in_flight=50))
            calls = [asyncio.create_task(client.post_json("/x", {"n": n})) for n in range(1000)]
            await asyncio.wait(calls)
            errors = [task.exception() for task in calls]
            assert {error.kind for error in errors if isinstance(error, EndpointError)} <= {
                "connection",
                "circuit_open",
            }
            assert all(isinstance(error, EndpointError) and CANARY not in str(error) for error in errors)
            assert "since it failed again and again and it is left alone for 16 s more" in str(errors[-1])
            assert str(errors[-1]).endswith("check that the server runs and that base_url leads to it")
            assert len(server.heads) < 150
            await client.aclose()

    virtual(main())


def test_a_retry_after_holds_the_whole_endpoint_and_the_state_shows_it(
    virtual: Callable[..., Any], hostile: Any
) -> None:
    async def main() -> None:
        busy = reply(b"{}", "429 Too Many Requests", "Retry-After: 30")
        async with hostile(OK, busy, OK).running() as server:
            loop = asyncio.get_running_loop()
            client = EndpointClient(Address("here", server.url))
            await client.post_json("/x", {})
            started = loop.time()
            refused = asyncio.create_task(client.post_json("/x", {"n": 1}))
            await server.has_been_asked(2)
            await asyncio.sleep(1.0)
            assert (await client.post_json("/x", {"n": 2})).retries == 0
            assert 30.0 <= loop.time() - started < 32.0
            assert (await refused).retries == 1
            traffic = client.traffic
            assert (traffic.rate_limited, traffic.retries, traffic.sent, traffic.paused_s) == (1, 1, 4, 30.0)
            await client.aclose()

    virtual(main())


def test_an_empty_allowance_in_the_headers_of_a_good_answer_is_waited_for(
    virtual: Callable[..., Any], hostile: Any
) -> None:
    async def main() -> float:
        names = (
            "x-ratelimit-limit-requests: 60",
            "x-ratelimit-remaining-requests: 0",
            "x-ratelimit-reset-requests: 1m0s",
        )
        async with hostile(reply(b"{}", "200 OK", *names)).running() as server:
            started = asyncio.get_running_loop().time()
            client = EndpointClient(Address("here", server.url))
            for _ in range(10):
                await client.post_json("/x", {})
            await client.aclose()
            return float(asyncio.get_running_loop().time() - started)

    assert 9.0 <= virtual(main()) < 9.5


@pytest.mark.parametrize(
    ("limit", "seconds"), [({"requests_per_minute": 60}, 20.0), ({"tokens_per_minute": 600}, 240.0)]
)
def test_limits_of_a_minute_hold_for_the_client(
    virtual: Callable[..., Any], hostile: Any, limit: dict[str, int], seconds: float
) -> None:
    async def main() -> float:
        async with hostile(reply(b'{"usage": {"total_tokens": 100}}')).running() as server:
            started = asyncio.get_running_loop().time()
            client = EndpointClient(Address("here", server.url, **limit))
            async with asyncio.TaskGroup() as group:
                for _ in range(25):
                    group.create_task(client.post_json("/x", {}, tokens=10))
            await client.aclose()
            return float(asyncio.get_running_loop().time() - started)

    assert seconds <= virtual(main()) < 1.5 * seconds
