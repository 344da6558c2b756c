"""Streams of events through the whole client, over a raw loopback server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient, Secret, Streamed, holding

CANARY = "sk-canary-0123456789abcdef"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
DONE = b"data: [DONE]\n\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def sends(*steps: bytes | float, end: str = "") -> Any:
    """Writes bytes, waits seconds, and at last keeps still, closes, or serves on."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            else:
                await asyncio.sleep(step)
        if end == "close":
            raise ConnectionError
        if end == "hang":
            await asyncio.sleep(36_000)

    return behave


WHOLE = sends(HEAD, chunk(b'data: {"n":1}\n\n'), chunk(b'data: {"n":2}\n\n' + DONE), END)


class Streaming:
    """What one streamed call against one server came to."""

    def __init__(self, virtual: Callable[..., Any], hostile: Callable[..., Any]) -> None:
        self._virtual = virtual
        self._hostile = hostile
        self.seconds = 0.0
        self.server: Any = None

    async def _main(self, calls: int, settings: dict[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        address = {"max_retries": 2, "api_key": Secret(CANARY), "idle_timeout_s": 5.0, **settings}
        async with self.server.running():
            client = EndpointClient(Address("here", self.server.url, **address))
            started, outcome = loop.time(), None
            try:
                for _ in range(calls):
                    outcome = await client.post_events("/x", {"stream": True}, model="m")
                return outcome
            except EndpointError as error:
                return error
            finally:
                self.seconds = loop.time() - started
                await client.aclose()

    def __call__(self, *behaviours: Any, calls: int = 1, **settings: Any) -> Any:
        self.server = self._hostile(*behaviours)
        outcome = self._virtual(self._main(calls, settings))
        assert CANARY not in f"{outcome!r}{outcome}"
        return outcome


@pytest.fixture
def stream(virtual: Callable[..., Any], hostile: Callable[..., Any]) -> Streaming:
    return Streaming(virtual, hostile)


def test_the_objects_of_a_stream_come_back_in_order(stream: Streaming) -> None:
    assert stream(WHOLE) == Streamed([{"n": 1}, {"n": 2}], 0)


def test_a_connection_whose_stream_ended_is_used_again(stream: Streaming) -> None:
    assert stream(WHOLE, calls=3) == Streamed([{"n": 1}, {"n": 2}], 0)
    assert stream.server.connections == 1


def test_the_end_is_the_end_though_the_server_keeps_the_connection(stream: Streaming) -> None:
    lingering = sends(HEAD, chunk(b"data: {}\n\n" + DONE), end="hang")
    assert stream(lingering) == Streamed([{}], 0)
    assert stream.seconds < 1.0
    assert len(stream.server.heads) == 1


def test_a_plain_object_of_a_server_that_does_not_stream_is_the_only_event(stream: Streaming) -> None:
    plain = sends(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"n":1}')
    assert stream(plain) == Streamed([{"n": 1}], 0)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (sends(HEAD, chunk(b'data: {"n":1}\n\n'), END), "got a stream that broke off after 1 events"),
        (sends(HEAD, chunk(b'data: {"n":1}\n\n'), end="close"), "got a connection fault (ClientPayloadError"),
        (sends(HEAD, chunk(b"data: {"), end="close"), "got a connection fault (ClientPayloadError"),
    ],
    ids=["no end", "closed", "cut"],
)
def test_a_stream_that_breaks_off_is_tried_again_and_gives_nothing_of_itself(
    stream: Streaming, broken: Any, text: str
) -> None:
    assert stream(broken, WHOLE) == Streamed([{"n": 1}, {"n": 2}], 1)
    error = stream(broken)
    assert (error.kind, error.retries) == ("connection", 2)
    assert text in str(error)


def test_silence_between_events_is_a_stall_and_comments_do_not_break_it(stream: Streaming) -> None:
    pings = [step for _ in range(20) for step in (chunk(b": ping\n\n"), 2.0)]
    silent = sends(HEAD, chunk(b"data: {}\n\n"), *pings)
    assert stream(silent, WHOLE).retries == 1
    error = stream(silent, max_retries=0)
    assert str(error) == (
        f"endpoint 'here' at {stream.server.url}, model 'm': got no further event within 5 s; allowed: an answer that "
        "begins and goes on; check the server's health, or raise first_byte_timeout_s and idle_timeout_s where it "
        "needs the time"
    )
    assert error.kind == "stalled"
    assert 5.0 <= stream.seconds < 5.5


def test_events_that_keep_coming_are_never_a_stall(stream: Streaming) -> None:
    steady = [step for _ in range(20) for step in (chunk(b"data: {}\n\n"), 4.0)]
    assert len(stream(sends(HEAD, *steady, chunk(DONE), END)).events) == 20


def test_the_first_event_may_take_as_long_as_an_answer_may(stream: Streaming) -> None:
    thinking = sends(HEAD, 100.0, chunk(b"data: {}\n\n" + DONE), END)
    assert stream(thinking) == Streamed([{}], 0)
    error = stream(thinking, first_byte_timeout_s=30.0, max_retries=0)
    assert (error.kind, "got no beginning of an answer within 30 s" in str(error)) == ("stalled", True)


def test_the_whole_stream_has_its_limit_too(stream: Streaming) -> None:
    endless = sends(HEAD, *[step for _ in range(100) for step in (chunk(b"data: {}\n\n"), 4.0)])
    error = stream(endless, timeout_s=60.0)
    assert (error.kind, len(stream.server.heads)) == ("timeout", 1)


@pytest.mark.parametrize(
    ("event", "kind", "tries"),
    [
        (b'{"error": {"message": "overloaded"}}', "server", 3),
        (b'{"error": {"code": 429, "message": "slow down"}}', "rate_limit", 3),
        (b'{"error": {"code": 400, "message": "no"}}', "refused", 1),
        (b"{not json", "malformed", 1),
        (b"[1]", "malformed", 1),
    ],
)
def test_an_error_within_a_stream_is_the_calls(stream: Streaming, event: bytes, kind: str, tries: int) -> None:
    error = stream(sends(HEAD, chunk(b"data: {}\n\ndata: " + event + b"\n\n" + DONE), END))
    assert (error.kind, len(stream.server.heads)) == (kind, tries)
    assert ("got an error within the stream, '{" in str(error)) == (kind != "malformed")


def test_a_refusal_in_place_of_a_stream_is_read_as_ever(stream: Streaming) -> None:
    error = stream(sends(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"))
    assert (error.kind, error.status) == ("refused", 400)


def test_a_stream_above_the_cap_is_dropped(stream: Streaming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MAX_BODY_BYTES", 1000)
    error = stream(sends(HEAD, *[chunk(b"data: " + b"x" * 100 + b"\n\n")] * 20, end="hang"))
    assert error.kind == "too_large"


def test_a_key_that_is_echoed_within_a_stream_is_cut_out(stream: Streaming) -> None:
    echo = sends(HEAD, chunk(b'data: {"text":"' + CANARY.encode() + b'"}\n\n' + DONE), END)
    assert stream(echo) == Streamed([{"text": "***"}], 0)
