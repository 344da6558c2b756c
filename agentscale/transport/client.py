"""Ask one endpoint, within its limits, and try again where that may help."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from agentscale.errors import EndpointError
from agentscale.randomness import keyed
from agentscale.transport.address import Address
from agentscale.transport.reading import SAID_CHARS, Trouble, excerpt, kind_of, parse_object, printable
from agentscale.transport.retry import RetryPolicy, asked_wait_s

if TYPE_CHECKING:
    import httpx

    from agentscale.transport.wire import Reply, Wire

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Posted(NamedTuple):
    """A JSON object from an endpoint."""

    data: dict[str, Any]
    retries: int
    """Tries that failed before this one."""


class EndpointClient:
    """Asks one endpoint. Use it within one event loop, and close it there.

    Args:
        address: The endpoint, its key and its limits.
        transport: What carries the requests, under httpx's interface; aiohttp's transport by default.
        sleep: Waits between tries; a test passes its own.
        seed: Of the jitter.
    """

    def __init__(
        self,
        address: Address,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        seed: int = 0,
    ) -> None:
        self.address = address
        self._transport = transport
        self._policy = RetryPolicy(address.max_retries)
        self._gate = asyncio.Semaphore(address.max_in_flight)
        self._sleep = sleep
        self._seed = seed
        self._numbers = count()

    async def post_json(
        self, path: str, body: Mapping[str, Any], *, headers: Mapping[str, str] = _NO_HEADERS, model: str | None = None
    ) -> Posted:
        """Send ``body`` to ``path`` below the base URL and return the object that comes back.

        Args:
            path: Such as ``/chat/completions``.
            body: A plain JSON value; it becomes bytes once, whatever the number of tries.
            headers: Further headers of this request.
            model: Who is asked, for the error.

        Raises:
            EndpointError: No usable answer, after the retries that the fault allows; ``kind`` is a
                `agentscale.transport.reading.Kind`. The message never holds the key.
        """
        content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii")
        return await self._ask("POST", path, content, headers, model)

    async def get_json(self, path: str) -> Posted:
        """Ask for ``path`` below the base URL and return the object that comes back. Raises as `post_json` does."""
        return await self._ask("GET", path, None, _NO_HEADERS, None)

    def malformed(self, problem: str, data: object, *, model: str | None = None) -> EndpointError:
        """The error for an answer that is JSON but not what ``path`` should give.

        Args:
            problem: What was got, in one clause.
            data: The answer; its beginning is shown.
            model: Who was asked.
        """
        shown = excerpt(self.address.redact(json.dumps(data, ensure_ascii=False)))
        return self._error(Trouble("malformed", f"{problem} in {shown}", 200), model, 0)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._transport is not None or "_wire" in vars(self):
            await self._wire.aclose()

    @cached_property
    def _wire(self) -> Wire:
        from agentscale.transport.wire import Wire  # httpx and aiohttp load only where something is asked

        return Wire(self.address, self._transport)

    async def _ask(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], model: str | None
    ) -> Posted:
        number, retries = next(self._numbers), 0
        # A call keeps its place in the gate while it waits: an endpoint in trouble is asked less, not more.
        async with self._gate:
            while True:
                outcome = self._read(await self._wire.exchange(method, path, content, headers))
                if not isinstance(outcome, Trouble):
                    return Posted(outcome, retries)
                wait_s = self._policy.wait_s(outcome, retries, self._jitter(number, retries))
                if wait_s is None:
                    raise self._error(outcome, model, retries)
                await self._sleep(wait_s)
                retries += 1

    def _read(self, reply: Reply | Trouble) -> dict[str, Any] | Trouble:
        """The reply's object, or its trouble; the one place where a server's text meets a message."""
        if isinstance(reply, Trouble):
            return Trouble(reply.kind, printable(self.address.redact(reply.got)), reply.status)
        if 200 <= reply.status < 300:
            data = parse_object(self.address.redact_answer(reply.body))
            if not isinstance(data, str):
                return data
            return Trouble("malformed", f"{data}: {self._shown(reply.body)}" if reply.body else data, reply.status)
        return self._refusal(reply)

    def _refusal(self, reply: Reply) -> Trouble:
        got = f"HTTP {reply.status}"
        if "location" in reply.headers and 300 <= reply.status < 400:
            got += f" to {self._shown(reply.headers['location'].encode())}"
        got += f" with the body {self._shown(reply.body)}" if reply.body else " with an empty body"
        wait_s = asked_wait_s(reply.headers, time.time())
        said = self.address.redact(reply.body.decode("utf-8", "replace"))[:SAID_CHARS]
        return Trouble(kind_of(reply.status), got, reply.status, wait_s, said)

    def _shown(self, body: bytes) -> str:
        # Redacted before it is cut: a key across the cut would leave half of itself behind.
        return excerpt(self.address.redact(body.decode("utf-8", "replace")))

    def _jitter(self, number: int, retries: int) -> float:
        return float(keyed(self._seed, "retry", self.address.name, number, retries).random())

    def _error(self, trouble: Trouble, model: str | None, retries: int) -> EndpointError:
        asked = f", model {model!r}" if model else ""
        after = f", after {retries} {'retry' if retries == 1 else 'retries'}" if retries else ""
        return EndpointError(
            f"endpoint {self.address.name!r} at {self.address.shown}{asked}{after}: {trouble.text}",
            kind=trouble.kind,
            status=trouble.status,
            model=model,
            retry_after_s=trouble.retry_after_s,
            retries=retries,
            said=trouble.said,
        )
