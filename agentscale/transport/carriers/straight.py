"""The default carrier: aiohttp, without a layer between. The only file that touches aiohttp.

Its pool never queues, since the client's gate is the only queue, and none of its own timeouts is on.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.client_proto import ResponseHandler

from agentscale.errors import SpecError
from agentscale.transport.address import Address, mask_url
from agentscale.transport.carriers.base import Faulty, Undecodable, in_pieces
from agentscale.transport.watch import Watch

IDLE_S = 4.0
"""Seconds that an unused connection is kept: less than the five after which common servers drop it."""

_FAULTS = (aiohttp.ClientError, OSError)
"""What a broken connection raises."""


class StraightAnswer:
    """An answer of aiohttp's."""

    __slots__ = ("_response", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    @property
    def is_whole(self) -> bool:
        """Whether the body has arrived to its end."""
        return bool(self._response.content.is_eof())

    async def piece(self) -> bytes:
        """The next piece of the body."""
        try:
            return await self._response.content.readany()
        except _FAULTS as fault:
            if "Can not decode content-encoding" in str(fault):
                raise Undecodable from None
            raise _faulty(fault) from None

    async def aclose(self) -> None:
        """Give the connection back, or close it where the body was not read to its end."""
        self._response.release()


class StraightCarrier:
    """Carries requests over aiohttp's own session, which is made on the first request, within the running loop.

    Args:
        address: The endpoint.
        headers: Of every request.
        connect_s: Seconds for one connection to be made.
    """

    def __init__(self, address: Address, headers: Mapping[str, str], connect_s: float) -> None:
        self.context = tls(address)
        self.proxy = proxy(address)
        self._address = address
        self._headers = dict(headers)
        self._connect_s = connect_s
        self._urls: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> StraightAnswer:
        """As `Carrier.send`."""
        fields = {**self._headers, **headers}
        data: Any = content
        if content is not None and (pieces := in_pieces(content)) is not None:
            # Without the length said beforehand, a body in pieces goes chunked, which some servers refuse.
            fields["content-length"] = str(len(content))
            data = pieces
        session = self._session or self._open()
        try:
            response = await session.request(
                method, self._url(path), headers=fields, data=data, allow_redirects=False, **self.proxy
            )
        except _FAULTS as fault:
            raise _faulty(fault) from None
        return StraightAnswer(response)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        # No cookie outlives its reply, no netrc is read, nobody queues for a connection.
        connector = _Connector(self._connect_s, limit=0, ssl=self.context, keepalive_timeout=IDLE_S)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None)
        )
        return self._session

    def _url(self, path: str) -> str:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = self._address.url(path)
        return url


class _Connector(aiohttp.TCPConnector):
    """Makes connections within a time that does not run while the loop is blocked."""

    def __init__(self, connect_s: float, **options: Any) -> None:
        super().__init__(**options)
        self._connect_s = connect_s

    async def _create_connection(self, *request: Any, **options: Any) -> ResponseHandler:
        async with Watch(self._connect_s, "connection"):
            return await super()._create_connection(*request, **options)


def _faulty(fault: BaseException) -> Faulty:
    return Faulty(f"{type(fault).__name__}: {fault}")


def tls(address: Address) -> ssl.SSLContext:
    """A context that verifies. For plain HTTP it trusts nobody, which is quick to make and never used."""
    if urlsplit(address.base_url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import httpx  # for the certificates that it brings and the variables that it honours

    return httpx.create_ssl_context(trust_env=not address.is_loopback)


def proxy(address: Address) -> dict[str, Any]:
    """The proxy that the environment names for this host, as arguments of aiohttp; none for loopback.

    Raises:
        SpecError: The environment names a proxy of a kind that cannot be used, such as SOCKS.
    """
    parts = urlsplit(address.base_url)
    if address.is_loopback or proxy_bypass(parts.hostname or ""):
        return {}
    found = getproxies()
    url = found.get(parts.scheme) or found.get("all")
    if not url:
        return {}
    where = urlsplit(url)
    if where.scheme not in ("http", "https"):
        raise SpecError(
            f"the environment names the proxy {mask_url(url)!r} for {address.shown}",
            allowed="an http:// or https:// proxy",
            remedy="set HTTPS_PROXY to such a proxy, or name the endpoint's host in NO_PROXY",
        )
    host = where.netloc.rpartition("@")[2]
    headers = {}
    if where.username is not None:
        credentials = f"{unquote(where.username)}:{unquote(where.password or '')}"
        headers["proxy-authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode('ascii')}"
    return {"proxy": f"{where.scheme}://{host}", "proxy_headers": headers}
