from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient, Secret

CANARY = "sk-canary-0123456789abcdef"
Serve = Callable[..., Any]


def raw(*pieces: bytes, end: str = "") -> Serve:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if end == "close":
            raise ConnectionError
        if end == "reset":
            writer.transport.abort()
            raise ConnectionError
        if end == "hang":
            await asyncio.sleep(3600)

    return behave


def reply(body: bytes, status: str = "200 OK", *headers: str) -> Serve:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


OK = reply(b'{"ok": true}')


async def slow_drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.01)


async def never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nearly")
    await asyncio.sleep(3600)


never_reads.unread = True  # type: ignore[attr-defined]


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        await writer.drain()


class Run:
    """What one call against one server came to."""

    def __init__(self, virtual: Callable[..., Any], server: Any, **settings: Any) -> None:
        self.virtual = virtual
        self.server = server
        self.settings = {"timeout_s": 5.0, "max_retries": 2, "api_key": Secret(CANARY), **settings}
        self.body: dict[str, Any] = {"m": 1}
        self.seconds = 0.0
        self.still_open = -1

    async def _main(self) -> Any:
        async with self.server.running():
            client = EndpointClient(Address("here", self.server.url, **self.settings))
            started = asyncio.get_running_loop().time()
            try:
                return await client.post_json("/x", self.body)
            except EndpointError as error:
                return error
            finally:
                self.seconds = asyncio.get_running_loop().time() - started
                await client.aclose()
                await asyncio.sleep(0.02)
                self.still_open = self.server.open

    def __call__(self) -> Any:
        outcome = self.virtual(self._main())
        gc.collect()  # an unclosed socket would warn here, and warnings are errors
        assert CANARY not in f"{outcome!r}{outcome}"
        return outcome


Call = Callable[..., Run]


@pytest.fixture
def call(virtual: Callable[..., Any]) -> Call:
    return lambda server, **settings: Run(virtual, server, **settings)


def test_a_good_answer_comes_back_over_a_real_socket(call: Call, hostile: Any) -> None:
    server = hostile(OK)
    run = call(server)
    assert run().data == {"ok": True}
    assert run.still_open == 0
    assert f"authorization: bearer {CANARY}" in server.heads[0].lower()
    assert "cookie" not in server.heads[0].lower()


def test_a_long_body_arrives_whole_with_its_length(call: Call, hostile: Any) -> None:
    run = call(server := hostile(OK))
    run.body = {"m": "x" * 5_000_000}
    assert run().data == {"ok": True}
    assert len(server.bodies[0]) == 5_000_008
    assert "transfer-encoding" not in server.heads[0].lower()


def test_500s_are_outlasted(call: Call, hostile: Any) -> None:
    bad = reply(b"oops", "500 Internal Server Error", "set-cookie: a=b")
    run = call(server := hostile(bad, bad, OK))
    assert run() == ({"ok": True}, 2)
    assert run.seconds > 0.75
    assert server.connections == 1
    assert "cookie: a=b" not in server.heads[-1]


