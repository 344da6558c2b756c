"""What stands behind the answer's mark as it is, for the steps of a chain: equal letter by letter or not equal."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import Extractor, Found
from agentscale.scoring.marks import final_marks, loose_marks


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The line behind the last mark: in upper case, spaces made one, without the stop at its end."""
    mark = next(final_marks(text), None) or next(loose_marks(text), None)
    return None if mark is None else Found(" ".join(mark.tail.upper().split()).rstrip(". "))


STEP = Extractor("step", 1, {"step": "plain"}, _find)
