"""The Ringelmann law of teams, fitted so that it can fail.

The law is N_eff = N/(1 + c (N − 1) N^(−β)). Every law of growth fits R(N) = N_eff/N with R² > .99, since R falls from 1
to some 1/N by construction. So the fit is of the correlation ρ_N = c N^(−β), next to rivals, with R² on N_eff and an
error at sizes that were held out. Without communication ρ_N does not depend on N: β = 0 is then known, and ``KISH`` is
the law.

Formulas and their sources: theory, section 3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.agreement import icc_correct
from agentscale.analysis.fits import growth, teams
from agentscale.analysis.fits.base import Floats
from agentscale.analysis.fits.result import CurveFit, CurveValues
from agentscale.analysis.fits.rivals import Comparison, compare_families
from agentscale.analysis.fits.teams import as_correlation
from agentscale.analysis.resampling import resampled_means
from agentscale.errors import SpecError

RIVALS = (teams.RINGELMANN, teams.KISH, growth.POWER_GROWTH, growth.LOG_GROWTH, growth.EXP_SAT)
"""Laws of effective size that are fitted to the same correlations."""


class Correlations(NamedTuple):
    """Correlation of correctness at several team sizes."""

    rho: Floats
    """Shape (S,)."""
    draws: Floats
    """The same in resamples of the questions, shape (B, S): sizes of a row share their questions."""


class RingelmannFit(NamedTuple):
    """The law and its rivals."""

    law: CurveFit
    """Of ρ_N; parameters c and β."""
    rivals: Comparison
    r2_n_eff: float
    """1 − Σ(N_eff − fit)²/Σ(N_eff − mean)² over N > 1."""
    held_out_n_eff: float
    """Error of N_eff at the largest N, fitted without the largest 30 %; ``nan`` where those are too few."""

    def n_eff(self, n: ArrayLike) -> CurveValues:
        """Effective size at n > 1 with its interval."""
        size = np.asarray(n, dtype=np.float64)
        rho = self.law.at(size)
        return CurveValues(_size(size, rho.value), _size(size, rho.high), _size(size, rho.low), rho.warnings)


def correlation_curve(k: ArrayLike, n: ArrayLike, *, seed: int, resamples: int = 2000) -> Correlations:
    """ICC of correctness at every team size, with resamples that the sizes share.

    Args:
        k: Right answers by question and team, shape (Q, S).
        n: Agents of each team, ≥ 2, shape (S,).
        seed: Of the resamples.
        resamples: ≥ 1.

    Raises:
        SpecError: shapes that do not fit.
    """
    right, size = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if right.ndim != 2 or size.shape != right.shape[1:] or (size < 2).any():
        raise SpecError(f"k {right.shape}, n {size.shape}", key="n", allowed="(Q, S) and (S,), two agents or more")
    if not len(right):
        return Correlations(np.full(size.shape, np.nan), np.full((resamples, *size.shape), np.nan))
    pairs = np.concatenate([right / size, right * (right - 1) / (size * (size - 1))], axis=1)
    means = resampled_means(pairs, seed=seed, resamples=resamples, task="ringelmann")
    return Correlations(icc_correct(right.T, size[:, None]), _moment(*np.split(means, 2, axis=1)))


def fit_ringelmann(n: ArrayLike, rho: ArrayLike, draws: ArrayLike | None = None, **options: Any) -> RingelmannFit:
    """Fits the Ringelmann law and its rivals to correlations by team size.

    A pilot of small teams says little of large ones while β is free: with N ≤ 5 and 200 questions the interval of
    N_eff(30) goes from 1.1 to 6.1 where 2.8 is true. Fit ``KISH`` alone where agents do not talk.

    Args:
        n: Team sizes, shape (S,); N = 1 holds by construction and is left out.
        rho: ρ_N, shape (S,), of answers or of correctness.
        draws: From :func:`correlation_curve`, shape (B, S): weights and intervals.
        options: As in ``fit_curve``.

    Raises:
        SpecError: fewer than four sizes above 1, or what ``fit_curve`` refuses.
    """
    size, observed = np.asarray(n, dtype=np.float64), np.asarray(rho, dtype=np.float64)
    rivals = compare_families(size, observed, [as_correlation(law) for law in RIVALS], draws=draws, **options)
    law = next(fit for fit in rivals.fits if fit.family.name == teams.RINGELMANN.name)
    found, fitted = _size(law.x, law.y), _size(law.x, law.at(law.x).value)
    spread = float(np.square(found - found.mean()).sum())
    r2 = 1 - float(np.square(found - fitted).sum()) / spread if spread > 0 else np.nan
    # A small error of ρ at the largest N is one of N_eff² · (N − 1)/N in N_eff.
    last = law.x.argmax()
    steep = fitted[last] ** 2 * (law.x[last] - 1) / law.x[last]
    return RingelmannFit(law, rivals, r2, float(law.held_out * steep))


def _moment(p: Floats, both: Floats) -> Floats:
    spread = p * (1 - p)
    return np.asarray(np.where(spread > 0, (both - p * p) / np.where(spread > 0, spread, 1.0), np.nan))


def _size(n: Floats, rho: Floats) -> Floats:
    """Kish's size, at most n: a negative correlation is worth no more agents than there are."""
    return np.asarray(n / np.maximum(1 + (n - 1) * rho, 1.0))
