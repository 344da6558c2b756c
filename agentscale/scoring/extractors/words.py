"""All that was said, sign by sign, for worlds, which read it themselves."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The text without spaces around it; no answer where nothing is left."""
    said = text.strip()
    return Found(said) if said else NO_ANSWER


WORDS = Extractor("words", 1, {"world": "raw"}, _find)
