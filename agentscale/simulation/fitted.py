"""What is said of a fit: parameters with their intervals, and moments of run and world side by side."""

from __future__ import annotations

import math
from typing import NamedTuple

Z95 = 1.959964
TELLING = 0.5
"""An identified parameter's spread is below this share of its prior's."""


class Fitted(NamedTuple):
    """One parameter."""

    name: str
    value: float
    low: float
    high: float
    """Its 95 % interval; for one that is not identified, what prior and run leave open."""
    identified: bool


class Fit(NamedTuple):
    """One moment."""

    name: str
    run: float
    world: float
    z: float
    """Run minus world, in standard deviations of worlds of the run's size."""


class Block(NamedTuple):
    """What one kind of evidence says of a world."""

    fitted: tuple[Fitted, ...]
    fits: tuple[Fit, ...]
    chi2: float
    """Σ of squared, decorrelated deviations of the moments."""
    degrees: float
    """Moments that vary, less the parameters' effective number, which counts one that the prior holds as none."""


class Free(NamedTuple):
    """A parameter that is fitted, on a scale without ends."""

    name: str
    low: float
    high: float
    """Its usual range (theory.md, section 11.2): the central 95 % of its prior."""
    scale: str
    """``log`` or ``logit``."""

    def out(self, value: float) -> float:
        """To the scale without ends."""
        return math.log(value) if self.scale == "log" else math.log(value / (1.0 - value))

    def back(self, value: float) -> float:
        """From it."""
        return math.exp(value) if self.scale == "log" else 1.0 / (1.0 + math.exp(-value))

    @property
    def prior(self) -> tuple[float, float]:
        """Mean and spread on that scale."""
        low, high = self.out(self.low), self.out(self.high)
        return (low + high) / 2.0, (high - low) / (2.0 * Z95)

    def found(self, at: float, error: float) -> Fitted:
        """What is said of a parameter that was found at a place of that scale, with that standard error."""
        ends = [self.back(at + side * Z95 * error) for side in (0, -1, 1)]
        return Fitted(self.name, ends[0], ends[1], ends[2], error < TELLING * self.prior[1])
