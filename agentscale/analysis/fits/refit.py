"""Many refits at once: Levenberg–Marquardt on all resamples, or all points of a profile, as one batch.

It starts near an optimum that ``search`` has found and goes downhill only; looking for optima is not its business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.fits.base import Chart, Floats
from agentscale.analysis.fits.objective import Points, huber_sum, huber_weights, residuals, tangents

_STEPS = 120
_SETTLED = 1e-12  # relative gain of a step below which a row is done
_LEAST = 1e-12  # damping that keeps two parameters solvable which do the same
_STUCK = 1e10  # damping beyond which no step is worth taking


def refit(
    points: Points, targets: Floats, chart: Chart, start: Floats, frozen: NDArray[np.bool_] | None = None
) -> tuple[Floats, Floats]:
    """Free parameters of the nearest optimum below each start, and the losses there.

    Args:
        points: x, errors, link and loss.
        targets: g(y) by row, shape (B, P).
        chart: Of the family.
        start: Free parameters by row, shape (B, k).
        frozen: Parameters that stay where they start, shape (k,).

    Returns:
        Shapes (B, k) and (B,).
    """
    low, high = chart.bounds
    best = np.clip(start, low, high)
    held = np.zeros(best.shape[1], dtype=np.bool_) if frozen is None else frozen
    loss = huber_sum(residuals(points, targets, chart, best), points.huber)
    damping, active = np.full(len(best), 1e-3), np.arange(len(best))
    for _ in range(_STEPS):
        here = best[active]
        moved = np.clip(here + _step(points, targets[active], chart, here, damping[active], held), low, high)
        new = huber_sum(residuals(points, targets[active], chart, moved), points.huber)
        better = new < loss[active]
        settled = better & (loss[active] - new <= _SETTLED * (1e-12 + loss[active]))
        best[active] = np.where(better[:, None], moved, here)
        loss[active] = np.where(better, new, loss[active])
        damping[active] *= np.where(better, 0.2, 6.0)
        active = active[~settled & (damping[active] < _STUCK)]
        if not len(active):
            break
    return best, loss


def _step(
    points: Points, targets: Floats, chart: Chart, free: Floats, damping: Floats, held: NDArray[np.bool_]
) -> Floats:
    """Damped Gauss–Newton steps; parameters that are held, or press against an end of their range, do not move."""
    low, high = chart.bounds
    residual, tangent = residuals(points, targets, chart, free), tangents(points, chart, free)
    weighted = tangent * huber_weights(residual, points.huber)[..., None]
    pull = (weighted * residual[..., None]).sum(axis=-2)
    fixed = held | ((free <= low) & (pull < 0)) | ((free >= high) & (pull > 0))
    curvature = np.swapaxes(weighted, -1, -2) @ tangent
    size = np.sqrt(np.diagonal(curvature, axis1=-2, axis2=-1))
    unit = np.where(fixed | (size == 0), 1.0, size)  # parameters in units of what they do, so that none is negligible
    keep = ~(fixed[..., :, None] | fixed[..., None, :])
    system = curvature * keep / (unit[..., :, None] * unit[..., None, :])
    ridge = np.where(fixed | (size == 0), 1.0, np.maximum(damping, _LEAST)[:, None])
    right = np.where(fixed, 0.0, pull) / unit
    step = np.linalg.solve(system + np.eye(free.shape[-1]) * ridge[..., None], right[..., None])[..., 0]
    return np.asarray(step / unit)
