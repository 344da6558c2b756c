"""Who may look: a browser on this machine that was given the address, token included, and nobody else.

A page of a stranger can send its reader's browser to any port of this machine, and a name of the stranger's can point
there too. It does not know the token, and the host that its request names is not this one.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost")
"""What this machine may be called in a request."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says: to keep nothing, and to tell nobody the address."""


class Guarded:
    """An application whose paths begin with the token; all else is refused with a 403.

    Args:
        inner: The application.
        token: What an address has as its first part.
        port: The port that is served.
    """

    def __init__(self, inner: ASGIApp, token: str, port: int) -> None:
        self._inner, self._token = inner, token.encode()
        self._hosts = {f"{name}:{port}" for name in NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses."""
        if scope["type"] != "http":
            return
        reason = self._refusal(scope)
        answer = self._inner if reason is None else PlainTextResponse(f"{reason}\n", 403, HEADERS)
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        if Headers(scope=scope).get("host") not in self._hosts:
            return "this address is for programs of this machine, by its name 127.0.0.1"
        first = scope["path"].split("/")[1].encode("utf-8", "surrogateescape")
        if not secrets.compare_digest(first, self._token):
            return "open the whole address that `agentscale view` printed: its first part is the token"
        return None
