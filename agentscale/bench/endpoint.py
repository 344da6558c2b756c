"""A quick chat endpoint: the same 2 KB answer to everything, after the milliseconds that stand first in the path.

``POST /200/v1/chat/completions`` is answered after 200 ms. It is a raw protocol and parses no more of HTTP than it
must: a client is to be measured and not its server. A program: ``python -m agentscale.bench.endpoint`` prints its port.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

TEXT = "The answer follows from the length of the spans. " * 36 + "\nFinal answer: B"
"""About 1.8 KB, so that the whole body has about 2 KB."""


def body(text: str = TEXT) -> bytes:
    """The JSON of a chat completion that says ``text``."""
    return json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "fake",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 200, "completion_tokens": 400, "total_tokens": 600},
        }
    ).encode()


def response(text: str = TEXT) -> bytes:
    """The whole HTTP answer that says ``text``."""
    content = body(text)
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


class Endpoint(asyncio.Protocol):
    """One connection: requests with a Content-Length, one after the other."""

    _answer = response()

    def __init__(self) -> None:
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps what answers are written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers every request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            whole = end + 4 + _length(head)
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._loop.call_later(_latency_s(head), self._reply)

    def _reply(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._answer)


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    return int(head[at + 15 : (head + b"\r\n").find(b"\r\n", at)]) if at >= 0 else 0


def _latency_s(head: bytes) -> float:
    milliseconds = head.split(b"/", 2)[1]
    return int(milliseconds) / 1000 if milliseconds.isdigit() else 0.0


async def until_stdin_closes() -> None:
    """Returns when whoever started this program lets go of it."""
    loop = asyncio.get_running_loop()
    gone = loop.create_future()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096) and not gone.done():
            gone.set_result(None)

    loop.add_reader(sys.stdin, read)
    try:
        await gone
    finally:
        loop.remove_reader(sys.stdin)


async def main() -> None:
    """Serves on a free port of loopback until standard input closes."""
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await until_stdin_closes()


if __name__ == "__main__":
    asyncio.run(main())
