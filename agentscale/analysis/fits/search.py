"""Looking for the optimum from at least a hundred starts, the ten best optima kept.

One start is how wrong optima get published: of the starts of the Chinchilla fit 28 % missed the best. All starts go
downhill in one batch, and the best places that they reach are then settled by L-BFGS-B, which needs few steps from
there and stops late.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agentscale.analysis.fits.base import Chart, Floats
from agentscale.analysis.fits.objective import Points, loss_and_gradient
from agentscale.analysis.fits.refit import refit
from agentscale.randomness import keyed

STARTS = 128
_KEPT = 10
_APART = 0.01  # relative distance of parameters from which two optima are two
_ALIKE = 1e-4  # relative excess of the loss up to which a start found the best optimum


class Optima(NamedTuple):
    """The distinct optima that were found, best first."""

    free: Floats
    """Shape (≤ 10, k)."""
    loss: Floats
    """Shape (≤ 10,)."""
    missed: float
    """Share of the starts that ended elsewhere than at the best."""


def search(points: Points, targets: Floats, chart: Chart, *, starts: int = STARTS, seed: int = 0) -> Optima:
    """Optima of the loss of one curve.

    Args:
        points: x, errors, link and loss.
        targets: g(y), shape (P,).
        chart: Of the family.
        starts: How many, spread as a Latin hypercube over the ranges that the family names.
        seed: Of the spread.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    bounds = list(zip(*(end.tolist() for end in chart.bounds), strict=True))
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500, "maxfun": 1000}
    args, begin = (points, targets, chart), spread_starts(points, chart, starts, seed)
    reached, loss = refit(points, np.tile(targets, (starts, 1)), chart, begin)
    missed = float((loss > loss.min() + _ALIKE * (1e-9 + loss.min())).mean())
    order = np.argsort(loss, kind="stable")
    kept = order[_distinct(chart.natural(reached[order]))]  # what arrived at one place is polished once
    with threadpool_limits(1, "blas"):  # vectors of a few numbers: more threads only spin
        found = [
            minimize(loss_and_gradient, start, args, "L-BFGS-B", True, bounds=bounds, options=options)
            for start in reached[kept]
        ]
    polished, free = np.array([one.fun for one in found]), np.array([one.x for one in found]).reshape(len(found), -1)
    order = np.argsort(polished, kind="stable")
    kept = order[_distinct(chart.natural(free[order]))]
    return Optima(free[kept], polished[kept], missed)


def spread_starts(points: Points, chart: Chart, starts: int, seed: int) -> Floats:
    """A Latin hypercube over the starts that the family names, on the scale of the fit, shape (starts, k)."""
    parameters = chart.family.parameters
    ends = np.array([parameter.starts_in(points.x, points.y) for parameter in parameters]).reshape(-1, 2)
    low, high = chart.free(ends[:, 0]), chart.free(ends[:, 1])
    rng = keyed(seed, "starts", chart.family.name)
    places = rng.permuted(np.tile(np.arange(starts), (len(parameters), 1)), axis=1).T + rng.random((starts, 1))
    return np.asarray(low + (high - low) * places / starts)


def _distinct(theta: Floats) -> list[int]:
    """Rows of parameters, the first of each group of near ones, at most ten."""
    kept: list[int] = []
    for at, row in enumerate(theta):
        size = np.abs(row) + 1e-6
        if len(kept) < _KEPT and all((np.abs(row - theta[other]) > _APART * size).any() for other in kept):
            kept.append(at)
    return kept
