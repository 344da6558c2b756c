"""Whether answers are right, told outside of a run: for a reader who finds other answers in the same texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from agentscale.engine import checking
from agentscale.engine.checking import VERSIONS, Checks, told
from agentscale.recording import Recording
from agentscale.schema.run import QuestionRecord, RunHeader
from agentscale.scoring.checks import Checked


class Rechecker:
    """Takes checks from a run's recording, and makes those that it lacks. Nothing is recorded.

    Args:
        header: Of the run.
        recording: What it recorded, if anything.
    """

    def __init__(self, header: RunHeader, recording: Recording | None) -> None:
        self._header = header
        self._recording = recording
        self._tasks = {cell.id: header.tasks[cell.task] for cell in header.cells}
        self._checker = cache(checking.checker)  # none is started before it is needed

    def of(self, cell: str, question: QuestionRecord) -> Callable[[str], Checked] | None:
        """What tells of an answer to a question; ``None`` where answers themselves say whether they are right."""
        task = self._tasks[cell]
        if task.kind not in VERSIONS:
            return None
        salt = cell if self._header.experiment.get("independent") else ""
        return partial(self._told, Checks(self._header.seed, task, salt), question)

    def _told(self, checks: Checks, question: QuestionRecord, answer: str) -> Checked:
        wanted = checks.wanted(answer, question)
        if isinstance(wanted, Checked):
            return wanted
        recorded = None if self._recording is None else self._recording.answer(wanted.id.key)
        if recorded is not None and recorded.completion is not None:
            return told(recorded)
        held, _ = wanted.request.messages
        return self._checker(checks.kind).tell(answer, held.content)
