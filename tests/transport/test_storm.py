"""Many calls at once against a server with every fault at random: each is accounted for, on both sides of the wire."""

from __future__ import annotations

import asyncio
import json
import random  # noqa: TID251 - the server's own dice; what is tested draws nothing here
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from typing import Any

import pytest

from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient, Posted, Secret, holding

CANARY = "sk-canary-0123456789abcdef"
TIMEOUT_S = 20.0
IDLE_S = 5.0
RETRIES = 4
FAULTS = (
    "busy", "busy by date", "error", "unavailable", "bad request", "hang", "dropped", "reset in the body",
    "silent in the body", "slow", "cut JSON", "a list", "a page", "huge", "announced huge", "redirect",
)  # fmt: skip
FINAL = {"bad request": "refused", "cut JSON": "malformed", "a list": "malformed", "a page": "malformed",
         "huge": "too_large", "announced huge": "too_large", "redirect": "redirect"}  # fmt: skip
"""Faults that end a call at once, and the kind of its error."""


def head(status: str, length: int | None, *headers: str) -> bytes:
    size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    return "\r\n".join([f"HTTP/1.1 {status}", size, *headers, "", ""]).encode()


class Storm:
    """The server, and its own account of what it was asked and what it did."""

    def __init__(self, fault_share: float, seed: int) -> None:
        self._dice = random.Random(seed)
        self._fault_share = fault_share
        self.did: dict[int, list[str]] = defaultdict(list)
        self.longest_s = 0.0
        self.open = 0
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                body = await reader.readexactly(int(asked.partition("content-length: ")[2].partition("\r")[0]))
                await self._answer(json.loads(body)["n"], reader, writer)
        self.open -= 1
        writer.close()

    async def _answer(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._dice.choice(FAULTS) if self._dice.random() < self._fault_share else "ok"
        self.did[number].append(fault)
        started = asyncio.get_running_loop().time()
        try:
            await asyncio.sleep(self._dice.random())
            await self._play(fault, reader, writer)
            await writer.drain()
        finally:
            self.longest_s = max(self.longest_s, asyncio.get_running_loop().time() - started)

    async def _play(self, fault: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        good = b'{"ok": true}'
        plain: dict[str, bytes] = {
            "ok": head("200 OK", len(good)) + good,
            "busy": head("429 Too Many Requests", 0, "retry-after-ms: 200"),
            "busy by date": head(
                "429 Too Many Requests",
                0,
                f"date: {formatdate(4e9, usegmt=True)}",
                f"retry-after: {formatdate(4e9 + 1, usegmt=True)}",
            ),
            "error": head("500 Internal Server Error", len(CANARY)) + CANARY.encode(),
            "unavailable": head("503 Service Unavailable", 0),
            "bad request": head("400 Bad Request", len(CANARY)) + CANARY.encode(),
            "cut JSON": head("200 OK", 10) + b'{"choices"',
            "a list": head("200 OK", 2) + b"[]",
            "a page": head("200 OK", 6, "content-type: text/html") + b"<html>",
            "announced huge": head("200 OK", 104_857_600) + b"{",
            "redirect": head("307 Temporary Redirect", 0, f"location: http://127.0.0.1:1/?key={CANARY}"),
        }
        if fault in plain:
            writer.write(plain[fault])
        elif fault == "slow":
            writer.write(head("200 OK", len(good)))
            for byte in good:
                await asyncio.sleep(0.8)
                writer.write(bytes([byte]))
        elif fault == "huge":
            writer.write(head("200 OK", None) + b"400\r\n" + b" " * 0x400 + b"\r\n" * 1)
            while not reader.at_eof():
                writer.write(b"400\r\n" + b" " * 0x400 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        elif fault == "reset in the body":
            writer.write(head("200 OK", 50) + b"{")
            await writer.drain()
            writer.transport.abort()
            raise ConnectionError
        elif fault == "dropped":
            raise ConnectionError
        else:  # hang, silent in the body: until the other side hangs up
            if fault == "silent in the body":
                writer.write(head("200 OK", 50) + b"{")
            await reader.read(1)
            raise ConnectionError

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Storm]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()


async def ask(client: EndpointClient, number: int) -> Posted | EndpointError:
    try:
        return await client.post_json("/x", {"n": number}, model="m")
    except EndpointError as error:
        return error


@pytest.mark.parametrize(("fault_share", "seed"), [(0.3, 1), (0.8, 2)])
def test_every_call_of_a_storm_is_accounted_for(
    virtual: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, fault_share: float, seed: int
) -> None:
    monkeypatch.setattr(holding, "MAX_BODY_BYTES", 100_000)
    calls = 400

    async def main() -> tuple[Storm, list[Posted | EndpointError], EndpointClient]:
        async with Storm(fault_share, seed).running() as storm:
            address = Address(
                "here",
                storm.url,
                Secret(CANARY),
                max_in_flight=64,
                timeout_s=TIMEOUT_S,
                idle_timeout_s=IDLE_S,
                max_retries=RETRIES,
            )
            client = EndpointClient(address)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(client, number)) for number in range(calls)]
            await client.aclose()
            await asyncio.sleep(1.0)
            return storm, [task.result() for task in tasks], client

    storm, outcomes, client = virtual(main())
    assert Counter(type(outcome) for outcome in outcomes).keys() <= {Posted, EndpointError}
    assert storm.open == 0
    assert storm.longest_s < TIMEOUT_S + 1.5
    assert (client.traffic.in_flight, client.traffic.waiting) == (0, 0)
    assert client.traffic.sent == sum(map(len, storm.did.values()))
    for number, outcome in enumerate(outcomes):
        check(storm.did[number], outcome)


def check(did: list[str], outcome: Posted | EndpointError) -> None:
    """The server's account of one call and the client's agree, and nothing was asked again once it had ended."""
    assert not [fault for fault in did[:-1] if fault in ("ok", "slow", "hang") or fault in FINAL]
    assert outcome.retries >= len(did) - 1
    assert len(did) <= RETRIES + 1
    if isinstance(outcome, Posted):
        assert (outcome.data, did[-1] in ("ok", "slow")) == ({"ok": True}, True)
        return
    assert CANARY not in f"{outcome}{outcome!r}{vars(outcome)}"
    if outcome.kind == "circuit_open":
        return
    last = did[-1]
    assert outcome.kind == FINAL.get(last, outcome.kind)
    assert (last in FINAL) or (last == "hang") == (outcome.kind == "timeout")
    assert (last in FINAL) or last == "hang" or len(did) == RETRIES + 1
    assert last not in ("ok", "slow")
