"""One exchange of bytes over an httpx transport: the only file that touches httpx and aiohttp.

The client layer of httpx is left out (it costs more than the rest of a call), and aiohttp's transport stands under the
interface, since httpx's own pool scans all connections for each connection and collapses near a hundred of them.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from agentscale.transport.address import Address
from agentscale.transport.reading import MAX_BODY_BYTES, Trouble

CONNECT_S = 30.0
"""Seconds for one connection to be made; long, since a busy loop also delays the news that it was made."""

IDLE_S = 4.0
"""Seconds that an unused connection is kept: less than the five after which common servers drop it."""

PIECE_BYTES = 256 * 1024
"""A longer body is sent in pieces of this size."""

HEADER_ENCODING = "iso-8859-1"
"""Said aloud, since httpx otherwise tries every header of every request to find it out."""

_FAULTS = (httpx.TransportError, httpx.StreamError, aiohttp.ClientError, OSError)
"""What a broken connection raises: httpx-aiohttp lets some of aiohttp's own errors through."""


class Reply(NamedTuple):
    """An HTTP answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Exchanges bytes with one endpoint.

    Args:
        address: The endpoint.
        transport: Another transport under httpx's interface, such as ``httpx.MockTransport``; aiohttp's by default.
    """

    def __init__(self, address: Address, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._address = address
        self._transport = default_transport(address) if transport is None else transport
        self._urls: dict[str, httpx.URL] = {}
        self._headers = _headers(address.key_header)
        connect_s = min(CONNECT_S, address.timeout_s)
        self._extensions = {"timeout": {"connect": connect_s, "read": None, "write": None, "pool": None}}

    async def exchange(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Reply | Trouble:
        """Send one request and read its answer, within the endpoint's ``timeout_s`` in all.

        Returns:
            The reply whatever its status, or the trouble: a connection fault, a timeout, a body above the cap.
        """
        request = self._request(method, path, content, headers)
        try:
            async with asyncio.timeout(self._address.timeout_s) as deadline:
                return await self._exchange(request)
        except TimeoutError:
            if deadline.expired():
                return Trouble("timeout", f"no complete answer within {self._address.timeout_s:g} s")
            return Trouble("connection", "a connection that timed out")
        except httpx.DecodingError:
            return Trouble("malformed", "a body that its own Content-Encoding cannot decode")
        except _FAULTS as fault:
            return Trouble("connection", _named(fault))

    def _request(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Request:
        fields = [*self._headers, *((name.encode(), value.encode()) for name, value in headers.items())]
        body: dict[str, Any] = {"content": content}
        if content is not None and len(content) > PIECE_BYTES:
            fields.append((b"content-length", str(len(content)).encode()))
            body = {"stream": _Pieces(content)}
        request = httpx.Request(method, self._url(path), headers=fields, extensions=self._extensions, **body)
        request.headers.encoding = HEADER_ENCODING
        return request

    async def _exchange(self, request: httpx.Request) -> Reply | Trouble:
        response = await self._transport.handle_async_request(request)
        response.headers.encoding = HEADER_ENCODING
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        if body is None:
            return Trouble("too_large", f"a body of more than {MAX_BODY_BYTES} bytes", response.status_code)
        return Reply(response.status_code, response.headers, body)

    def _url(self, path: str) -> httpx.URL:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = httpx.URL(self._address.url(path))
        return url

    async def aclose(self) -> None:
        """Close every connection, and let the loop see them closed."""
        await self._transport.aclose()
        await asyncio.sleep(0)


class _Pieces(httpx.AsyncByteStream):
    """A long body handed over in pieces: in one, aiohttp would hold up the loop, and says so in a warning."""

    def __init__(self, content: bytes) -> None:
        self._content = memoryview(content)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), PIECE_BYTES):
            yield bytes(self._content[start : start + PIECE_BYTES])


def _headers(key_header: tuple[str, str] | None) -> list[tuple[bytes, bytes]]:
    """The headers of every request, ready as bytes. A compressed answer is not asked for: it saves nothing here."""
    headers = [
        (b"content-type", b"application/json"),
        (b"accept", b"application/json"),
        (b"accept-encoding", b"identity"),
        (b"user-agent", b"agentscale"),
    ]
    if key_header is None:
        return headers
    name, value = key_header
    return [*headers, (name.encode("ascii"), value.encode("ascii"))]


async def _read(response: httpx.Response) -> bytes | None:
    """The body, or ``None`` as soon as it is known to be above the cap, so that no more of it is ever held."""
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in _chunks(response):
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _chunks(response: httpx.Response) -> AsyncIterable[bytes]:
    """The body in pieces: straight from the stream, which costs a third, unless it has to be decompressed."""
    if isinstance(response.stream, httpx.AsyncByteStream) and "content-encoding" not in response.headers:
        return response.stream
    return response.aiter_bytes()


def _named(fault: BaseException) -> str:
    """A fault in words. The name under httpx's is the truer one: it calls a dropped connection a connect timeout."""
    cause = fault.__cause__ if isinstance(fault.__cause__, aiohttp.ClientError | OSError) else fault
    return f"a connection fault ({type(cause).__name__}: {cause})"


def default_transport(address: Address) -> httpx.AsyncBaseTransport:
    """The transport of aiohttp under httpx's interface. Its pool never queues: the client's gate is the only queue."""
    context = _tls(address)
    proxy = _proxy(address)

    def session() -> aiohttp.ClientSession:
        # Called within the running loop, on the first request. No cookie outlives its reply, no netrc is read.
        limit = 2 * address.max_in_flight + 100
        connector = aiohttp.TCPConnector(limit=limit, ssl=context, keepalive_timeout=IDLE_S)
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
        )

    return AiohttpTransport(verify=context, client=session, proxy=proxy)


def _tls(address: Address) -> ssl.SSLContext:
    """A context that verifies. For plain HTTP it trusts nobody, which is quick to make and never used."""
    if urlsplit(address.base_url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context(trust_env=not address.is_loopback)


def _proxy(address: Address) -> httpx.Proxy | None:
    """The proxy that the environment names for this host; none for loopback."""
    parts = urlsplit(address.base_url)
    if address.is_loopback or proxy_bypass(parts.hostname or ""):
        return None
    found = getproxies()
    url = found.get(parts.scheme) or found.get("all")
    return httpx.Proxy(url) if url else None