@pytest.mark.parametrize(
    "fault",
    [
        raw(end="close"),
        raw(end="reset"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", end="close"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", end="reset"),
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", end="close"),
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", end="close"),
        raw(b"not http at all\r\n\r\n", end="close"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", end="close"),
    ],
    ids=["closed", "reset", "cut", "cut by reset", "cut chunk", "bad chunk", "no http", "huge header"],
)
def test_connection_faults_are_tried_again_and_named(call: Call, hostile: Any, fault: Serve) -> None:
    assert call(hostile(fault, OK))().retries == 1
    error = call(hostile(fault))()
    assert (error.kind, error.status) == ("connection", None)
    assert "after 2 retries: got a connection fault (" in str(error)
    assert "check that the server runs and that base_url leads to it" in str(error)


def test_a_closed_port_is_a_connection_fault() -> None:
    async def main() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        client = EndpointClient(Address("here", f"http://127.0.0.1:{port}", max_retries=0))
        with pytest.raises(EndpointError, match="a connection fault") as caught:
            await client.post_json("/x", {})
        await client.aclose()
        assert caught.value.kind == "connection"

    asyncio.run(main())


@pytest.mark.parametrize(
    "hang",
    [raw(end="hang"), raw(b"HTTP/1.1 200 OK\r\ncontent-le", end="hang"), slow_drip, never_reads],
    ids=["silent", "half a head", "slow drip", "never reads"],
)
def test_no_call_hangs_past_its_timeout(call: Call, hostile: Any, hang: Serve) -> None:
    run = call(hostile(hang), timeout_s=0.15)
    run.body = {"m": "x" * 20_000_000} if hang is never_reads else {"m": 1}
    error = run()
    assert error.kind == "timeout"
    assert run.seconds < 2.0
    assert len(run.server.heads) == 1


def test_an_endless_body_is_dropped_at_the_cap(call: Call, hostile: Any) -> None:
    error = call(hostile(endless), timeout_s=30.0)()
    assert (error.kind, error.status) == ("too_large", 200)


def test_a_body_that_is_announced_too_long_is_not_read(call: Call, hostile: Any) -> None:
    error = call(hostile(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n", end="hang")))()
    assert error.kind == "too_large"


@pytest.mark.parametrize("body", [b'{"choices": [', b"[]", b"<html></html>", b"\xff\xfe", b"null"])
def test_what_is_no_json_object_is_malformed_at_once(call: Call, hostile: Any, body: bytes) -> None:
    run = call(hostile(reply(body)))
    assert run().kind == "malformed"
    assert len(run.server.heads) == 1


def test_retry_after_is_waited_for(call: Call, hostile: Any) -> None:
    busy = reply(b"{}", "429 Too Many Requests", "Retry-After: 7")
    run = call(hostile(busy, OK))
    assert run().retries == 1
    assert 7.0 <= run.seconds < 8.0


def test_a_skewed_clock_in_retry_after_does_no_harm(call: Call, hostile: Any) -> None:
    skewed = reply(
        b"{}",
        "503 Service Unavailable",
        "Retry-After: Fri, 01 Jan 2100 00:00:05 GMT",
        "Date: Fri, 01 Jan 2100 00:00:00 GMT",
    )
    run = call(hostile(skewed, OK))
    assert run().retries == 1
    assert 5.0 <= run.seconds < 6.0


def test_a_redirect_stays_unfollowed(call: Call, hostile: Any) -> None:
    server = hostile(reply(b"", "308 Permanent Redirect", "Location: http://127.0.0.1:1/elsewhere"))
    assert call(server)().kind == "redirect"
    assert len(server.heads) == 1


def test_a_server_that_echoes_the_key_is_redacted(call: Call, hostile: Any) -> None:
    error = call(hostile(reply(f"wrong: {CANARY}".encode(), "401 Unauthorized")))()
    assert (error.kind, "'wrong: ***'" in str(error)) == ("auth", True)


def test_cancellation_frees_the_connection_and_the_next_call_works(hostile: Any) -> None:
    async def main() -> None:
        async with hostile(raw(end="hang"), OK).running() as server:
            client = EndpointClient(Address("here", server.url, max_in_flight=1))
            hung = asyncio.create_task(client.post_json("/x", {}))
            await server.asked.wait()
            hung.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hung
            assert (await client.post_json("/x", {})).data == {"ok": True}
            assert server.connections == 2  # the broken one was not used again
            await client.aclose()

    asyncio.run(main())


def test_hundreds_at_once_all_come_back(hostile: Any) -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        await OK(reader, writer)

    async def main() -> float:
        async with hostile(late).running() as server:
            client = EndpointClient(Address("here", server.url, max_in_flight=400))
            started = time.monotonic()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(client.post_json("/x", {"n": n})) for n in range(400)]
            assert all(task.result() == ({"ok": True}, 0) for task in tasks)
            assert server.connections == 400
            await client.aclose()
            return time.monotonic() - started

    assert asyncio.run(main()) < 10.0


def test_one_client_serves_one_loop_and_another_the_next(call: Call, hostile: Any) -> None:
    for _ in range(2):
        assert call(hostile(OK))().data == {"ok": True}


def garbled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    return reply(b"this is no gzip", "200 OK", "content-encoding: gzip")(reader, writer)


def test_a_body_that_its_own_encoding_cannot_decode_is_malformed(call: Call, hostile: Any) -> None:
    error = call(hostile(garbled))()
    assert error.kind == "malformed"
    assert "got a body that its own Content-Encoding cannot decode; allowed: a JSON object" in str(error)


def test_a_page_in_place_of_json_is_malformed_whatever_it_calls_itself(call: Call, hostile: Any) -> None:
    for kind in ("text/html", "application/json", "image/png"):
        error = call(server := hostile(reply(b"<html>sign in</html>", "200 OK", f"content-type: {kind}")))()
        assert (error.kind, len(server.heads)) == ("malformed", 1)


def test_a_silent_server_is_left_at_its_first_byte_limit_and_tried_again(call: Call, hostile: Any) -> None:
    run = call(hostile(raw(end="hang"), OK), timeout_s=300.0, first_byte_timeout_s=20.0)
    assert run().retries == 1
    assert 20.0 <= run.seconds < 21.0
    error = call(hostile(raw(end="hang")), timeout_s=300.0, first_byte_timeout_s=20.0)()
    assert (error.kind, error.retries) == ("stalled", 2)
    assert "got no beginning of an answer within 20 s; allowed: an answer that begins and goes on" in str(error)


def test_silence_in_the_middle_of_a_body_is_left_at_its_limit_and_tried_again(call: Call, hostile: Any) -> None:
    half = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", end="hang")
    run = call(hostile(half, OK), timeout_s=300.0, idle_timeout_s=10.0)
    assert run().retries == 1
    assert 10.0 <= run.seconds < 11.0
    error = call(hostile(half), timeout_s=300.0, idle_timeout_s=10.0)()
    assert "got no further piece of the answer within 10 s" in str(error)


def test_a_body_that_keeps_dripping_is_never_silent(call: Call, hostile: Any) -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n")
        for byte in b'{"ok": true}':
            await asyncio.sleep(8.0)
            writer.write(bytes([byte]))

    run = call(hostile(drips), timeout_s=300.0, idle_timeout_s=10.0)
    assert run().data == {"ok": True}
    assert run.seconds > 90.0


def slow_to_connect(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], Any]) -> None:
    connect = aiohttp.TCPConnector._create_connection

    async def slowly(self: aiohttp.TCPConnector, *args: Any, **kwargs: Any) -> Any:
        await wait()
        return await connect(self, *args, **kwargs)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", slowly)


