"""From the first answers to the last: who was corrected, who was subverted, and what few right agents come to.

Formulas and their sources: theory, section 6.6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.debate.flips import ratio
from agentscale.analysis.debate.rounds import Floats, Ints, by_question, labelled, questions, tally
from agentscale.analysis.inference import bootstrap_statistic
from agentscale.analysis.votes import expected_accuracy
from agentscale.schema.estimate import Estimate


class Revision(NamedTuple):
    """What became of first answers, agent by agent; a missing answer is neither right nor wrong."""

    correction: Estimate
    """Of the answers that were wrong at first, the share that is right at last."""
    subversion: Estimate
    """Of the answers that were right at first, the share that is wrong at last."""
    gain: Estimate
    """Right answers at last less right answers at first, an agent: where all are readable it is
    π_W·correction − π_C·subversion, with the shares π of wrong and right first answers. Questions without a readable
    answer at first or at last are left out."""


class Transitions(NamedTuple):
    """Questions by right answers at first (rows, 0 … N) and at last (columns, 0 … N)."""

    counts: Ints
    """Shape (N + 1, N + 1)."""
    shares: Floats
    """Each row divided by its sum; ``nan`` where no question began so."""
    team_right: Floats
    """P(the plurality of the last round is right | k right at first), ties in expectation, shape (N + 1,)."""


def revision(
    answers: ArrayLike, truth: ArrayLike, *, items: ArrayLike | None = None, seed: int, resamples: int = 2000
) -> Revision:
    """Correction and subversion from round 0 to the last round.

    Args:
        answers: Ids, shape (Q, T + 1, N), T ≥ 1; −1 is missing.
        truth: Right ids, shape (Q,); −1 leaves the question out.
        items: Which question each of the Q rows is of, where a question has several; each is its own by default.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: shapes that do not fit.
    """
    a = labelled(answers, truth, least=2)
    first, last = a[:, 0], a[:, -1]
    both = (first >= 0) & (last >= 0)
    told = {"n_agents": a.shape[2], "n_missing": int((first < 0).sum() + (last < 0).sum())}
    question = questions(items, truth)

    def share(was_right: bool) -> Estimate:
        of = both & ((first == 0) == was_right)
        pairs = np.stack([(of & ((last == 0) != was_right)).sum(axis=1), of.sum(axis=1)], axis=1)
        return bootstrap_statistic(by_question(pairs, question), ratio, seed=seed, resamples=resamples, **told)

    some = ((first >= 0) | (last >= 0)).any(axis=1)
    change = ((last == 0).sum(axis=1) - (first == 0).sum(axis=1)) / max(a.shape[2], 1)
    gained = np.where(some, change, np.nan)[:, None]
    (gain,) = mean_estimates(by_question(gained, question), seed=seed, resamples=resamples, paired=True, **told)
    return Revision(share(was_right=False), share(was_right=True), gain)


def count_transitions(answers: ArrayLike, truth: ArrayLike) -> Transitions:
    """The matrix from the number of right answers in round 0 to that in the last round.

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing and not right.
        truth: Right ids, shape (Q,); −1 leaves the question out.

    Raises:
        SpecError: shapes that do not fit.
    """
    a = labelled(answers, truth)
    size = a.shape[2] + 1
    before, after = (a[:, 0] == 0).sum(axis=1), (a[:, -1] == 0).sum(axis=1)
    counts = np.bincount(before * size + after, minlength=size * size).reshape(size, size)
    n = counts.sum(axis=1)
    defined = np.where(n > 0, n, np.nan)
    won = np.bincount(before, weights=expected_accuracy(tally(a[:, -1])), minlength=size)
    return Transitions(counts, counts / defined[:, None], won / defined)
