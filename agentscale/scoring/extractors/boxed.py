r"""The answer in the last box of a text: ``\boxed{…}``."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.expressions import boxes, is_cut_off
from agentscale.scoring.extractors.stated import stated


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The last box decides, even if it cannot be read or never closes; empty ones are placeholders and do not count."""
    if is_cut_off(text):
        return NO_ANSWER
    filled = [box for box in boxes(text) if box.strip(" .$\\")]
    return stated(filled[-1], kind, choices) if filled else None


BOXED = Extractor("boxed", 1, dict.fromkeys(("choice", "number", "math", "text"), "signs"), _find)
