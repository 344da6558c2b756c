"""Studentised bootstrap: what is resampled is the distance from the truth in standard errors, on an even scale.

A bounded statistic of few questions (a correlation of 32) has an error that changes with its value, and BCa corrects
that only in part. Here every resample has a standard error of its own, from the gradient of the statistic in the column
means (the delta method), and the ends are value − t·error with t the quantiles of (resample − value)/error (Efron &
Tibshirani 1993, section 12.5). All resamples are one matrix product, of the columns and of their products.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TAILS = (0.025, 0.975)
_UNDEFINED = 0.01  # share of resamples without a standard error beyond which the others are no sample of them all


class Scale(NamedTuple):
    """A scale on which a statistic of column means has about the same error wherever it stands."""

    on: Callable[[Floats], tuple[Floats, Floats]]
    """Means (…, C) to the statistic on the scale (…) and its gradient in the means (…, C); what is not finite is not
    defined."""
    back: Callable[[Floats], Floats]
    """From the scale to the statistic, rising."""


def studentised_ends(
    columns: Floats, resampled: Callable[[Floats], Floats], scale: Scale
) -> tuple[float, float] | None:
    """Ends of the 95 % interval of a statistic of the means of ``columns``, shape (Q, C).

    Args:
        columns: A row a question, all of it finite.
        resampled: Columns (Q, K) to their means in every resample, (B, K), as `resampled_means` gives them.
        scale: Of the statistic.

    Returns:
        ``None`` where the statistic or its error is not defined, or is not in more than one of a hundred resamples: too
        few questions differ for it.
    """
    first, second = np.triu_indices(columns.shape[1])
    moments = np.concatenate([columns, columns[:, first] * columns[:, second]], axis=1)
    value, error = _studentised(moments.mean(axis=0)[None], len(columns), scale)
    values, errors = _studentised(resampled(moments), len(columns), scale)
    defined = np.isfinite(values) & (errors > 0)
    if not (np.isfinite(value[0]) and error[0] > 0 and (~defined).mean() <= _UNDEFINED):
        return None
    low, high = np.quantile((values[defined] - value) / errors[defined], _TAILS)
    ends = scale.back(np.concatenate([value - high * error, value - low * error]))
    return float(ends[0]), float(ends[1])


def _studentised(moments: Floats, n: int, scale: Scale) -> tuple[Floats, Floats]:
    """The statistic on its scale and its standard error, each (…), from means of columns and of their products."""
    size = int((np.sqrt(8 * moments.shape[-1] + 9) - 3) / 2)
    means, products = moments[..., :size], moments[..., size:]
    value, gradient = scale.on(means)
    first, second = np.triu_indices(size)
    twice = np.where(first == second, 1.0, 2.0)
    spread = products - means[..., first] * means[..., second]
    with np.errstate(invalid="ignore", over="ignore"):  # what is not defined stays so
        variance = (twice * gradient[..., first] * gradient[..., second] * spread).sum(axis=-1)
        # Below rounding of its terms a variance is none, and a standard error of chance digits would be one over it.
        scaled = (np.abs(gradient[..., first] * gradient[..., second]) * np.abs(products)).sum(axis=-1)
        sound = np.isfinite(variance) & (variance > 1e-12 * scaled)
    return value, np.where(sound, np.sqrt(np.where(sound, variance, 1.0) / (n - 1)), np.nan)
