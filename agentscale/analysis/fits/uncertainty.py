"""How well the parameters of a fitted curve are known: refits of every resample, and profiles of the loss."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agentscale.analysis.fits.base import Chart, Floats
from agentscale.analysis.fits.objective import Points, linked
from agentscale.analysis.fits.refit import refit
from agentscale.analysis.intervals import percentile_ends

_ROWS = 1000  # refits at once: memory
_GRID = 48  # points of a profile on each side


class Interval(NamedTuple):
    """Ends of a 95 % interval of a parameter; an end at the end of its range is not bounded by the data."""

    low: float
    high: float


def refit_resamples(points: Points, draws: Floats, chart: Chart, optima: Floats) -> Floats:
    """θ of every resample, shape (B, k): each refitted from the optima of the data, the best of them taken."""
    targets = linked(draws, points.link)
    parts = []
    for at in range(0, len(targets), _ROWS):
        block = targets[at : at + _ROWS]
        tried = [refit(points, block, chart, np.tile(start, (len(block), 1))) for start in optima]
        free, loss = (np.stack(part) for part in zip(*tried, strict=True))
        parts.append(free[loss.argmin(axis=0), np.arange(len(block))])
    return chart.natural(np.concatenate(parts))


def bootstrap_intervals(drawn: Floats) -> tuple[Interval, ...]:
    """Percentile intervals of the parameters from those of the resamples (B, k)."""
    low, high = percentile_ends(drawn)
    return tuple(Interval(float(a), float(b)) for a, b in zip(low, high, strict=True))


def profile_intervals(
    points: Points, targets: Floats, chart: Chart, best: Floats, loss: float, limit: float
) -> tuple[Interval, ...]:
    """Where the loss, the other parameters refitted, exceeds the best by ``limit``: one interval a parameter."""
    return tuple(
        Interval(*(_profile_end(points, targets, chart, best, loss, limit, at, side) for side in (0, 1)))
        for at in range(len(best))
    )


def _profile_end(
    points: Points, targets: Floats, chart: Chart, best: Floats, loss: float, limit: float, at: int, side: int
) -> float:
    end = chart.bounds[side][at]
    steps = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, _GRID)])
    grid = best[at] + steps * (end - best[at])
    starts = np.tile(best, (len(grid), 1))
    starts[:, at] = grid
    frozen = np.arange(len(best)) == at
    rows = np.tile(targets, (len(grid), 1))
    excess = np.maximum(refit(points, rows, chart, starts, frozen)[1] - loss, 0.0)
    beyond = np.flatnonzero(excess > limit)
    natural = starts[-1].copy()
    if beyond.size:
        last, first = np.sqrt(excess[beyond[0] - 1]), np.sqrt(excess[beyond[0]])
        part = (np.sqrt(limit) - last) / (first - last)
        natural[at] = grid[beyond[0] - 1] + part * (grid[beyond[0]] - grid[beyond[0] - 1])
    return float(chart.natural(natural)[at])
