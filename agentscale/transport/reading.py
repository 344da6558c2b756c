"""A reply's bytes become an object or a named trouble. Pure: no socket, no clock, no key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A longer body is refused."""

MAX_HELD_BYTES = 256 * 1024 * 1024
"""More than this is not held of all bodies that are under way from one endpoint."""

SAID_CHARS = 4096
"""Characters of a refusal that are kept for whoever can read what was refused; a message shows fewer."""

EXCERPT_CHARS = 200
"""Characters of a body that a message shows."""

Kind = Literal[
    "connection",
    "stalled",
    "timeout",
    "rate_limit",
    "auth",
    "refused",
    "server",
    "redirect",
    "too_large",
    "overfull",
    "malformed",
    "circuit_open",
    "stopped",
]
"""The classes of fault, as `EndpointError.kind` names them and as the recording keeps them: all but the last."""

_ALLOWED: dict[Kind, str] = {
    "connection": "a complete HTTP answer",
    "stalled": "an answer that begins and goes on",
    "timeout": "an answer in time",
    "too_large": f"a body of at most {MAX_BODY_BYTES // 2**20} MiB",
    "overfull": f"answers under way of at most {MAX_HELD_BYTES // 2**20} MiB together",
    "malformed": "a JSON object of the OpenAI API",
    "circuit_open": "an endpoint that answers",
    "stopped": "requests until the client is stopped",
}

_REMEDY: dict[Kind, str] = {
    "connection": "check that the server runs and that base_url leads to it",
    "stalled": "check the server's health, or raise first_byte_timeout_s and idle_timeout_s where it needs the time",
    "timeout": "raise timeout_s, or lower max_in_flight where the server is busy",
    "rate_limit": "lower max_in_flight, or raise max_retries",
    "auth": "check that api_key_env names the variable with this endpoint's key, and that the key is valid",
    "refused": "the server refuses the request itself: check base_url, the model's name and its sampling",
    "server": "look into the server's log, or lower max_in_flight",
    "redirect": "put the address where the server really is under base_url; redirects are not followed",
    "too_large": "check that base_url leads to a chat API, and lower max_tokens",
    "overfull": "lower max_in_flight or max_tokens, and look at what the server sends",
    "malformed": "check that base_url leads to an OpenAI-compatible API; most end in /v1",
    "circuit_open": "see to the endpoint, then run the same command again",
    "stopped": "run the same command again: it goes on where it stopped",
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
    advice: str | None = None
    """The remedy, where it is not the one of the kind."""

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later: 408, 429, 5xx, connection faults, silence, too much at once."""
        return self.kind in ("connection", "stalled", "rate_limit", "server", "overfull")

    @property
    def crowded(self) -> bool:
        """Whether fewer requests at once might have been served: 429, 503, Anthropic's 529, silence, lateness, bulk."""
        return self.kind in ("rate_limit", "stalled", "timeout", "overfull") or self.status in (503, 529)

    @property
    def general(self) -> bool:
        """Whether the next call would probably meet the same, whatever it asks."""
        return self.kind in ("connection", "stalled", "timeout", "server")

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.advice or _REMEDY[self.kind]

    @property
    def text(self) -> str:
        """What was got, what is allowed, and the remedy."""
        allowed = _ALLOWED.get(self.kind, "status 200 with a JSON object")
        return f"got {self.got}; allowed: {allowed}; {self.remedy}"


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


def error_in(event: Mapping[str, Any]) -> Kind | None:
    """The class of the fault that an event of a stream tells of under ``error``; ``None`` where it tells of none."""
    error = event.get("error")
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return kind_of(code) if isinstance(code, int) and 400 <= code < 600 else "server"


def used_tokens(answer: object) -> int | None:
    """The tokens that an answer, or the last event of a stream that tells, says it used; ``None`` where none does."""
    parts = answer if isinstance(answer, list) else [answer]
    for part in reversed(parts):
        usage = part.get("usage") if isinstance(part, dict) else None
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        if isinstance(total, int) and total >= 0:
            return int(total)
    return None


def _json_name(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return names.get(type(value), "null")
