"""A free text as a whole, for answers that have no mark."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.extractors.stated import free_text
from agentscale.scoring.marks import is_left_open


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The text, unless it announces an answer that does not follow."""
    return NO_ANSWER if is_left_open(text) else free_text(text)


WHOLE_TEXT = Extractor("whole_text", 1, {"text": "plain"}, _find)