def test_a_connection_that_is_not_made_in_time_is_a_connection_fault(
    call: Call, hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_to_connect(monkeypatch, lambda: asyncio.sleep(60.0))
    run = call(hostile(OK), timeout_s=300.0, connect_timeout_s=3.0, max_retries=1)
    error = run()
    assert (error.kind, error.retries) == ("connection", 1)
    assert "after 1 retry: got no connection within 3 s; allowed: a complete HTTP answer; check that" in str(error)
    assert 6.0 <= run.seconds < 7.0


def test_a_blocked_loop_is_no_connection_timeout(call: Call, hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def block() -> None:
        time.sleep(0.3)  # noqa: ASYNC251 - the fault that is played

    slow_to_connect(monkeypatch, block)
    assert call(hostile(OK), connect_timeout_s=0.05)() == ({"ok": True}, 0)


def test_cancelled_calls_leave_no_socket_open_at_the_server(virtual: Callable[..., Any], hostile: Any) -> None:
    async def main() -> None:
        async with hostile(watched_hang).running() as server:
            client = EndpointClient(Address("here", server.url, max_in_flight=20))
            calls = [asyncio.create_task(client.post_json("/x", {"n": n})) for n in range(50)]
            await server.has_been_asked(20)
            assert (server.open, client.traffic.in_flight, client.traffic.waiting) == (20, 20, 30)
            for task in calls:
                task.cancel()
            await asyncio.wait(calls)
            assert (client.traffic.in_flight, client.traffic.waiting) == (0, 0)
            await asyncio.sleep(0.1)
            assert server.open == 0
            server.behaviours = (OK,)
            assert (await client.post_json("/x", {})).data == {"ok": True}
            await client.aclose()

    virtual(main())


async def watched_hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)  # comes back when the other side hangs up
    raise ConnectionError
