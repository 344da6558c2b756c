"""The option that is written out in place of its letter."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import Extractor, Found
from agentscale.scoring.letters import option_named
from agentscale.scoring.marks import after_marks


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The one option that reads exactly like the text after the last mark, or like its last line."""
    rest = after_marks(text).strip()
    letter = option_named(rest, choices) or option_named(rest.rpartition("\n")[2], choices)
    return None if letter is None else Found(letter)


OPTION_TEXT = Extractor("option_text", 1, {"choice": "plain"}, _find)
