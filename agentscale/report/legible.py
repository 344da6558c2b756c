r"""Text of strangers made safe to read: nothing hidden, nothing that escapes its place.

Models write anything: terminal escapes, marks that turn the line around, halves of characters. What cannot be seen is
written as a Python escape (``\x1b``, ``\u202e``, ``\ud800``), so that the page shows what was really said. Escaping
for HTML is the template's work, and happens after this.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_JSON_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def visible(text: str) -> str:
    """``text`` with every control, direction mark, tag and lone surrogate as an escape; breaks and tabs stay."""
    if text.isprintable():  # nearly every name and answer
        return text
    return _UNSEEN.sub(lambda match: ascii(match.group())[1:-1], text.replace("\r\n", "\n"))


def plain(value: Any) -> Any:
    """A value fit for a chart's or script's JSON: texts visible, undefined and infinite numbers ``None``.

    Args:
        value: A scalar, or mappings and sequences of them to any depth.
    """
    match value:
        case str():
            return visible(value)
        case dict():
            return {visible(str(key)): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def unbounded(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table with the sign ∞ in place of what has no bound, which is not the same as undefined."""
    return [{name: _sign(value) for name, value in row.items()} for row in rows]


def _sign(value: Any) -> Any:
    return ("∞" if value > 0 else "−∞") if isinstance(value, float) and math.isinf(value) else value


def embedded(value: Any) -> Markup:
    """``value`` as JSON for a ``<script type="application/json">``: no character in it can end the script."""
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_JSON_ESCAPES))
