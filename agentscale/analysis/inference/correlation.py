"""The interval of ρ, the correlation of correctness, over questions.

ρ is studentised on Fisher's scale for correlations within groups of n, ½ ln[(1 + (n − 1)ρ)/(1 − ρ)], on which its error
hardly depends on it. In simulated worlds of 32 questions such intervals cover 94 to 96 times in 100 for 2 to 16 agents
and ρ up to a half, where BCa covers 94 to 98. With 9 in 10 answers right 32 questions are too few (84 to 89), and 64
give 92 to 95 from three agents on, where BCa gives 88 to 90.

Formulas and their sources: theory, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.agreement import icc_correct
from agentscale.analysis.inference.smooth import bootstrap_statistic
from agentscale.analysis.inference.studentised import Scale
from agentscale.analysis.ranges import together
from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]


def icc_estimate(k: ArrayLike, n: ArrayLike, *, seed: int, resamples: int = 2000) -> Estimate:
    """``icc_correct`` with its interval over questions, a studentised bootstrap on Fisher's scale.

    Args:
        k: Right answers of each question, shape (Q,).
        n: Readable answers, broadcast to k. Questions with n < 2 hold no pair and are left out.
        seed: Of the draw.
        resamples: ≥ 1.

    Returns:
        A correlation between −1 and 1; ``nan`` without a pair and where all are right or all wrong.

    Raises:
        SpecError: as ``icc_correct``, or ``resamples`` is below 1.
    """
    right, asked = together(k=np.asarray(k, dtype=np.float64), n=np.asarray(n, dtype=np.float64))
    icc_correct(right, asked)  # refuses what does not fit
    columns = icc_columns(right, asked)
    agents = int(asked[asked > 1].max(initial=0))
    return bootstrap_statistic(
        columns, icc_of_means, seed=seed, resamples=resamples, n_agents=agents, scale=fisher_scale
    )


def icc_columns(k: Floats, n: Floats) -> Floats:
    """What ρ is a function of the means of: k(k − 1), k(n − 1) and n(n − 1), shape (Q, 3); ``nan`` without a pair."""
    columns = np.stack([k * (k - 1), k * (n - 1), n * (n - 1)], axis=-1)
    return np.where(n[..., None] > 1, columns, np.nan)


def icc_of_means(means: Floats) -> Floats:
    """``icc_correct`` of means over questions of the columns, shape (…, 3)."""
    both, p = means[..., 0] / means[..., 2], means[..., 1] / means[..., 2]
    spread = p * (1 - p)
    return np.asarray(np.where(spread > 0, (both - p * p) / np.where(spread > 0, spread, 1.0), np.nan))


def fisher_scale(means: Floats) -> Scale:
    """The scale for groups of as many as there are in the mean: n of the mean n(n − 1)."""
    others = (np.sqrt(1 + 4 * means[2]) - 1) / 2
    return Scale(_on_fishers(others), lambda z: np.asarray(np.expm1(2 * z) / (np.exp(2 * z) + others)))


def _on_fishers(others: float) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Value and gradient on the scale for groups of ``others`` + 1."""

    def on(means: Floats) -> tuple[Floats, Floats]:
        pairs = means[..., 2]
        both, p = means[..., 0] / pairs, means[..., 1] / pairs
        with np.errstate(divide="ignore", invalid="ignore"):  # all alike, or all right: not defined
            spread = p * (1 - p)
            rho = (both - p * p) / spread
            value = np.log((1 + others * rho) / (1 - rho)) / 2
            of_rho = (others / (1 + others * rho) + 1 / (1 - rho)) / 2
            of_both = of_rho / spread
            of_p = -of_rho * (2 * p + rho * (1 - 2 * p)) / spread
            gradient = np.stack([of_both, of_p, -(of_both * both + of_p * p)], axis=-1) / pairs[..., None]
        return value, gradient

    return on
