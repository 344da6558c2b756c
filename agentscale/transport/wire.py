"""One exchange of bytes: a request goes out, and its answer is read to its end, within its deadlines and its cap."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentscale.transport.address import Address
from agentscale.transport.carriers import Answer, Carrier, Faulty, Undecodable
from agentscale.transport.events import EventReader
from agentscale.transport.holding import Holding, Share, too_large
from agentscale.transport.reading import MAX_BODY_BYTES, Kind, Trouble
from agentscale.transport.watch import Overdue, Watch

if TYPE_CHECKING:
    import httpx

TAIL_S = 0.2
"""Seconds for a connection to end after its stream did; one that stays open longer is closed, not used again."""


class Reply(NamedTuple):
    """An HTTP answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    events: EventReader | None = None
    """What was read in place of the body, where the answer is a stream of events."""


class Wire:
    """Exchanges bytes with one endpoint.

    Args:
        address: The endpoint.
        transport: Another transport under httpx's interface, such as ``httpx.MockTransport``; aiohttp by default.
    """

    def __init__(self, address: Address, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._address = address
        self._carrier = _carrier(address, transport)
        self._holding = Holding()

    async def exchange(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], *, streamed: bool = False
    ) -> Reply | Trouble:
        """Send one request and read its answer.

        Args:
            method: Such as ``POST``.
            path: Below the base URL.
            content: The body.
            headers: Further headers.
            streamed: Whether a good answer is a stream of events, unless it says that it is JSON.

        Returns:
            The reply whatever its status, or the trouble: a connection fault, silence, lateness, a body above the cap.
        """
        address, share = self._address, self._holding.share()
        try:
            async with Watch(address.timeout_s, "complete answer") as watch:
                if address.first_byte_timeout_s is not None:
                    watch.within(address.first_byte_timeout_s, "beginning of an answer")
                answer = await self._carrier.send(method, path, content, headers)
                try:
                    if streamed and _is_stream(answer):
                        return await self._read_events(answer, watch, share)
                    return await self._read(answer, watch, share)
                finally:
                    share.give_back()
                    await answer.aclose()
        except Overdue as overdue:
            return _late(overdue)
        except Undecodable:
            return Trouble("malformed", "a body that its own Content-Encoding cannot decode")
        except Faulty as fault:
            return Trouble("connection", f"a connection fault ({fault})")

    async def aclose(self) -> None:
        """Close every connection, and let the loop see them closed."""
        await self._carrier.aclose()
        await asyncio.sleep(0)

    async def _read(self, answer: Answer, watch: Watch, share: Share) -> Reply | Trouble:
        """The body, or trouble as soon as it is known to be above the cap, so that no more of it is ever held."""
        length = answer.headers.get("content-length", "")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            return too_large(answer.status)
        pieces: list[bytes] = []
        while True:
            if not answer.is_whole:
                watch.within(self._address.idle_timeout_s, "further piece of the answer")
            piece = await answer.piece()
            if not piece:
                return Reply(answer.status, answer.headers, pieces[0] if len(pieces) == 1 else b"".join(pieces))
            if (excess := share.take(len(piece), answer.status)) is not None:
                return excess
            pieces.append(piece)

    async def _read_events(self, answer: Answer, watch: Watch, share: Share) -> Reply | Trouble:
        """The events until the one that ends the stream. The first may take as long as an answer may to begin."""
        reader = EventReader()
        while not reader.ended:
            piece = await answer.piece()
            if not piece:
                got = f"a stream that broke off after {len(reader.events)} events"
                return Trouble("connection", got, answer.status)
            if (excess := share.take(len(piece), answer.status)) is not None:
                return excess
            if reader.feed(piece):
                watch.within(self._address.idle_timeout_s, "further event")
        await _see_end(answer)
        return Reply(answer.status, answer.headers, b"", reader)


async def _see_end(answer: Answer) -> None:
    """Read what follows the last event, so that the connection may be used again. It cannot spoil the answer."""
    try:
        async with Watch(TAIL_S, "end of a stream"):
            while await answer.piece():
                pass
    except (Overdue, Faulty, Undecodable):
        return


def _is_stream(answer: Answer) -> bool:
    return 200 <= answer.status < 300 and "json" not in answer.headers.get("content-type", "")


def _late(overdue: Overdue) -> Trouble:
    kinds: dict[str, Kind] = {"connection": "connection", "complete answer": "timeout"}
    return Trouble(kinds.get(overdue.what, "stalled"), f"no {overdue.what} within {overdue.seconds:g} s")


def _headers(address: Address) -> dict[str, str]:
    """The headers of every request. A compressed answer is not asked for: it saves nothing here."""
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "agentscale",
    }
    if address.key_header is not None:
        name, value = address.key_header
        headers[name] = value
    return headers


def _carrier(address: Address, transport: httpx.AsyncBaseTransport | None) -> Carrier:
    """The carrier; each library loads only where it is used."""
    headers = _headers(address)
    connect_s = min(address.connect_timeout_s, address.timeout_s)
    if transport is None:
        from agentscale.transport.carriers.straight import StraightCarrier

        return StraightCarrier(address, headers, connect_s)
    from agentscale.transport.carriers.foreign import HttpxCarrier

    return HttpxCarrier(address, headers, connect_s, transport)
