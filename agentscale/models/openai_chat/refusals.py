"""What a server's refusal says of one parameter: that it has another name, or is not taken. Pure reading.

Only wording that means *not at all* counts. A value out of range, a schema with a fault, other values to choose: these
are the user's to mend, since to leave the parameter out would change what is asked without need. (Roles and forms of
structured output are ours to choose from such a list.) The cap on tokens is never left out, for a call without it may
cost anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from agentscale.errors import EndpointError
from agentscale.models.openai_chat.spelling import Spelt
from agentscale.schema.profile import Parameter

_STATUSES = (400, 422)
"""With which a body is refused."""

_MESSAGE_CHARS = 1000
"""Characters of a message that are read: validators go on to quote the whole request."""

_NOT_AT_ALL = re.compile(
    r"unsupported|(?:not|n't) (?:be )?support|unrecogni[sz]ed|unknown (?:name|field|parameter|argument|key|variant)"
    r"|unexpected|extra (?:inputs|fields)|extra_forbidden|value_error\.extra|not permitted|cannot find field"
    r"|unavailable|only (?:the )?(?:default|user)|supported values are|must be one of",
    re.IGNORECASE,
)
_OTHER_VALUES = re.compile(r"supported values are|expected (?:one of|`)|must be one of", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:system|developer)\b.{0,20}\b(?:role|message|prompt|instruction)s?\b"
    r"|\brole\b.{0,40}\b(?:system|developer)\b|\bmessage role\b|\broles? (?:are|is) supported",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(
    r"(?:not|n't) (?:be )?support(?:ed|s)? (?:\w+ )?(?:tools?|functions?)\b"
    r"|\b(?:tools?|functions?)\b(?: \w+){0,3} (?:is|are) (?:not|un)\s?(?:supported|available)"
    r"|\btools?\b.{0,40}\brequires? --",
    re.IGNORECASE,
)
"""Words of servers whose model, or whose settings, know no functions."""
_SPEAKERS = ("developer", "system", "user")
_TOKENS = ("max_tokens", "max_completion_tokens")


class Change(NamedTuple):
    """What is to be spelt otherwise."""

    parameter: Parameter | Literal["system"]
    to: str | None
    """The other name or form; ``None`` to leave it out."""
    because: str
    """The server's words."""


def change_of(error: EndpointError, spelt: Spelt) -> Change | None:
    """What a refusal teaches about the request that it refused; ``None`` where it teaches nothing.

    Args:
        error: The refusal.
        spelt: The request as it was sent; only what it holds can be refused.
    """
    if error.status not in _STATUSES or not error.said:
        return None
    words = _Words.read(error.said)
    if "tools" in spelt.names and _NO_TOOLS.search(words.message):
        return Change("tools", "text", words.message)
    if not _NOT_AT_ALL.search(words.text):
        return None
    if spelt.speaker not in (None, "user") and words.mentions_role():
        return Change("system", _SPEAKERS[_SPEAKERS.index(str(spelt.speaker)) + 1], words.message)
    parameter = words.parameter(spelt)
    if parameter is None:
        return None
    if parameter == "json_schema":
        return _other_form(words, spelt)
    if _OTHER_VALUES.search(words.text):
        return None
    return _other_cap(words, spelt) if parameter == "max_tokens" else Change(parameter, None, words.message)


def _other_form(words: _Words, spelt: Spelt) -> Change | None:
    if "invalid schema" in words.text.lower():
        return None
    return Change("json_schema", "json_object" if spelt.structured == "json_schema" else None, words.message)


def _other_cap(words: _Words, spelt: Spelt) -> Change | None:
    other = next((name for name in _TOKENS if name != spelt.names["max_tokens"]), None)
    return None if other is None else Change("max_tokens", other, words.message)


class _Words(NamedTuple):
    """A refusal in its parts."""

    message: str
    """What is said to people."""
    pointers: tuple[str, ...]
    """What programs are pointed to: ``param``, or the end of pydantic's ``loc``."""
    text: str
    """The message with the codes beside it."""

    @classmethod
    def read(cls, said: str) -> _Words:
        """The parts of a refusal's body, whatever its form."""
        try:
            leaves = list(_leaves(json.loads(said), ""))
        except (ValueError, RecursionError):
            leaves = []
        told = "; ".join(value for key, value in leaves if key in ("message", "msg", "error", "detail"))
        message = (told or said)[:_MESSAGE_CHARS]
        codes = (value for key, value in leaves if key in ("code", "type"))
        pointers = tuple(value for key, value in leaves if key in ("param", "loc"))
        return cls(message, pointers, " ".join([message, *codes]))

    def mentions_role(self) -> bool:
        """Whether it is about who speaks."""
        pointed = any(re.fullmatch(r"messages?\b.*\brole", pointer) for pointer in self.pointers)
        return pointed or bool(_ROLE.search(self.message))

    def parameter(self, spelt: Spelt) -> Parameter | None:
        """The parameter that is pointed to, else the one that is named first."""
        for parameter, name in spelt.names.items():
            if any(re.split(r"[.\[]", pointer)[0] == name for pointer in self.pointers):
                return parameter
        found = [(place, parameter) for parameter, name in spelt.names.items() if (place := self._place(name)) >= 0]
        return min(found)[1] if found else None

    def _place(self, name: str) -> int:
        camel = re.sub(r"_(.)", lambda letter: letter[1].upper(), name)
        named = re.search(rf"(?<!\w)(?:{name}|{camel})(?!\w)", self.message)
        return named.start() if named else -1


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Texts of a JSON value with the key above them; of a list under ``loc`` only the last, which is the field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value[-1:] if key == "loc" else value:
            yield from _leaves(inner, key)
    elif isinstance(value, str):
        yield key, value
