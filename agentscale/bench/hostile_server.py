"""A chat endpoint that keeps to a plan of faults, answers by the key of the call, and logs what it did.

A program: ``python -m agentscale.bench.hostile_server LOG PLAN LATENCY_S`` prints its port. The log has a line when a
request has arrived whole, and one when it is done with; the same call always gets the same answer, so that runs can be
compared byte for byte. Answers and complaints repeat the key that opens the endpoint, a bad habit that some servers
have.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from itertools import count

from agentscale.bench.endpoint import body, until_stdin_closes
from agentscale.schema.record import digest_of
from agentscale.server.answers import Scene, answer
from agentscale.server.faults import FaultPlan
from agentscale.server.speaking import speak

CALL_HEADER = b"x-agentscale-call:"
"""Carries the identity of the call, whose digest is its key."""


def answer_of(key: str, authorization: str) -> str:
    """What the call of this key is answered: a letter that belongs to the key."""
    said = f"You sent {authorization}. Of the four spans I count {int(key[:4], 16)}."
    return f"{said}\nFinal answer: {'ABCD'[int(key[-1], 16) % 4]}"


class HostileServer:
    """One server with its plan and its log.

    Args:
        log: A file descriptor that is appended to.
        plan: Which request meets which fault.
        latency_s: Seconds before every answer.
    """

    def __init__(self, log: int, plan: FaultPlan, latency_s: float = 0.0) -> None:
        self._log = log
        self._plan = plan
        self._latency_s = latency_s
        self._numbers = count()
        self._started = time.monotonic()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request, until either side has enough of it."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        with suppress(ConnectionError):
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(_field(head, b"content-length:") or 0))
        key, number = digest_of(_field(head, CALL_HEADER)), next(self._numbers)
        fault = self._plan.fault(number, time.monotonic() - self._started)
        self._note(n=number, key=key, fault=fault)
        good = False
        try:
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            spoken = answer(fault, self._scene(key, _field(head, b"authorization:")))
            goes_on = await speak(spoken, reader, writer)
            good = spoken.good and not writer.is_closing()
        finally:
            self._note(n=number, good=good)
        return goes_on

    def _scene(self, key: str, authorization: str) -> Scene:
        return Scene(body(answer_of(key, authorization)), self._plan, time.time(), authorization)

    def _note(self, **facts: object) -> None:
        os.write(self._log, json.dumps({"at": time.monotonic(), **facts}).encode() + b"\n")


def _field(head: bytes, name: bytes) -> str:
    at = head.lower().find(name)
    return head[at + len(name) : head.find(b"\r\n", at)].decode().strip() if at >= 0 else ""


async def main(log: str, plan: str, latency_s: str) -> None:
    """Serves on a free port of loopback until standard input closes."""
    fd = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    hostile = HostileServer(fd, FaultPlan.model_validate_json(plan), float(latency_s))
    server = await asyncio.start_server(hostile.serve, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await until_stdin_closes()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
