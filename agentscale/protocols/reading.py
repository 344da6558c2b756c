"""Reads what steers a team out of texts: verdicts, and the fields of a controller. What says nothing steers nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from agentscale.schema.calls import (
    DECISION_MARK,
    DIRECTION_MARK,
    REDO_MARK,
    SIZE_MARK,
    TOKENS_MARK,
    Reply,
)

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Steering:
    """What a controller wants of the next turn; every field has an effect."""

    stops: bool
    size: int
    """Members that take part, the solver included."""
    max_tokens: int
    """The cap on every member's answer."""
    direction: str
    """What members are told."""


def steering_of(reply: Reply, usual: Steering, caps: Sequence[int]) -> Steering:
    """What a controller's text says, and what is usual where it says nothing that can be read.

    Args:
        reply: The controller's.
        usual: What holds otherwise; its size is the largest.
        caps: The caps that may be chosen.
    """
    text = reply.text
    size, tokens = _number(text, SIZE_MARK), _number(text, TOKENS_MARK)
    return Steering(
        stops=(_line(text, DECISION_MARK) or "").lower().startswith("stop"),
        size=size if size is not None and 1 <= size <= usual.size else usual.size,
        max_tokens=tokens if tokens is not None and tokens in caps else usual.max_tokens,
        direction=_line(text, DIRECTION_MARK) or "",
    )


def redo_of(text: str, names: Sequence[Choice]) -> Choice | None:
    """Which of the names a text sends the work back to; ``None`` where it names none of them."""
    wanted = (_line(text, REDO_MARK) or "").strip(" .").lower()
    return next((name for name in names if str(name).lower() == wanted), None)


def _number(text: str, mark: str) -> int | None:
    found = re.match(r"\d{1,9}(?!\d)", _line(text, mark) or "")
    return int(found[0]) if found else None


def _line(text: str, mark: str) -> str | None:
    """What stands behind the last mark, up to the end of its line; without stars and blanks around it."""
    found = re.findall(rf"{re.escape(mark)}[ \t*_]*(.*)", text, re.IGNORECASE)
    return found[-1].strip(" \t*_") if found else None
