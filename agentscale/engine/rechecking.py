"""Whether answers are right, told outside of a run: for a reader who finds other answers in the same texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from agentscale.engine import checking
from agentscale.engine.checking import VERSIONS, ProcessChecks, told
from agentscale.engine.judging import judged
from agentscale.recording import Recording
from agentscale.schema.calls import Completion, Message
from agentscale.schema.run import QuestionRecord, RunHeader
from agentscale.scoring import canonical_text, grading, rightness
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
        self._verdicts: dict[tuple[str, tuple[Message, ...]], Completion | None] | None = None
        self._checker = cache(checking.checker)  # none is started before it is needed

    def of(self, cell: str, question: QuestionRecord) -> Callable[[str], Checked] | None:
        """What tells of an answer to a question; ``None`` where answers themselves say whether they are right."""
        task = self._tasks[cell]
        if task.rubric is not None:
            return partial(self._judged, question, task.rubric)
        if task.kind not in VERSIONS:
            return None
        salt = cell if self._header.experiment.get("independent") else ""
        return partial(self._told, ProcessChecks(self._header.seed, task, salt), question)

    def _told(self, checks: ProcessChecks, question: QuestionRecord, answer: str) -> Checked:
        wanted = checks.wanted(answer, question)
        if isinstance(wanted, Checked):
            return wanted
        recorded = None if self._recording is None else self._recording.answer(wanted.id.key)
        if recorded is not None and recorded.completion is not None:
            return told(recorded)
        held, _ = wanted.request.messages
        return self._checker(checks.kind).tell(answer, held.content)

    def _judged(self, question: QuestionRecord, rubric: str, answer: str) -> Checked:
        """What the run's judge said of an answer. Nobody is asked: what it never saw is not judged."""
        vote = canonical_text(answer)
        if rightness(question, "text")(answer):
            return Checked(vote, True)
        if self._verdicts is None:
            records = () if self._recording is None else self._recording.records()
            graded = [each for each in records if each.id.role == "grader"]
            self._verdicts = {(each.id.sample_id, each.request.messages): each.completion for each in graded}
        messages = grading(question=question.prompt, target=question.target, rubric=rubric, answer=answer)
        return judged(vote, self._verdicts.get((question.sample_id, messages)))
