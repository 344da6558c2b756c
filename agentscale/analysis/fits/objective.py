"""Points, their errors and the loss of a curve: Huber's sum over residuals in units of their standard errors.

Sums, not means: a mean lets an optimiser stop where the sum still falls (the error in the first Chinchilla fit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.fits.base import Chart, Floats

Link = Literal["identity", "log", "logit"]
_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Points:
    """What is fitted, on the scale of the link."""

    x: Floats
    """Shape (P,)."""
    y: Floats
    """As given, shape (P,)."""
    sd: Floats
    """Standard errors on the scale of the link, shape (P,)."""
    link: Link
    huber: float
    """Residuals beyond it, in standard errors, count linearly; ``inf`` for least squares."""

    def chosen(self, rows: NDArray[np.bool_]) -> Points:
        """Some of the points."""
        return Points(self.x[rows], self.y[rows], self.sd[rows], self.link, self.huber)


def linked(values: Floats, link: Link) -> Floats:
    """Values on the scale of the link; those at or beyond its edge are moved just inside."""
    if link == "identity":
        return values
    inside = np.clip(values, _EDGE, 1 - _EDGE if link == "logit" else np.inf)
    return np.asarray(np.log(inside) if link == "log" else np.log(inside / (1 - inside)))


def residuals(points: Points, targets: Floats, chart: Chart, free: Floats) -> Floats:
    """(g(y) − g(f))/sd, shape (…, P), for targets g(y) of shape (…, P) and free parameters (…, k)."""
    fitted = chart.family.value(points.x, chart.natural(free))
    return np.asarray((targets - linked(fitted, points.link)) / points.sd)


def tangents(points: Points, chart: Chart, free: Floats) -> Floats:
    """∂(g(f)/sd)/∂free, shape (…, P, k); 0 beyond the edge of the link."""
    theta = chart.natural(free)
    slope = chart.family.slope(points.x, theta) * chart.stretch(free)[..., None, :]
    if points.link != "identity":
        fitted = chart.family.value(points.x, theta)
        spread = fitted if points.link == "log" else fitted * (1 - fitted)
        inside = (fitted > _EDGE) & ((points.link == "log") | (fitted < 1 - _EDGE))
        slope = slope * np.where(inside, 1 / np.where(inside, spread, 1.0), 0.0)[..., None]
    return np.asarray(slope / points.sd[:, None])


def huber_sum(residual: Floats, huber: float) -> Floats:
    """Σ ½r², or δ(|r| − δ/2) beyond δ, over the last axis."""
    size = np.abs(residual)
    capped = np.minimum(size, huber)
    return np.asarray((capped * (size - capped / 2)).sum(axis=-1))


def huber_weights(residual: Floats, huber: float) -> Floats:
    """min(1, δ/|r|)."""
    size = np.abs(residual)
    return np.where(size <= huber, 1.0, huber / np.where(size > 0, size, 1.0))


def loss_and_gradient(free: Floats, points: Points, targets: Floats, chart: Chart) -> tuple[float, Floats]:
    """The loss of one curve and its gradient by the free parameters, shape (k,)."""
    residual = residuals(points, targets, chart, free)
    pull = residual * huber_weights(residual, points.huber)
    return float(huber_sum(residual, points.huber)), -pull @ tangents(points, chart, free)
