"""A reply's bytes become an object or a named trouble. Pure: no socket, no clock, no key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A longer body is refused."""

SAID_CHARS = 4096
"""Characters of a refusal that are kept for whoever can read what was refused; a message shows fewer."""

EXCERPT_CHARS = 200
"""Characters of a body that a message shows."""

Kind = Literal["connection", "timeout", "rate_limit", "auth", "refused", "server", "redirect", "too_large", "malformed"]
"""The classes of fault, as `EndpointError.kind` names them and as the recording keeps them."""

_ALLOWED: dict[Kind, str] = {
    "connection": "a complete HTTP answer",
    "timeout": "an answer in time",
    "too_large": f"a body of at most {MAX_BODY_BYTES // 2**20} MiB",
    "malformed": "a JSON object of the OpenAI API",
}

_REMEDY: dict[Kind, str] = {
    "connection": "check that the server runs and that base_url leads to it",
    "timeout": "raise timeout_s, or lower max_in_flight where the server is busy",
    "rate_limit": "lower max_in_flight, or raise max_retries",
    "auth": "check that api_key_env names the variable with this endpoint's key, and that the key is valid",
    "refused": "the server refuses the request itself: check base_url, the model's name and its sampling",
    "server": "look into the server's log, or lower max_in_flight",
    "redirect": "put the address where the server really is under base_url; redirects are not followed",
    "too_large": "check that base_url leads to a chat API, and lower max_tokens",
    "malformed": "check that base_url leads to an OpenAI-compatible API; most end in /v1",
}


@dataclass(frozen=True)
class Trouble:
    """Why a request has no usable answer."""

    kind: Kind
    got: str
    """What was got, in one clause, without secrets."""
    status: int | None = None
    retry_after_s: float | None = None
    """The wait that the endpoint asks for, in seconds."""
    said: str = ""
    """The body of a refusal, without secrets and cut."""

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later: 408, 429, 5xx and connection faults."""
        return self.kind in ("connection", "rate_limit", "server")

    @property
    def text(self) -> str:
        """What was got, what is allowed, and the remedy."""
        allowed = _ALLOWED.get(self.kind, "status 200 with a JSON object")
        return f"got {self.got}; allowed: {allowed}; {_REMEDY[self.kind]}"


def kind_of(status: int) -> Kind:
    """The class of fault of an HTTP status outside 2xx. 408 is the server's: it gave up and may be asked again."""
    if status == 429:
        return "rate_limit"
    if status >= 500 or status == 408:
        return "server"
    if status in (401, 403, 407):
        return "auth"
    return "redirect" if 300 <= status < 400 else "refused"


def printable(text: str) -> str:
    """``text`` with its control characters escaped, so that no server steers a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def excerpt(text: str) -> str:
    """The first 200 characters of ``text`` in quotes, control characters escaped."""
    return f"'{printable(text[:EXCERPT_CHARS])}'" + (" …" if len(text) > EXCERPT_CHARS else "")


def parse_object(body: bytes) -> dict[str, Any] | str:
    """The JSON object of a body, or what is wrong with it."""
    if not body:
        return "an empty body"
    try:
        data = json.loads(body)
    except RecursionError:
        return "JSON that is nested too deeply"
    except ValueError as error:
        # A decoder's message may quote bytes; the position is all that helps.
        place = f" (fault at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        return f"a body that is not JSON{place}"
    return data if isinstance(data, dict) else f"JSON that is no object but {_json_name(data)}"


def _json_name(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return names.get(type(value), "null")
