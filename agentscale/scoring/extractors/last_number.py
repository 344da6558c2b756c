"""The last number of a text that has no filled mark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.marks import after_marks
from agentscale.scoring.numbers import canonical, is_operand, numbers

_NUMBERING = re.compile(r"^[ #-]{0,8}(?:[0-9]{1,2}[.)](?= +[^ \n])|step [0-9]{1,2}\b)", re.IGNORECASE | re.MULTILINE)


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The last number after the last mark, unless it is an operand that nobody worked out or no sound number."""
    rest = _NUMBERING.sub(" ", after_marks(text))
    found = list(numbers(rest))
    if not found:
        return None
    last = found[-1]
    sound = last.value is not None and not is_operand(rest, found, len(found) - 1)
    return Found(canonical(last.value)) if sound and last.value is not None else NO_ANSWER


LAST_NUMBER = Extractor("last_number", 1, {"number": "plain", "math": "plain"}, _find)
