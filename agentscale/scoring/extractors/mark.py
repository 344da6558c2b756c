"""The answer at its mark: the last ``Final answer:`` that is filled, else the last ``answer:`` that leads to one."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.cleaning import plain
from agentscale.scoring.extractors.marked_choice import marked_choice
from agentscale.scoring.extractors.marked_math import marked_math
from agentscale.scoring.extractors.marked_number import marked_number
from agentscale.scoring.extractors.stated import free_text
from agentscale.scoring.marks import Mark, closing_lines, final_marks, loose_marks


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    last = next(final_marks(text), None)
    if last is not None:
        # What stands at the mark decides, even if it cannot be read: an earlier letter is not the answer then.
        return _read(last, kind, choices, strict=True) or NO_ANSWER
    for mark in loose_marks(text):
        found = _read(mark, kind, choices, strict=False)
        if found is not None:
            return found
    return None


def _read(mark: Mark, kind: AnswerKind, choices: Sequence[str], *, strict: bool) -> Found | None:
    match kind:
        case "choice":
            return marked_choice(mark.tail, choices, strict=strict)
        case "math":
            return marked_math(mark.rest, strict=strict)
        case "text":
            return free_text(mark.tail)
        case _:
            return marked_number(mark.tail, strict=strict)


def _find_at_end(said: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """What a filled ``Final answer:`` in the last lines decides: most texts end so, and need not be cleaned whole."""
    end = closing_lines(said) if kind in ("choice", "number") else None
    last = None if end is None else next(final_marks(plain(end)), None)
    return None if last is None else _read(last, kind, choices, strict=True) or NO_ANSWER


MARK = Extractor(
    "mark", 2, {"choice": "plain", "number": "plain", "math": "signs", "text": "plain"}, _find, _find_at_end
)
