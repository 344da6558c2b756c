"""Reads the expression that a mark announces."""

from __future__ import annotations

from agentscale.scoring.base import Found
from agentscale.scoring.cleaning import plain
from agentscale.scoring.expressions import boxes, expression, expression_in
from agentscale.scoring.extractors.marked_number import marked_number

_DISPLAYS = (("\\[", "\\]"), ("$$", "$$"))


def marked_math(rest: str, *, strict: bool) -> Found | None:
    """The expression that stands after a mark: in a box, in a display of several lines, or on the line itself.

    Args:
        rest: What follows the mark, without what leads up to the answer.
        strict: The line holds the answer or none: take a number with a word beside it, such as ``12 apples``.

    Returns:
        The expression; ``NO_ANSWER`` or ``None`` where none can be read.
    """
    line = _first(rest)
    boxed = boxes(line)
    found = expression(boxed[0]) if len(boxed) == 1 else None if boxed else expression_in(line)
    if found is not None:
        return Found(found)
    return marked_number(plain(line), strict=True) if strict and not boxed else None


def _first(rest: str) -> str:
    """The first line, or the display with which the text begins."""
    for opening, closing in _DISPLAYS:
        inner, closed, _ = rest.removeprefix(opening).partition(closing)
        if rest.startswith(opening) and closed and inner.strip():
            return " ".join(inner.split())
    return rest.partition("\n")[0].strip()
