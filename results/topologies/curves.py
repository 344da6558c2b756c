"""The logistic law beside its rivals: on planted curves, and on what was measured."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis import FAMILIES, CurveFit, fit_curve
from agentscale.randomness import keyed

Floats = NDArray[np.float64]

RIVALS = ("constant", "power_gap", "logistic_linear", "logistic")
SIZES = 2.0 ** np.arange(7)
"""n of the paper's law: 1 to 64."""
HEIGHTS = (0.1, 0.3)
"""How far the planted curve rises; published qualities span less than the first."""
PLANTED = {"beta": 1.5, "gamma": 3.0, "delta": 0.5}
"""The planted logistic in log2 n: its middle is at eight agents."""
NOISE, DATA_SETS = 0.02, 100
FREE = {name: len(FAMILIES[name].parameters) for name in RIVALS}


class Recovered(NamedTuple):
    """What seven noisy points of a planted logistic say of it."""

    height: float
    middle: float
    """Median of the fitted middles, in log2 n."""
    low: float
    """95 % of the fitted middles lie from here …"""
    high: float
    """… to here."""
    chosen: dict[str, float]
    """How often AICc chooses each family, least squares, known errors."""


def recovered(height: float) -> Recovered:
    """Fits all rivals to many data sets of one planted curve."""
    curve = FAMILIES["logistic"].at(SIZES, alpha=height, **PLANTED)
    noisy = curve + NOISE * keyed(0, "planted", height).standard_normal((DATA_SETS, len(SIZES)))
    fits = [fit_curve(FAMILIES[name], SIZES, curve, draws=noisy, huber=np.inf) for name in RIVALS]
    scores = np.stack([_aicc(fit, noisy) for fit in fits], axis=1)
    best = scores.argmin(axis=1)
    middles = fits[-1].drawn[:, fits[-1].family.names.index("gamma")]
    low, middle, high = np.quantile(middles, (0.025, 0.5, 0.975))
    chosen = {name: float(np.mean(best == at)) for at, name in enumerate(RIVALS)}
    return Recovered(height, float(middle), float(low), float(high), chosen)


def _aicc(fit: CurveFit, noisy: Floats) -> Floats:
    """χ² + 2k with its correction, of every data set."""
    squares = np.square((noisy - fit.family.value(SIZES, fit.drawn)) / NOISE).sum(axis=1)
    k, n = FREE[fit.family.name], len(SIZES)
    return np.asarray(squares + 2 * k + 2 * k * (k + 1) / (n - k - 1))


class Measured(NamedTuple):
    """A family fitted to a measured curve."""

    family: str
    aicc: float
    r2: float
    middle: float
    """Of a logistic in log2 n; nan for the others."""
    low: float
    high: float


def fitted(sizes: Floats, values: Floats, draws: Floats) -> list[Measured]:
    """All rivals on one curve, with the resamples of its questions."""
    found = []
    for name in RIVALS:
        fit = fit_curve(FAMILIES[name], sizes, values, draws=draws, huber=np.inf)
        has = name == "logistic"
        ends = fit.bootstrap["gamma"] if has else (np.nan, np.nan)
        found.append(Measured(name, fit.aicc, fit.r2, fit.params["gamma"] if has else np.nan, *ends))
    return found
