"""Ask one endpoint, within its limits, and try again where that may help. What may help is the controller's to say."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from agentscale.errors import EndpointError
from agentscale.randomness import keyed
from agentscale.transport.address import Address
from agentscale.transport.control import Controller, Limits, Outcome, Traffic
from agentscale.transport.gate import Gate
from agentscale.transport.hints import empty_for_s, speaks_of_limits
from agentscale.transport.reading import Trouble, used_tokens
from agentscale.transport.replies import ReplyReader

if TYPE_CHECKING:
    import httpx

    from agentscale.transport.balancing import BalancedWire
    from agentscale.transport.wire import Reply, Wire

CHARS_PER_TOKEN = 4
"""For the guess at a request's tokens where the caller makes none and nothing was learnt yet."""

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

T = TypeVar("T")


def unnoticed() -> None:
    """For a call whose leaving nobody wants to know of."""


class Posted(NamedTuple):
    """A JSON object from an endpoint."""

    data: dict[str, Any]
    retries: int
    """Tries that failed before this one."""


class Streamed(NamedTuple):
    """The JSON objects of a stream of events, in order."""

    events: list[dict[str, Any]]
    retries: int
    """Tries that failed before this one."""


class _Request(NamedTuple):
    """What one call sends, whatever the number of tries."""

    method: str
    path: str
    content: bytes | None
    headers: Mapping[str, str]
    model: str | None
    tokens: float
    leaving: Callable[[], None] = unnoticed
    streamed: bool = False


