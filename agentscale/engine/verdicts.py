"""Which answers of a trial are right. Protocols never see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentscale.schema.calls import ATTITUDES, Call, Reply
from agentscale.schema.run import QuestionRecord
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring import is_correct, rightness
from agentscale.scoring.checks import Checked

if TYPE_CHECKING:
    from agentscale.environments import StepWorld


class Verdicts:
    """What is right in one trial: by the answer alone, by the state of a chain, or by what checks said.

    Args:
        record: The question, with its target.
        kind: Of its answers.
        chain: The chain of steps that the question opens, where it is one.
    """

    def __init__(self, record: QuestionRecord, kind: AnswerKind, chain: StepWorld | None) -> None:
        self._kind = kind
        self._chain = chain
        self._by_answer = rightness(record, kind)
        self._checked: dict[str, Checked] = {}
        self._votes: dict[str, bool | None] = {}

    def add(self, reply: Reply, checked: Checked) -> None:
        """Takes note of the check of a reply's answer."""
        self._checked[reply.key] = checked
        # Programs that do the same where anybody may look are one answer, and may differ elsewhere: the first counts.
        self._votes.setdefault(checked.vote, checked.right)

    def of(self, reply: Reply) -> bool | None:
        """Whether a reply's answer is right; ``None`` where it has none, or none that could be."""
        if reply.answer is None or reply.call.role in ATTITUDES or self._kind == "world":
            return None
        if self._chain is not None:
            return is_correct(reply.answer, _target(self._chain, reply.call), self._kind)
        checked = self._checked.get(reply.key)
        return self.is_right(reply.answer) if checked is None else checked.right

    def is_right(self, answer: str) -> bool:
        """Whether an answer is right that somebody in the trial has given."""
        return bool(self._votes[answer]) if answer in self._votes else self._by_answer(answer)

    def note(self, reply: Reply) -> str | None:
        """What the check of a reply's answer had to say."""
        checked = self._checked.get(reply.key)
        return None if checked is None else checked.note or None


def _target(chain: StepWorld, call: Call) -> str:
    """What is right where the call was made: that hangs on the state that was told."""
    return chain.right("\n".join(message.content for message in call.messages)) or ""
