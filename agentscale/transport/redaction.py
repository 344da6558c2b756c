"""Cuts secrets out of what a server says, however it spells them: plain, or escaped for JSON or a URL, repeatedly.

A server that quotes a request within JSON within JSON escapes a key's signs twice; only letters and digits stay. So a
secret is looked for sign by sign, and quickly passed over where not even its longest run of letters and digits is
there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

HIDDEN = "***"
"""What stands in the place of a secret."""

SHORTEST_SECRET_CHARS = 4
"""A shorter text hides nothing, and would be cut out of every word."""

PLACEHOLDER_CHARS = 16
"""A shorter key is a placeholder such as ``EMPTY``: the same letters in a model's answer are that answer's own."""

_ESCAPES = r"(?:\\|%(?:25){0,3}5[cC]){1,8}"
"""As many backslashes as three rounds of JSON make of one, and no endless run of them; in a URL they are ``%5C``."""


class Redactor:
    """Knows the secrets of one endpoint.

    Args:
        secrets: The secrets as they are sent.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET_CHARS}, key=_longest)
        self._long = [secret for secret in self._secrets if len(secret) >= PLACEHOLDER_CHARS]
        self._cores = [max(re.findall(r"[A-Za-z0-9]*", secret), key=len).encode() for secret in self._long]

    def text(self, text: str) -> str:
        """``text`` without any secret."""
        return self._every.sub(HIDDEN, text) if self._secrets else text

    def body(self, body: bytes) -> bytes:
        """The body of a good answer without any secret that is long enough to be one."""
        if any(core in body for core in self._cores) or (self._long and rb"\u00" in body):
            return self._every_long.sub(HIDDEN.encode(), body)
        return body

    @cached_property
    def _every(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_spelt, self._secrets)))

    @cached_property
    def _every_long(self) -> re.Pattern[bytes]:
        return re.compile("|".join(map(_spelt, self._long)).encode())


def _longest(secret: str) -> tuple[int, str]:
    return -len(secret), secret


def _spelt(secret: str) -> str:
    """A pattern of all spellings of a secret."""
    return "".join(map(_sign, secret))


def _sign(char: str) -> str:
    r"""A pattern of one sign: itself, behind backslashes where it is escaped, ``\u002f``, ``%2F``, ``%252F``."""
    code = rf"{_ESCAPES}u(?i:{ord(char):04x})"
    if char.isascii() and char.isalnum():
        return f"(?:{char}|{code})"
    if char == "\\":
        return f"(?:{code}|{_ESCAPES})"
    percent = "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in char.encode())
    # A percent sign that is escaped begins with itself: the longer spelling is tried first.
    return f"(?:{code}|(?:{_ESCAPES})?(?:(?i:{percent})|{re.escape(char)}))"