class EndpointClient:
    """Asks one endpoint. Use it within one event loop, and close it there.

    Args:
        address: The endpoint, its key and its limits.
        transport: What carries the requests, under httpx's interface; aiohttp by default.
        seed: Of the jitter.
    """

    def __init__(self, address: Address, *, transport: httpx.AsyncBaseTransport | None = None, seed: int = 0) -> None:
        self.address = address
        self._transport = transport
        limits = Limits(
            address.max_in_flight, address.max_retries, address.requests_per_minute, address.tokens_per_minute
        )
        self._controller = Controller(limits)
        self._gate = Gate(self._controller)
        self._reader = ReplyReader(address)
        self._seed = seed
        self._numbers = count()

    async def post_json(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        model: str | None = None,
        tokens: int | None = None,
        leaving: Callable[[], None] = unnoticed,
    ) -> Posted:
        """Send ``body`` to ``path`` below the base URL and return the object that comes back.

        Args:
            path: Such as ``/chat/completions``.
            body: A plain JSON value; it becomes bytes once, whatever the number of tries.
            headers: Further headers of this request.
            model: Who is asked, for the error.
            tokens: What the call will use, in and out, at a guess; it matters where tokens are limited.
            leaving: Called just before each try is sent: until then the call may have waited for leave. What it raises
                ends the call.

        Raises:
            EndpointError: No usable answer, after the retries that the fault allows; ``kind`` is a
                `agentscale.transport.reading.Kind`. The message never holds the key.
        """
        request = self._post(path, body, headers, model, tokens, leaving)
        return Posted(*await self._ask(request, self._reader.object))

    async def post_events(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        model: str | None = None,
        tokens: int | None = None,
        leaving: Callable[[], None] = unnoticed,
    ) -> Streamed:
        """Send ``body`` and return the JSON objects of the stream of events that comes back, once it has ended.

        The stream has to end with ``[DONE]``: one that breaks off is tried again like a broken connection, and nothing
        of it is returned. ``idle_timeout_s`` holds between events. A plain JSON object, from a server that does not
        stream, is the only event. Arguments and errors are those of `post_json`.
        """
        request = self._post(path, body, headers, model, tokens, leaving, streamed=True)
        return Streamed(*await self._ask(request, self._reader.objects))

    async def get_json(self, path: str) -> Posted:
        """Ask for ``path`` below the base URL and return the object that comes back. Raises as `post_json` does."""
        return Posted(*await self._ask(_Request("GET", path, None, _NO_HEADERS, None, 0.0), self._reader.object))

    async def upload(self, path: str, filename: str, content: bytes, fields: Mapping[str, str]) -> Posted:
        """Send a file as a form, and return the object that comes back.

        Args:
            path: Such as ``/files``.
            filename: Its name.
            content: Its bytes.
            fields: What stands in the form beside it.

        Raises:
            EndpointError: As `post_json` does.
        """
        boundary = f"agentscale-{next(self._numbers)}-{len(content)}-{abs(hash(content)):x}"
        form, kind = _form(boundary, filename, content, fields), f"multipart/form-data; boundary={boundary}"
        request = _Request("POST", path, form, {"content-type": kind}, None, 0.0)
        return Posted(*await self._ask(request, self._reader.object))

    async def get_text(self, path: str) -> str:
        """Ask for ``path`` and return the text that comes back, without the key should the server echo it.

        Raises:
            EndpointError: As `post_json` does.
        """
        return (await self._ask(_Request("GET", path, None, _NO_HEADERS, None, 0.0), self._reader.text))[0]

    @property
    def traffic(self) -> Traffic:
        """How it goes between this client and its endpoint at present."""
        return self._gate.traffic

    def malformed(self, problem: str, data: object, *, model: str | None = None) -> EndpointError:
        """The error for an answer that is JSON but not what ``path`` should give.

        Args:
            problem: What was got, in one clause.
            data: The answer; its beginning is shown.
            model: Who was asked.
        """
        shown = self._reader.shown(json.dumps(data, ensure_ascii=False))
        return self._error(Trouble("malformed", f"{problem} in {shown}", 200), model, 0)

    def stop(self) -> None:
        """Send nothing from now on; what was sent is waited for. Calls not sent by now raise with kind ``stopped``."""
        self._gate.stop()

    async def aclose(self) -> None:
        """Close all connections."""
        self._gate.close()
        if self._transport is not None or "_wire" in vars(self):
            await self._wire.aclose()

    @cached_property
    def _wire(self) -> Wire | BalancedWire:
        from agentscale.transport.wire import Wire  # what carries requests loads only where something is asked

        address = self.address
        if not address.replicas:
            return Wire(address, self._transport)
        from agentscale.transport.balancing import BalancedWire

        every = (address.base_url, *address.replicas)
        return BalancedWire([Wire(address.moved(base_url), self._transport) for base_url in every])

    def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        model: str | None,
        tokens: int | None,
        leaving: Callable[[], None],
        *,
        streamed: bool = False,
    ) -> _Request:
        content = _ENCODER.encode(body).encode("ascii")
        guess = max(len(content) / CHARS_PER_TOKEN, self._controller.mean_tokens) if tokens is None else float(tokens)
        return _Request("POST", path, content, headers, model, guess, leaving, streamed)

    async def _ask(self, request: _Request, read: Callable[[Reply], T | Trouble]) -> tuple[T, int]:
        number, retries = next(self._numbers), 0
        self._controller.called(_now_s())
        while True:
            outcome = await self._try(number, request, read)
            if not isinstance(outcome, Trouble):
                return outcome, retries
            jitter = float(keyed(self._seed, "retry", self.address.name, number, retries).random())
            wait_s = self._controller.retry_in_s(_now_s(), outcome, retries, jitter)
            if wait_s is None:
                raise self._error(outcome, request.model, retries)
            # A call gives its place up while it waits, and comes back under its own number.
            await self._gate.pause(wait_s)
            retries += 1

    async def _try(self, number: int, request: _Request, read: Callable[[Reply], T | Trouble]) -> T | Trouble:
        ticket = await self._gate.enter(number, request.tokens)
        if isinstance(ticket, Trouble):
            return ticket
        learnt: Outcome | None = None
        try:
            request.leaving()
            reply = await self._wire.exchange(
                request.method, request.path, request.content, request.headers, streamed=request.streamed
            )
            if isinstance(reply, Trouble):
                cleaned = self._reader.cleaned(reply)
                learnt = Outcome(cleaned)
                return cleaned
            outcome = read(reply)
            learnt = self._learnt(reply, outcome)
            return outcome
        finally:
            self._gate.leave(ticket, learnt)

    def _learnt(self, reply: Reply, outcome: object) -> Outcome:
        trouble = outcome if isinstance(outcome, Trouble) else None
        empty_s = 0.0
        if speaks_of_limits(reply.headers):
            empty_s = empty_for_s(reply.headers, self._controller.mean_tokens, time.time())
        return Outcome(trouble, used_tokens(outcome), empty_s)

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


def _form(boundary: str, filename: str, content: bytes, fields: Mapping[str, str]) -> bytes:
    """The body of a form with one file."""
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{filename}"\r\n'
    file = f"{head}content-type: application/jsonl\r\n\r\n".encode() + content + b"\r\n"
    return b"".join([*parts, file, f"--{boundary}--\r\n".encode()])


def _now_s() -> float:
    return asyncio.get_running_loop().time()
