"""A fitted curve: its parameters with their intervals, what it forecasts, and what to be warned of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.fits.base import Family, Floats
from agentscale.analysis.fits.uncertainty import Interval
from agentscale.analysis.intervals import quantiles

_REACH = 4.0  # times the largest x, beyond which a forecast is warned of


@dataclass(frozen=True, slots=True)
class CurveValues:
    """A fitted curve at some x, each of the shape of x."""

    value: Floats
    low: Floats
    """95 % interval over refitted resamples; ``nan`` without them. It knows nothing of the family being wrong."""
    high: Floats
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurveFit:
    """A family fitted to points."""

    family: Family
    params: dict[str, float]
    profile: dict[str, Interval]
    """95 % intervals by profile of the loss, which takes the points for independent."""
    bootstrap: dict[str, Interval]
    """95 % intervals over refitted resamples, which carry the dependence of the points; empty without resamples."""
    drawn: Floats
    """Parameters of every resample, shape (B, k); B = 0 without."""
    loss: float
    """Σ of Huber's loss over residuals in standard errors."""
    aicc: float
    """``inf`` where there are too few points for the parameters."""
    r2: float
    """1 − Σ(y − f)²/Σ(y − ȳ)². High for wrong laws too: compare families, and look at ``held_out``."""
    held_out: float
    """Root mean square error at the largest 30 % of x, fitted on the others; ``nan`` where those are too few."""
    optima: tuple[dict[str, float], ...]
    """Up to ten distinct optima, the best first."""
    x: Floats
    y: Floats
    warnings: tuple[str, ...]

    def at(self, x: ArrayLike) -> CurveValues:
        """The curve at x, with its interval and a warning beyond four times the largest fitted x."""
        places = np.asarray(x, dtype=np.float64)
        flat, theta = places.reshape(-1), np.array(list(self.params.values()))
        value = self.family.value(flat, theta)
        low = high = np.full(flat.shape, np.nan)
        if len(self.drawn):
            curves = self.family.value(flat, self.drawn)
            low, high = (quantiles(curves, np.full(len(flat), level)) for level in (0.025, 0.975))
        far = float(flat.max(initial=0.0) / self.x.max())
        text = f"{far:.3g} times beyond the largest fitted x: the family decides, not the data"
        shape = places.shape
        told = (text,) if far > _REACH else ()
        return CurveValues(value.reshape(shape), low.reshape(shape), high.reshape(shape), told)
