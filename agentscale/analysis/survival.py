"""How long commons last, over runs: Kaplan–Meier, and the share that ended in each month.

A run that reached its last month with a living pool is censored there: it lasted at least so long.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from agentscale.errors import SpecError


class Survival(NamedTuple):
    """A row for each month from 1 to the last one that a run has reached; all arrays have that length."""

    month: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    """Runs that began the month, that is neither ended nor were censored before."""
    ended: NDArray[np.int64]
    """Runs that ended in it."""
    share_ended: NDArray[np.float64]
    """The same as a share of all runs."""
    alive: NDArray[np.float64]
    """Kaplan–Meier's estimate of the chance to outlive the month, in [0, 1]: Π (1 − ended/at_risk)."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    """The interval of ``alive``; both are 1 where that is still 1, and ``nan`` where it is 0: Greenwood's variance says
    nothing there."""


def kaplan_meier(survival: ArrayLike, ended: ArrayLike, level: float = 0.95) -> Survival:
    """How long runs last.

    Args:
        survival: Months that each run lasted, whole and ≥ 1, shape (runs,).
        ended: Whether it ended then; else it is censored, shape (runs,).
        level: Confidence level of the interval, in (0, 1): Greenwood's variance, on the scale of log(−log).

    Raises:
        SpecError: Without a run, where shapes differ, or where a run lasted no whole month.
    """
    lasted, is_ended = np.asarray(survival, float), np.asarray(ended, bool)
    if lasted.ndim != 1 or lasted.shape != is_ended.shape or not lasted.size:
        raise SpecError(
            f"got {lasted.shape} runs that lasted and {is_ended.shape} that ended or not", allowed="one row of each"
        )
    if (lasted < 1).any() or (lasted % 1 != 0).any():
        raise SpecError(f"got a run of {lasted[(lasted < 1) | (lasted % 1 != 0)][0]:g} months", allowed="1, 2, …")
    months = np.arange(1, int(lasted.max()) + 1)
    ends = np.bincount(lasted[is_ended].astype(int), minlength=len(months) + 1)[1:]
    curve = stats.ecdf(stats.CensoredData.right_censored(lasted, ~is_ended)).sf
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined")  # where it is, `Survival` says
        interval = curve.confidence_interval(level, method="log-log")
    alive = curve.evaluate(months)
    return Survival(
        month=months,
        at_risk=(lasted >= months[:, None]).sum(axis=1),
        ended=ends,
        share_ended=ends / len(lasted),
        alive=alive,
        low=np.where(alive == 1, 1.0, interval.low.evaluate(months)),
        high=np.where(alive == 1, 1.0, interval.high.evaluate(months)),
    )
