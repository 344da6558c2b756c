"""A recorded trial under another chain of extractors: what the same texts say to another reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentscale.schema.calls import ATTITUDES, UNPAID, Completion, Role
from agentscale.schema.run import Event, QuestionRecord, Transcript
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.checks import Checked
from agentscale.scoring.reading import read
from agentscale.scoring.voting import decide, rightness

if TYPE_CHECKING:
    import numpy as np

_NO_ANSWERS: frozenset[Role] = ATTITUDES | UNPAID | {"step", "grader"}
"""The roles whose words are no answer to the question."""


def reread(
    transcript: Transcript,
    question: QuestionRecord,
    *,
    kind: AnswerKind,
    chain: Sequence[str],
    rng: Callable[[], np.random.Generator],
    check: Callable[[str], Checked] | None = None,
) -> Transcript:
    """The transcript with all answers read anew, and the team's answer from those.

    Right only where no prompt depended on how answers were read: the caller sees to that.

    Args:
        transcript: A trial.
        question: Its question, with the target.
        kind: What kind of answer is wanted.
        chain: Names of extractors.
        rng: Gives the generator of the tie's draw.
        check: What tells of an answer whether it is right, where that takes more than the answer and the target.

    Raises:
        SpecError: If the chain names an extractor that does not exist for this kind.
    """
    tell = check or _by_itself(question, kind)
    read_anew = [_reread(event, question, kind, chain, tell) for event in transcript.events]
    answers = {event.key: event.answer for event, _ in read_anew}
    votes = {told.vote: told.right for _, told in reversed(read_anew) if told is not None}
    final = transcript.final if transcript.decider is None else (transcript.decider,)
    weights = transcript.weights if transcript.decider is None else ()
    decided = decide([answers[key] for key in final], lambda answer: bool(votes[answer]), rng, weights)
    return transcript.model_copy(update={"events": tuple(event for event, _ in read_anew), **decided._asdict()})


def _by_itself(question: QuestionRecord, kind: AnswerKind) -> Callable[[str], Checked]:
    is_right = rightness(question, kind)
    return lambda answer: Checked(answer, is_right(answer))


def _reread(
    event: Event, question: QuestionRecord, kind: AnswerKind, chain: Sequence[str], tell: Callable[[str], Checked]
) -> tuple[Event, Checked | None]:
    """The event as this reader has it, and what is told of its answer."""
    if event.error is not None or event.role in _NO_ANSWERS:
        return event, None
    completion = Completion(event.text, event.finish or "stop")
    reading = read(completion, kind=kind, choices=question.choices, chain=chain)
    told = None if reading.answer is None else tell(reading.given or reading.answer)
    if told is None or told.right is None:
        found: dict[str, object] = {
            "answer": None,
            "missing": reading.missing if told is None else "unchecked",
            "correct": None,
        }
    else:
        found = {"answer": told.vote, "missing": None, "correct": told.right}
    note = None if told is None else told.note or None
    return event.model_copy(update={**found, "check": note}), told
