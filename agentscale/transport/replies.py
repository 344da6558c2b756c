"""A reply becomes objects or a trouble. Here alone does what a server wrote meet a message, and loses the key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from agentscale.transport.address import Address
from agentscale.transport.hints import asked_wait_s
from agentscale.transport.reading import SAID_CHARS, Trouble, error_in, excerpt, kind_of, parse_object, printable

if TYPE_CHECKING:
    from agentscale.transport.wire import Reply


class ReplyReader:
    """Reads the replies of one endpoint.

    Args:
        address: The endpoint, for the secrets that no message may hold.
    """

    def __init__(self, address: Address) -> None:
        self._address = address

    def object(self, reply: Reply) -> dict[str, Any] | Trouble:
        """The JSON object of a reply, or its trouble."""
        if not 200 <= reply.status < 300:
            return self._refusal(reply)
        return self._parsed(reply.body, reply.status)

    def text(self, reply: Reply) -> str | Trouble:
        """The text of a reply, or its trouble."""
        if not 200 <= reply.status < 300:
            return self._refusal(reply)
        return self._address.redact_answer(reply.body).decode("utf-8", "replace")

    def objects(self, reply: Reply) -> list[dict[str, Any]] | Trouble:
        """The JSON objects of a stream of events, or its trouble; a reply that is no stream is its own only event."""
        if reply.events is None:
            only = self.object(reply)
            return only if isinstance(only, Trouble) else [only]
        objects: list[dict[str, Any]] = []
        for event in reply.events.events:
            data = self._parsed(event, reply.status)
            if isinstance(data, Trouble):
                return data
            if (error := error_in(data)) is not None:
                got = f"an error within the stream, {self._shown(event)}"
                return Trouble(error, got, reply.status)
            objects.append(data)
        return objects

    def cleaned(self, trouble: Trouble) -> Trouble:
        """A trouble of the connection without what may not be shown of it."""
        return Trouble(trouble.kind, printable(self._address.redact(trouble.got)), trouble.status)

    def shown(self, text: str) -> str:
        """The beginning of a text of the server's, as messages show it."""
        # Redacted before it is cut: a key across the cut would leave half of itself behind.
        return excerpt(self._address.redact(text))

    def _parsed(self, body: bytes, status: int) -> dict[str, Any] | Trouble:
        data = parse_object(self._address.redact_answer(body))
        if not isinstance(data, str):
            return data
        return Trouble("malformed", f"{data}: {self._shown(body)}" if body else data, status)

    def _refusal(self, reply: Reply) -> Trouble:
        got = f"HTTP {reply.status}"
        if "location" in reply.headers and 300 <= reply.status < 400:
            got += f" to {self.shown(reply.headers['location'])}"
        got += f" with the body {self._shown(reply.body)}" if reply.body else " with an empty body"
        wait_s = asked_wait_s(reply.headers, time.time())
        said = self._address.redact(reply.body.decode("utf-8", "replace"))[:SAID_CHARS]
        return Trouble(kind_of(reply.status), got, reply.status, wait_s, said)

    def _shown(self, body: bytes) -> str:
        return self.shown(body.decode("utf-8", "replace"))
