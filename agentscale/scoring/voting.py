"""From many answers to one, and from an answer to a score."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentscale.schema.run import QuestionRecord
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.expressions import canonical_math
from agentscale.scoring.numbers import canonical_number
from agentscale.scoring.texts import canonical_text

if TYPE_CHECKING:
    import numpy as np


def plurality(answers: Sequence[str | None], weights: Sequence[float] = ()) -> tuple[str, ...]:
    """The answers with the most votes, sorted; none where nobody voted. Who has no answer abstains.

    Answers are compared as they are: hand over answers as ``read`` gives them.

    Args:
        answers: One for each vote.
        weights: What each vote weighs, finite and ≥ 0; by default all weigh the same. A vote of weight 0 is none.
    """
    if weights:
        return _heaviest(answers, weights)
    counts = Counter(answer for answer in answers if answer is not None)
    most = max(counts.values(), default=0)
    return tuple(sorted(answer for answer, count in counts.items() if count == most))


def _heaviest(answers: Sequence[str | None], weights: Sequence[float]) -> tuple[str, ...]:
    """The answers with the most weight behind them. No rounding breaks a tie, and no order of votes."""
    votes: dict[str, list[float]] = defaultdict(list)
    for answer, weight in zip(answers, weights, strict=True):
        if answer is not None:
            votes[answer].append(weight)
    sums = {answer: math.fsum(behind) for answer, behind in votes.items()}
    most = max(sums.values(), default=0.0)
    return tuple(sorted(answer for answer, weight in sums.items() if most and math.isclose(weight, most)))


def settle(winners: Sequence[str], rng: np.random.Generator) -> str | None:
    """One of the winners, each with equal probability; ``None`` without a winner. Draws only where there is a tie."""
    if len(winners) < 2:
        return winners[0] if winners else None
    return winners[int(rng.integers(len(winners)))]


def is_correct(answer: str, target: str, kind: AnswerKind) -> bool:
    """Whether an answer is right: letters and steps whatever their case, numbers by value, texts in canonical form.

    Expressions count here as they are written; what they mean, and what a program does, only a check can tell.

    Args:
        answer: A letter, steps, an expression, a text, or a number in any form that ``canonical_number`` reads.
        target: The right one, likewise.
        kind: Which of these it is.
    """
    form = _CANONICAL.get(kind, _folded)
    said = form(answer)
    return said is not None and said == form(target)


def _folded(text: str) -> str:
    return text.strip().casefold()


_CANONICAL: dict[AnswerKind, Callable[[str], str | None]] = {
    "number": canonical_number,
    "math": canonical_math,
    "text": canonical_text,
}


def rightness(question: QuestionRecord, kind: AnswerKind) -> Callable[[str], bool]:
    """What tells whether an answer to a question is right, by the answer alone."""
    return lambda answer: any(is_correct(answer, right, kind) for right in (question.target, *question.aliases))


class Decision(NamedTuple):
    """What a team's answers come to."""

    answer: str | None
    """``None`` where nobody has an answer."""
    tied: bool
    correct: bool | None
    score: float | None
    """Expected correctness under random tie-breaking."""


def decide(
    answers: Sequence[str | None],
    is_right: Callable[[str], bool],
    rng: Callable[[], np.random.Generator],
    weights: Sequence[float] = (),
) -> Decision:
    """The plurality of answers, a tie by a draw.

    Args:
        answers: As ``read`` gives them.
        is_right: Whether an answer is right.
        rng: Gives the generator of the draw; called only where there is a tie.
        weights: What each answer weighs; see `plurality`.
    """
    winners = plurality(answers, weights)
    tied = len(winners) > 1
    answer = settle(winners, rng()) if tied else next(iter(winners), None)
    correct = None if answer is None else is_right(answer)
    return Decision(answer, tied, correct, expected_score(winners, is_right))


def decide_chain(answers: Sequence[str | None], correct: Iterable[bool | None]) -> Decision:
    """What the steps of a chain come to: the last one, which is right only if every step is.

    Args:
        answers: Of all steps, in order; none where the chain was not walked to its end.
        correct: Whether each is right.
    """
    if not answers:
        return Decision(None, False, None, None)
    right = all(correct)
    return Decision(answers[-1], False, right, float(right))


def decide_world(correct: bool | None) -> Decision:
    """What a world that was played comes to: no answer, and whether its goal was reached where it has one."""
    return Decision(None, False, correct, None if correct is None else float(correct))


def expected_score(winners: Sequence[str], is_right: Callable[[str], bool]) -> float | None:
    """Probability in [0, 1] that ``settle`` gives a right answer; ``None`` without a winner."""
    return sum(map(is_right, winners)) / len(winners) if winners else None
