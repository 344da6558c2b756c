"""What another way to choose would have made of the same answers: weighted votes, the best member, nobody's luck.

Exact and without a call, since how a team's answers become one changes nothing that was asked. Whatever has to be
learned, such as whom to trust, is learned from other questions than those that it is judged on.

Formulas and their sources: theory, section 6.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import whole
from agentscale.analysis.votes import expected_accuracy
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FOLDS = 5
_EQUAL = 1e-9  # difference of two sums of weights that is rounding


class Aggregated(NamedTuple):
    """Expected correctness of every trial by each way to choose, shape (P,); no readable answer is not right."""

    plurality: Floats
    weighted: Floats
    """The greatest sum of log-odds weights ln(p(C − 1)/(1 − p)), p a configuration's accuracy on other questions: the
    best vote of independent agents. ``nan`` with one question."""
    best_member: Floats
    """An agent of the configuration that is the most accurate on other questions; ``nan`` with one question."""
    random_member: Floats
    """Any agent of the team."""
    oracle: Floats
    """Somebody is right: what a perfect choice would make of these answers."""


def aggregate(answers: ArrayLike, config: ArrayLike, item: ArrayLike, n_options: int, seed: int) -> Aggregated:
    """All ways to choose, for the trials of one team.

    Args:
        answers: Ids, 0 is right, −1 missing, shape (P, N).
        config: Configuration of each agent, counted from 0, shape (N,).
        item: Question of each trial, shape (P,): trials of one question are in one fold of the cross-fitting.
        n_options: C ≥ 2, of the weights.
        seed: Of the folds.

    Raises:
        SpecError: shapes that do not fit, or C < 2.
    """
    a, group, question = whole("answers", answers, -1), whole("config", config), whole("item", item)
    whole("n_options", n_options, 2)
    if a.ndim != 2 or group.shape != a.shape[1:] or question.shape != a.shape[:1]:
        shapes = f"answers {a.shape}, config {group.shape}, item {question.shape}"
        raise SpecError(shapes, key="answers", allowed="(P, N), (N,), (P,)")
    member = np.eye(int(group.max(initial=-1)) + 1, dtype=np.int64)[group]
    votes = (a[:, None, :] == np.arange(max(int(a.max(initial=0)) + 1, 1))[:, None]).astype(np.int64) @ member
    right, readable = votes[:, 0], votes.sum(axis=1)
    members, rows, nobody = member.sum(axis=0), np.arange(len(a)), np.full(len(a), np.nan)
    trusted, best = _learned(right, readable, members, question, n_options, seed)
    return Aggregated(
        plurality=expected_accuracy(votes.sum(axis=2)),
        weighted=_by_weight(votes, trusted),
        best_member=np.where(best >= 0, right[rows, best] / members[best], np.nan) if len(group) else nobody,
        random_member=np.asarray((a == 0).mean(axis=1)) if len(group) else nobody,
        oracle=(a == 0).any(axis=1).astype(np.float64),
    )


def _learned(
    right: Ints, readable: Ints, members: Ints, question: Ints, n_options: int, seed: int
) -> tuple[Floats, Ints]:
    """Weights (P, B) and the best configuration (P,) of every trial, from the questions of other folds.

    Right and readable answers of each configuration come as (P, B). One right and one wrong answer more keep a perfect
    record from deciding alone.
    """
    weights, best = np.full(right.shape, np.nan), np.full(len(right), -1, dtype=np.int64)
    questions, which = np.unique(question, return_inverse=True)
    if len(questions) < 2 or not right.shape[1]:
        return weights, best
    fold = (keyed(seed, "aggregators", "folds").permutation(len(questions)) % _FOLDS)[which.reshape(-1)]
    for at in np.unique(fold):
        own, k, n = fold == at, right[fold != at].sum(axis=0), readable[fold != at].sum(axis=0)
        p = (k + 1) / (n + 2)
        weights[own] = np.log(p * (n_options - 1) / (1 - p))
        best[own] = int(np.where(members > 0, k / np.maximum(members, 1), -1.0).argmax())
    return weights, best


def _by_weight(votes: Ints, weights: Floats) -> Floats:
    """Chance that the answer with the most weight is right; an answer that nobody gave cannot win."""
    given = votes.sum(axis=2) > 0
    score = np.where(given, np.einsum("pcb,pb->pc", votes, weights), -np.inf)
    winners = given & (score >= score.max(axis=1, keepdims=True) - _EQUAL)
    value = winners[:, 0] / np.maximum(winners.sum(axis=1), 1)
    return np.where(np.isnan(weights).any(axis=1), np.nan, value)
