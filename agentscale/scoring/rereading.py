"""A recorded trial under another chain of extractors: what the same texts say to another reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentscale.schema.calls import Completion
from agentscale.schema.run import Event, QuestionRecord, Transcript
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.reading import read
from agentscale.scoring.voting import decide, rightness

if TYPE_CHECKING:
    import numpy as np


def reread(
    transcript: Transcript,
    question: QuestionRecord,
    *,
    kind: AnswerKind,
    chain: Sequence[str],
    rng: Callable[[], np.random.Generator],
) -> Transcript:
    """The transcript with all answers read anew, and the team's answer from those.

    Right only where no prompt depended on how answers were read: the caller sees to that.

    Args:
        transcript: A trial.
        question: Its question, with the target.
        kind: What kind of answer is wanted.
        chain: Names of extractors.
        rng: Gives the generator of the tie's draw.

    Raises:
        SpecError: If the chain names an extractor that does not exist for this kind.
    """
    is_right = rightness(question, kind)
    events = tuple(_reread(event, question, kind, chain, is_right) for event in transcript.events)
    answers = {event.key: event.answer for event in events}
    if transcript.decider is not None:
        decided = decide([answers[transcript.decider]], is_right, rng)
    else:
        decided = decide([answers[key] for key in transcript.final], is_right, rng, transcript.weights)
    return transcript.model_copy(update={"events": events, **decided._asdict()})


def _reread(
    event: Event, question: QuestionRecord, kind: AnswerKind, chain: Sequence[str], is_right: Callable[[str], bool]
) -> Event:
    if event.error is not None or event.role in ("step", "tool"):
        return event
    completion = Completion(event.text, event.finish or "stop")
    reading = read(completion, kind=kind, choices=question.choices, chain=chain)
    correct = None if reading.answer is None else is_right(reading.answer)
    return event.model_copy(update={"answer": reading.answer, "missing": reading.missing, "correct": correct})
