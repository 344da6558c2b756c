"""Reads a short text that is known to be the answer and nothing else: in a box, or the value of a field."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, REFUSED, Found
from agentscale.scoring.cleaning import plain
from agentscale.scoring.expressions import expression_in
from agentscale.scoring.extractors.marked_choice import marked_choice
from agentscale.scoring.extractors.marked_number import marked_number
from agentscale.scoring.texts import canonical_text, declines


def stated(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found:
    """What a short text says; ``NO_ANSWER`` where that is no answer of the kind."""
    line = plain(text).strip()
    if kind == "choice":
        return marked_choice(line, choices, strict=True) or NO_ANSWER
    if kind == "number":
        return marked_number(line, strict=True) or NO_ANSWER
    if kind == "text":
        return free_text(text)
    found = expression_in(text)
    return (marked_number(line, strict=True) or NO_ANSWER) if found is None else Found(found)


def free_text(text: str) -> Found:
    """The text in its canonical form; ``REFUSED`` where it declines to answer."""
    if declines(plain(text).strip()):
        return REFUSED
    found = canonical_text(text)
    given = text.strip()
    return Found(found, given=given if given != found else None) if found else NO_ANSWER
