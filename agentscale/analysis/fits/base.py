"""What a family of curves is: a formula with its gradient, and for each parameter its range and where to start looking.

Parameters are fitted on a scale of their own (``free``): the logarithm of a positive one, the logit of one that lies in
an interval. Ranges are told in units of the data, so that the same family serves shares, bits and tokens. Families know
nothing of data, losses or optimisers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Unit = Literal["1", "y", "x", "1/x", "log2 x", "from x"]
_FAR = 20.0  # logits: within 2e-9 of the end of an interval


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a family, its range and the range of its starts, both in units of the data."""

    name: str
    scale: Literal["positive", "inside", "real"]
    """On which scale it is fitted: logarithm, logit between the ends of its range, or as it is."""
    low: float
    high: float
    first: float
    """Starts are drawn evenly, on the scale of the fit, from here …"""
    last: float
    """… to here."""
    unit: Unit = "1"
    """1; the largest |y|; the largest x; one over it; or the span of log2 x or of x, where 0 is the smallest x and 1
    the largest."""

    def range_in(self, x: Floats, y: Floats) -> tuple[float, float]:
        """Lower and upper end for these data."""
        zero, one = _unit(self.unit, x, y)
        return zero + one * self.low, zero + one * self.high

    def starts_in(self, x: Floats, y: Floats) -> tuple[float, float]:
        """Ends of the starts for these data, inside the range."""
        zero, one = _unit(self.unit, x, y)
        low, high = self.range_in(x, y)
        inner = 1e-6 * (high - low) if self.scale == "inside" else 0.0
        ends = np.clip([zero + one * self.first, zero + one * self.last], low + inner, high - inner)
        return float(ends[0]), float(ends[1])


@dataclass(frozen=True, slots=True)
class Family:
    """A family of curves y = f(x; θ).

    ``value`` and ``slope`` take x of shape (P,) and θ of shape (…, k): shapes (…, P) and (…, P, k).
    """

    name: str
    formula: str
    parameters: tuple[Parameter, ...]
    value: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    """∂f/∂θ."""
    given_at: tuple[float, ...] = ()
    """Values of x at which every member has the same value by construction: such points are not counted or fitted."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of θ."""
        return tuple(parameter.name for parameter in self.parameters)

    def at(self, x: ArrayLike, **theta: float) -> Floats:
        """The curve with these parameters, shape of x.

        Raises:
            SpecError: parameters that are not those of the family.
        """
        if set(theta) != set(self.names):
            raise SpecError(f"parameters {sorted(theta)}", key=self.name, allowed=", ".join(self.names))
        points = np.asarray(x, dtype=np.float64)
        return self.value(points.reshape(-1), np.array([theta[name] for name in self.names])).reshape(points.shape)


@dataclass(frozen=True, slots=True)
class Chart:
    """A family's parameters on the scale on which they are fitted, for given data."""

    family: Family
    low: Floats
    """Ends of the natural ranges, shape (k,)."""
    high: Floats
    positive: NDArray[np.bool_]
    """Which parameters are fitted as logarithms, shape (k,)."""
    inside: NDArray[np.bool_]
    """And which as logits."""

    @classmethod
    def of(cls, family: Family, x: Floats, y: Floats) -> Chart:
        """The chart of a family for these data."""
        ends = np.array([parameter.range_in(x, y) for parameter in family.parameters]).reshape(-1, 2)
        scales = [parameter.scale for parameter in family.parameters]
        positive, inside = (np.array([scale == which for scale in scales]) for which in ("positive", "inside"))
        return cls(family, ends[:, 0], ends[:, 1], positive, inside)

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Ends on the scale of the fit."""
        low, high = (np.where(self.positive, _log(end), end) for end in (self.low, self.high))
        return np.where(self.inside, -_FAR, low), np.where(self.inside, _FAR, high)

    def free(self, theta: Floats) -> Floats:
        """θ on the scale of the fit, shape kept."""
        share = np.clip((theta - self.low) / (self.high - self.low), 1e-300, 1.0)
        logit = _log(share) - _log(np.clip(1 - share, 1e-300, 1.0))
        return np.where(self.inside, logit, np.where(self.positive, _log(theta), theta))

    def natural(self, free: Floats) -> Floats:
        """θ from the scale of the fit."""
        share = self.low + (self.high - self.low) * _expit(free)
        return np.where(self.inside, share, np.where(self.positive, _exp(free), free))

    def stretch(self, free: Floats) -> Floats:
        """∂θ/∂free."""
        share = _expit(free)
        slope = (self.high - self.low) * share * (1 - share)
        return np.where(self.inside, slope, np.where(self.positive, _exp(free), 1.0))


def stacked(*columns: ArrayLike) -> Floats:
    """Slopes by parameter, each broadcast to (…, P), as (…, P, k)."""
    return np.stack(np.broadcast_arrays(*columns), axis=-1).astype(np.float64)


def split(theta: Floats) -> tuple[Floats, ...]:
    """The parameters of θ (…, k), each of shape (…, 1) so that it broadcasts with x."""
    return tuple(theta[..., at, None] for at in range(theta.shape[-1]))


def _unit(unit: Unit, x: Floats, y: Floats) -> tuple[float, float]:
    """What 0 is and what 1 adds."""
    if unit == "y":
        return 0.0, float(np.abs(y).max()) or 1.0
    if unit in ("x", "1/x"):
        most = float(np.abs(x).max()) or 1.0
        return 0.0, most if unit == "x" else 1.0 / most
    if unit == "1":
        return 0.0, 1.0
    place = np.log2(x) if unit == "log2 x" else x
    return float(place.min()), float(np.ptp(place)) or 1.0


def _log(x: Floats) -> Floats:
    return np.asarray(np.log(np.where(x > 0, x, 1.0)))


def _exp(x: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(x, -700.0, 700.0)))


def _expit(x: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(x))
