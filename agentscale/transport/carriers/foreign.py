"""A carrier over any transport under httpx's interface, such as ``httpx.MockTransport``.

The client layer of httpx is left out: it costs more than the rest of a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from agentscale.transport.address import Address
from agentscale.transport.carriers.base import Faulty, Undecodable, in_pieces

HEADER_ENCODING = "iso-8859-1"
"""Said aloud, since httpx otherwise tries every header of every request to find it out."""

_FAULTS = (httpx.TransportError, httpx.StreamError, OSError)


class HttpxAnswer:
    """An answer of httpx's."""

    is_whole = False

    def __init__(self, response: httpx.Response) -> None:
        response.headers.encoding = HEADER_ENCODING
        self._response = response
        self._pieces = response.aiter_bytes()
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def piece(self) -> bytes:
        """The next piece of the body."""
        try:
            return await anext(self._pieces, b"")
        except httpx.DecodingError:
            raise Undecodable from None
        except _FAULTS as fault:
            raise _faulty(fault) from None

    async def aclose(self) -> None:
        """Hand the connection back to its transport."""
        await self._response.aclose()


class HttpxCarrier:
    """Carries requests over a transport that was passed in.

    Args:
        address: The endpoint.
        headers: Of every request.
        connect_s: Seconds for one connection to be made, told to the transport.
        transport: Under httpx's interface; it is closed with the carrier.
    """

    def __init__(
        self, address: Address, headers: Mapping[str, str], connect_s: float, transport: httpx.AsyncBaseTransport
    ) -> None:
        self._address = address
        self._headers = dict(headers)
        self._transport = transport
        self._extensions = {"timeout": {"connect": connect_s, "read": None, "write": None, "pool": None}}

    async def send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> HttpxAnswer:
        """As `Carrier.send`."""
        fields = {**self._headers, **headers}
        body: dict[str, Any] = {"content": content}
        if content is not None and (pieces := in_pieces(content)) is not None:
            fields["content-length"] = str(len(content))
            body = {"content": pieces}
        request = httpx.Request(method, self._address.url(path), headers=fields, extensions=self._extensions, **body)
        request.headers.encoding = HEADER_ENCODING
        try:
            return HttpxAnswer(await self._transport.handle_async_request(request))
        except _FAULTS as fault:
            raise _faulty(fault) from None

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


def _faulty(fault: BaseException) -> Faulty:
    return Faulty(f"{type(fault).__name__}: {fault}")
