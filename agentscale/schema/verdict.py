"""A verdict as agents are asked for it: one line behind its mark."""

from __future__ import annotations

import re

from agentscale.schema.calls import VERDICT_MARK

_VERDICT = re.compile(rf"{re.escape(VERDICT_MARK)}[ \t*_\"]*(correct|incorrect)\b", re.IGNORECASE)


def verdict_of(text: str) -> bool | None:
    """Whether the last verdict of a text is that something is right; ``None`` where it gives none."""
    found = _VERDICT.findall(text)
    return found[-1].lower() == "correct" if found else None
