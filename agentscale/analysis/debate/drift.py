"""Does a debate move the agents' mean accuracy at all? Where it does not, a vote would have done."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.debate.rounds import Floats, Ints, by_question, labelled, questions, share_right, tally
from agentscale.analysis.votes import expected_accuracy
from agentscale.schema.estimate import Estimate


class Drift(NamedTuple):
    """Mean change a round of the share of readable answers that are right."""

    mu: Estimate
    """(m_T − m_0)/T, averaged over questions."""
    p_value: float
    """Two-sided, of μ = 0: Student's t over questions; ``nan`` with fewer than two."""
    by_round: tuple[Estimate, ...]
    """m_{t+1} − m_t for t = 0 … T − 1."""
    if_right: Estimate
    """μ of the questions whose initial plurality is right, and alone."""
    if_wrong: Estimate
    """μ of the questions whose initial plurality has no right answer among its winners."""


def martingale_test(
    answers: ArrayLike, truth: ArrayLike, *, items: ArrayLike | None = None, seed: int, resamples: int = 2000
) -> Drift:
    """Tests E[m_{t+1} − m_t] = 0, m_t the mean accuracy of a question's readable answers.

    Neutral rules (the Dirichlet-multinomial model of arXiv 2508.17536, copying without regard to truth) leave mean
    belief in the truth a martingale on regular graphs: a debate then gains nothing on average. The drifts by initial
    plurality describe, they do not test: answers that are merely drawn again already regress, down where the plurality
    was right and up where it was wrong.

    Args:
        answers: Ids, shape (Q, T + 1, N), T ≥ 1; −1 is missing.
        truth: Right ids, shape (Q,); −1 leaves the question out.
        items: Which question each of the Q rows is of, where a question has several; each is its own by default.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Returns:
        Questions without a readable answer in the first or last round are left out of μ.

    Raises:
        SpecError: shapes that do not fit, or one round alone.
    """
    a = labelled(answers, truth, least=2)
    m = share_right(a)
    mu = (m[:, -1] - m[:, 0]) / (m.shape[1] - 1)
    start = _start(a)
    columns = [mu, *np.diff(m, axis=1).T, np.where(start == 1, mu, np.nan), np.where(start == 0, mu, np.nan)]
    table = by_question(np.stack(columns, axis=1), questions(items, truth))
    told = {"n_agents": a.shape[2], "n_missing": int((a < 0).sum())}
    found = mean_estimates(table, seed=seed, resamples=resamples, paired=True, **told)
    return Drift(found[0], t_test(table[:, 0]), found[1:-2], found[-2], found[-1])


def t_test(values: Floats) -> float:
    """Two-sided p of a mean of 0 by Student's t over what is defined; ``nan`` with fewer than two values."""
    from scipy.special import stdtr

    x = values[np.isfinite(values)]
    if len(x) < 2:
        return float("nan")
    mean, error = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(len(x))
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(len(x) - 1, -abs(mean) / error))


def _start(a: Ints) -> Floats:
    """Expected accuracy of the plurality of round 0; ``nan`` where nobody is readable."""
    counts = tally(a[:, 0])
    return np.where(counts.sum(axis=1) > 0, expected_accuracy(counts), np.nan)
