"""What another reader found: every answer that a run read anew has otherwise than the run itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentscale.analysis.tables import Row, Table
from agentscale.schema.run import Event, Transcript

if TYPE_CHECKING:
    from agentscale.store import RunFolder

COLUMNS = ("cell", "question", "replicate", "round", "turn", "slot", "before", "after", "right_before", "right_after")
TEAM = "team"
"""Stands for the slot where a row tells of the team's answer."""


def changed_answers(before: RunFolder, after: RunFolder) -> Table:
    """A row for every answer that changed, and for every answer of a team that did.

    ``before`` and ``after`` are the answer, or in brackets the reason why there is none; ``right_…`` is 1, 0, or
    nothing where there is no answer. A row without ``round`` is the team's.

    Args:
        before: The run.
        after: The same, each transcript read anew; it may have fewer cells.
    """
    rows = [row for cell in after.header.cells for row in _of_cell(before, after, cell.id)]
    return Table(COLUMNS, tuple(rows))


def _of_cell(before: RunFolder, after: RunFolder, cell: str) -> Iterator[Row]:
    if before.has_transcripts(cell):
        for old, new in zip(before.transcripts(cell), after.transcripts(cell), strict=True):
            yield from _of_trial(old, new)


def _of_trial(old: Transcript, new: Transcript) -> Iterator[Row]:
    place = {"cell": old.cell, "question": old.sample_id, "replicate": old.replicate}
    for was, now in zip(old.events, new.events, strict=True):
        if _said(was) != _said(now) or was.correct != now.correct:
            told = {"before": _said(was), "after": _said(now)}
            right = {"right_before": _digit(was.correct), "right_after": _digit(now.correct)}
            yield {**place, "round": was.round, "turn": was.turn, "slot": was.slot, **told, **right}
    if (old.answer, old.score) != (new.answer, new.score):
        told = {"before": old.answer or "(none)", "after": new.answer or "(none)"}
        yield {**place, "slot": TEAM, **told, "right_before": old.score, "right_after": new.score}


def _said(event: Event) -> str:
    return f"({event.missing})" if event.answer is None else event.answer


def _digit(correct: bool | None) -> int | None:
    return None if correct is None else int(correct)
