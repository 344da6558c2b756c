"""What a fit is warned of: rival optima, parameters that the data do not bound, intervals too good to be true."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.fits.base import Floats
from agentscale.analysis.fits.result import CurveFit

NEAR = 1.92
"""Excess of the loss up to which another optimum fits as well: half of χ²(1) at 95 %."""
_NARROW = 0.1  # width of an interval / value · √points: 0.03 for the first Chinchilla fit, 2.5 for its replication


def about_optima(found: CurveFit, losses: Floats, missed: float) -> Iterator[str]:
    """Where other optima, or few starts, speak against the best one.

    Args:
        found: The fit.
        losses: Of its optima.
        missed: Share of the starts that ended elsewhere.
    """
    near = [at for at in range(1, len(losses)) if losses[at] - losses[0] < NEAR]
    for name, value in found.params.items():
        others = [found.optima[at][name] for at in near]
        if others and max(abs(other - value) for other in others) > 0.1 * (abs(value) + 1e-9):
            yield f"several optima fit nearly as well: {name} between {min([value, *others]):.3g} and " + (
                f"{max([value, *others]):.3g}"
            )
    if missed > 0.5:
        yield f"{missed:.0%} of the starts missed the best optimum"
    if not np.isfinite(found.aicc):
        yield f"{len(found.x)} points are too few for {len(found.params)} parameters to be compared with other families"


def about_intervals(found: CurveFit, residual: Floats, n: int) -> Iterator[str]:
    """Where the intervals say too much or too little.

    Args:
        found: The fit.
        residual: In standard errors, shape (P,).
        n: Points.
    """
    for parameter in found.family.parameters:
        low, high = found.profile[parameter.name]
        ends = parameter.range_in(found.x, found.y)
        if low <= ends[0] + 1e-6 * abs(ends[0]) + 1e-8 or high >= ends[1] * (1 - 1e-6) - 1e-8:
            yield f"{parameter.name} is not bounded by the data: its profile reaches an end of its range"
        if parameter.unit != "y" and parameter.name in found.bootstrap:
            width = found.bootstrap[parameter.name].high - found.bootstrap[parameter.name].low
            if width * np.sqrt(n) < _NARROW * abs(found.params[parameter.name]):
                yield f"the interval of {parameter.name} is implausibly narrow for {n} points"
    freedom = n - len(found.params)
    if len(found.drawn) and freedom > 0 and float(np.square(residual).sum()) > 4 * freedom:
        yield "the points lie further from the curve than their errors allow: the intervals are too narrow"
