"""Reads the number that a mark announces."""

from __future__ import annotations

import re

from agentscale.scoring.base import NO_ANSWER, Found
from agentscale.scoring.numbers import canonical, numbers, only_number

_CLAUSE_END = re.compile(r"[(;]|[.!?](?: |$)| (?:for|because|since|is|are|was|were|which|that|where|when|if|as)\b")
_LEADS = re.compile(r"[\[( ]*-?[$€£¥]? ?-?\.?[0-9]")
_EQUATIONS = re.compile(r"[0-9][^=]{0,60}(?:[,;] | and | or )[^=]{0,60}=")
_DOUBTFUL = re.compile(r"-+ +[$€£¥]?[0-9]|[<>≤≥±]")


def marked_number(tail: str, *, strict: bool) -> Found | None:
    """The number that the line after a mark gives.

    ``6 - 1 = 5`` gives what stands after the last ``=``; ``18 dollars for 3 hats`` what stands before the subordinate
    part; ``3 or 4``, ``5 - 7``, ``18 dollars and 50 cents`` ``> 5`` and ``- 5`` (a sign or a dash?)
    give nothing.

    Args:
        tail: The line, without what leads up to the answer.
        strict: The line holds the answer or none: take a number that stands further on, if it is the only one.

    Returns:
        The number, ``NO_ANSWER`` where the answer stands there and cannot be told, or ``None`` where nothing of the
        kind stands there.
    """
    leads = _LEADS.match(tail) is not None
    if _DOUBTFUL.match(tail):
        return NO_ANSWER
    if not leads and not strict:
        return None
    opened = tail.lstrip("[( ")
    value = _result(_clause(opened) if leads else opened)
    return NO_ANSWER if value is None else Found(value)


def _clause(text: str) -> str:
    end = _CLAUSE_END.search(text)
    return text if end is None else text[: end.start()]


def _result(clause: str) -> str | None:
    if _EQUATIONS.search(clause):
        return None
    before, equals, after = clause.rpartition("=")
    value = only_number(after)
    if value is None and equals and not any(True for _ in numbers(after)):
        value = only_number(before)
    return None if value is None else canonical(value)
