"""Delays and faults around an ASGI application. A request that meets a fault never reaches the application.

So faults change no answer: what a caller gets in the end is what it would have got at once. What ASGI cannot say, such
as a reset in the middle of a body, is done to the connection itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentscale.server.answers import Scene, Spoken, answer
from agentscale.server.faults import FaultPlan
from agentscale.server.speaking import reset

_STAND_IN = (
    b'{"id":"chatcmpl-0","object":"chat.completion","created":0,"model":"none","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"These words reach nobody whole."},"finish_reason":"stop"}],"usage":null}'
)
"""What faulty answers are made from."""

Wires = Mapping[tuple[str, int], asyncio.Transport]
"""The open connections by the address of their callers."""


class Troubled:
    """An ASGI application with trouble around it; only ``POST`` meets any.

    Args:
        app: The application.
        plan: Which request meets which fault.
        latency_s: Of a request's number, the seconds before its answer.
        wires: The connections that may be broken.
    """

    def __init__(self, app: ASGIApp, plan: FaultPlan, latency_s: Callable[[int], float], wires: Wires) -> None:
        self._app = app
        self._plan = plan
        self._latency_s = latency_s
        self._wires = wires
        self._numbers = count()
        self._started = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        number = next(self._numbers)
        fault = self._plan.fault(number, time.monotonic() - self._started)
        if wait_s := self._latency_s(number):
            await asyncio.sleep(wait_s)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault == "slow":
            await self._slowly(scope, receive, send)
        else:
            await _heard(receive)
            spoken = answer(fault, Scene(_STAND_IN, self._plan, time.time()))
            await _said(spoken, send)
            await self._ended(spoken, scope, receive, send)

    async def _slowly(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's own answer, in drops."""
        started: list[Message] = []
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, keep)
        await send(started[0])
        await _poured(answer("slow", Scene(bytes(body), self._plan)), send)
        await send(_piece(b"", more=False))

    async def _ended(self, spoken: Spoken, scope: Scope, receive: Receive, send: Send) -> None:
        """What becomes of the connection."""
        if spoken.end == "keep" or (spoken.end == "close" and spoken.head is not None):
            await send(_piece(b"", more=False))
            return
        wire = self._wires.get(scope["client"])
        if wire is not None and spoken.end == "reset":
            reset(wire)
        elif wire is not None and spoken.end == "close":
            wire.close()
        await _gone(receive)


async def _heard(receive: Receive) -> None:
    """Takes in the whole request, as a server does that then fails."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass


async def _gone(receive: Receive) -> None:
    """Waits until the caller is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _said(spoken: Spoken, send: Send) -> None:
    if spoken.head is not None:
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in spoken.head.headers]
        await send({"type": "http.response.start", "status": spoken.head.status, "headers": headers})
        await _poured(spoken, send)


async def _poured(spoken: Spoken, send: Send) -> None:
    """The pieces of a body, each after its pause."""
    for piece in spoken.pieces:
        await asyncio.sleep(spoken.pause_s)
        await send(_piece(piece, more=True))


def _piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
