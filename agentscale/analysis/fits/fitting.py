"""One recipe for every curve: many starts, weights from the bootstrap, intervals, a hold-out, and what to be warned of.

The lessons are those of the replications of scaling laws (Chinchilla; "(Mis)Fitting"): sums and not means, positive
parameters on a logarithmic scale, starts by the hundred, intervals from refits, and no extrapolation without a word.

Formulas and their sources: theory, section 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.fits.base import Chart, Family, Floats
from agentscale.analysis.fits.cautions import NEAR, about_intervals, about_optima
from agentscale.analysis.fits.given import aligned, standard_errors
from agentscale.analysis.fits.objective import Link, Points, huber_sum, linked, residuals
from agentscale.analysis.fits.refit import refit
from agentscale.analysis.fits.result import CurveFit
from agentscale.analysis.fits.search import STARTS, Optima, search, spread_starts
from agentscale.analysis.fits.uncertainty import bootstrap_intervals, profile_intervals, refit_resamples
from agentscale.errors import SpecError

_HELD_OUT = 0.3
_HUBER = 1.35  # standard errors: 95 % efficient where errors are normal


def fit_curve(
    family: Family,
    x: ArrayLike,
    y: ArrayLike,
    *,
    draws: ArrayLike | None = None,
    sd: ArrayLike | None = None,
    link: Link = "identity",
    huber: float | None = None,
    given_at: Sequence[float] | None = None,
    starts: int = STARTS,
    seed: int = 0,
) -> CurveFit:
    """Fits a family to points.

    Args:
        family: One of ``FAMILIES``, or one's own.
        x: Agents, channels, tries or tokens, > 0, shape (P,).
        y: Shape (P,); points with a ``nan`` are left out.
        draws: The same curve in resamples of the questions, all points of a row from the same resample, shape (B, P):
            see ``resampled_means``. Gives weights and bootstrap intervals.
        sd: Standard errors of y, shape (P,), where there are no draws; without either all points weigh the same and
            their error is taken from the scatter about the curve.
        link: Scale on which residuals are taken: as they are, logarithm, or logit (shares only).
        huber: Standard errors beyond which a residual counts linearly; 1.35 by default, ``inf`` for least squares.
        given_at: x whose points hold by construction and are left out; the family's own by default.
        starts: At least 100.
        seed: Of the starts.

    Raises:
        SpecError: shapes that do not fit, x that is not positive, fewer than four distinct x or 100 starts.
    """
    places, values, table, errors = aligned(family, x, y, draws, sd, given_at)
    if starts < 100:
        raise SpecError(f"starts = {starts}", key="starts", allowed="100 or more")
    chart, targets = Chart.of(family, places, values), linked(values, link)
    known = errors is not None or table.shape[0] > 1
    points = Points(places, values, standard_errors(targets, table, errors, link), link, np.inf)
    optima = search(points, targets, chart, starts=starts, seed=seed)
    points = _robust(points, targets, chart, optima, huber, known)
    free, losses = refit(points, np.tile(targets, (len(optima.free), 1)), chart, optima.free)
    order = np.argsort(losses, kind="stable")
    optima = Optima(free[order], losses[order], optima.missed)
    drawn = _drawn(points, table, chart, optima)
    found = _described(points, targets, chart, optima, drawn, known)
    return replace(found, held_out=_held_out(points, targets, chart, starts, seed))


def _described(points: Points, targets: Floats, chart: Chart, optima: Optima, drawn: Floats, known: bool) -> CurveFit:
    """All that can be said of the best optimum, but for the hold-out."""
    family, best = chart.family, optima.free[0]
    theta, residual = chart.natural(optima.free), residuals(points, targets, chart, best)
    limit = _limit(len(points.x) - len(best), known)
    profile = profile_intervals(points, targets, chart, best, float(optima.loss[0]), limit)
    found = CurveFit(
        family,
        params=_named(family, theta[0]),
        profile=dict(zip(family.names, profile, strict=True)),
        bootstrap=dict(zip(family.names, bootstrap_intervals(drawn), strict=True)) if len(drawn) else {},
        drawn=drawn,
        loss=float(optima.loss[0]),
        aicc=_aicc(residual if known else residual * points.sd, len(best), known),
        r2=_r2(points.y, family.value(points.x, theta[0])),
        held_out=np.nan,
        optima=tuple(_named(family, row) for row in theta),
        x=points.x,
        y=points.y,
        warnings=(),
    )
    said = (*about_optima(found, optima.loss, optima.missed), *about_intervals(found, residual, len(points.x)))
    return replace(found, warnings=said)


def _drawn(points: Points, table: Floats, chart: Chart, optima: Optima) -> Floats:
    """θ of every resample, (B, k), from the best optimum and from a second one that fits nearly as well."""
    near = optima.free[optima.loss <= optima.loss[0] + NEAR][:2]
    return refit_resamples(points, table, chart, near) if len(table) > 1 else np.empty((0, optima.free.shape[1]))


def _robust(points: Points, targets: Floats, chart: Chart, optima: Optima, huber: float | None, known: bool) -> Points:
    """The points with Huber's loss; where errors are not known, with those of the scatter about the first fit."""
    sd = points.sd
    if not known:
        squares = 2 * float(huber_sum(residuals(points, targets, chart, optima.free[0]), np.inf))
        sd = sd * max(np.sqrt(squares / max(len(targets) - optima.free.shape[1], 1)), 1e-6)
    return Points(points.x, points.y, sd, points.link, _HUBER if huber is None else huber)


def _limit(freedom: int, known: bool) -> float:
    """Excess of the loss at the ends of a 95 % profile interval: half of χ²(1), or of F(1, ν)."""
    from scipy.special import stdtrit

    return NEAR if known else float(stdtrit(max(freedom, 1), 0.975)) ** 2 / 2


def _aicc(residual: Floats, k: int, known: bool) -> float:
    """χ² + 2k, or where errors are not known P ln(RSS/P) + 2(k + 1), and the correction for few points."""
    n, squares = len(residual), float(np.square(residual).sum())
    count = k if known else k + 1
    if n - count - 1 <= 0:
        return np.inf
    fit = squares if known else n * np.log(max(squares, 1e-300) / n)
    return float(fit + 2 * count + 2 * count * (count + 1) / (n - count - 1))


def _held_out(points: Points, targets: Floats, chart: Chart, starts: int, seed: int) -> float:
    """Error at the largest x of a fit to the others, by the batch of all starts."""
    distinct = np.unique(points.x)
    last = max(1, round(_HELD_OUT * len(distinct)))
    known = points.x < distinct[-last]
    if len(distinct) - last < max(len(chart.family.parameters), 3):
        return np.nan
    rest = points.chosen(known)
    begin = spread_starts(points, chart, starts, seed)
    free, loss = refit(rest, np.tile(targets[known], (len(begin), 1)), chart, begin)
    forecast = chart.family.value(points.x[~known], chart.natural(free[loss.argmin()]))
    return float(np.sqrt(np.square(points.y[~known] - forecast).mean()))


def _r2(y: Floats, fitted: Floats) -> float:
    total = float(np.square(y - y.mean()).sum())
    return 1 - float(np.square(y - fitted).sum()) / total if total > 0 else np.nan


def _named(family: Family, theta: Floats) -> dict[str, float]:
    return dict(zip(family.names, theta.tolist(), strict=True))
