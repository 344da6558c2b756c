"""From resampled values to the ends of an interval: BCa, with tails as wide as Student's t for few questions.

A plain percentile interval of n questions is too narrow by √((n − 1)/n), uses normal tails, and sits on the wrong side
of a skewed mean: with 32 questions at 90 % it covers 83 times in 100. BCa mends the skew (Efron 1987), the widened
tails the rest (Hesterberg 2015, "expanded percentile"). Nothing here draws: draws come in, for many columns at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TAIL = 0.025
_NORMAL = 1e9  # degrees of freedom from which Student's t is the normal law
_ALIKE = 1e-12  # values of a resample that differ by rounding only …
_CLOSE = 1e-5  # … or by so much of all that they spread over, where single precision made them


class Shape(NamedTuple):
    """How a statistic varies with its questions, by column: what BCa and the tails need beside the draws."""

    acceleration: Floats
    """A sixth of the skewness of the statistic, Σ l³ / 6 (Σ l²)^(3/2) over the influence l of each question."""
    widening: Floats
    """Unbiased standard error over that of the bootstrap: √(n/(n − 1)) for one stratum."""
    freedom: Floats
    """Degrees of freedom of the standard error, Welch–Satterthwaite over strata; ``inf`` where nothing varies."""


def shape_of(influence: Sequence[Floats]) -> Shape:
    """The shape of statistics from the influence of every question, one array (Q of the stratum, columns) a stratum.

    The influence of a question is what the statistic moves by, per unit of weight that the question gains; it sums to 0
    within a stratum. ``nan`` where a column is not defined at a question.
    """
    n, second, third = (np.stack(sums) for sums in zip(*map(_sums, influence), strict=True))
    variance = second * np.where(n > 1, n / np.maximum(n - 1, 1), 0.0)
    spread, total = second.sum(axis=0), variance.sum(axis=0)
    varies = spread > 0
    safe = np.where(varies, spread, 1.0)
    squares = np.where(varies, (variance**2 / np.maximum(n - 1, 1)).sum(axis=0), 1.0)
    return Shape(
        acceleration=np.where(varies, third.sum(axis=0) / (6 * safe**1.5), 0.0),
        widening=np.where(varies, np.sqrt(total / safe), 1.0),
        freedom=np.where(varies & (squares > 0), total**2 / np.where(squares > 0, squares, 1.0), np.inf),
    )


def bca_ends(drawn: Floats, value: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """Ends of the 95 % interval of each column.

    Args:
        drawn: Values of the resamples, shape (B, columns); ``nan`` where one is not defined in a resample.
        value: The statistic itself, shape (columns,).
        shape: From :func:`shape_of`, each field of shape (columns,).

    Returns:
        Low and high, shape (columns,); ``nan`` where the statistic or no resample is defined.
    """
    from scipy.special import ndtr, stdtrit

    ordered = _ordered(drawn)
    bias = _bias(ordered, value)
    reach = shape.widening * stdtrit(np.clip(shape.freedom, 1.0, _NORMAL), 1 - _TAIL)
    low, high = (_adjusted(bias, sign * reach, shape.acceleration) for sign in (-1.0, 1.0))
    return _picked(ordered, ndtr(low)), _picked(ordered, ndtr(high))


def percentile_ends(drawn: Floats) -> tuple[Floats, Floats]:
    """Ends of the plain 95 % percentile interval of each column of draws (B, columns)."""
    ordered, columns = _ordered(drawn), np.ones(drawn.shape[1])
    return _picked(ordered, _TAIL * columns), _picked(ordered, (1 - _TAIL) * columns)


def quantiles(drawn: Floats, level: Floats) -> Floats:
    """The quantile of each column (B, columns) at a level of its own (columns,), over the draws that are defined."""
    return _picked(_ordered(drawn), level)


def _ordered(drawn: Floats) -> Floats:
    """The draws of each column in ascending order, ``nan`` last, shape (columns, B): one stretch of memory each."""
    rows = np.array(drawn.T, order="C")
    rows.sort(axis=1)
    return rows


def _picked(ordered: Floats, level: Floats) -> Floats:
    count = np.isfinite(ordered).sum(axis=1)
    place = np.where(np.isfinite(level), level, 0.5) * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    columns = np.arange(len(ordered))
    part = place - below
    found = (1 - part) * ordered[columns, below] + part * ordered[columns, above]
    return np.asarray(np.where((count > 0) & np.isfinite(level), found, np.nan))


def _sums(part: Floats) -> tuple[Floats, Floats, Floats]:
    """How many are defined, Σ l² and Σ l³, by column."""
    defined = np.isfinite(part)
    filled = np.where(defined, part, 0.0)
    return (
        defined.sum(axis=0).astype(np.float64),
        np.einsum("qc,qc->c", filled, filled),
        np.einsum("qc,qc,qc->c", filled, filled, filled),
    )


def _bias(ordered: Floats, value: Floats) -> Floats:
    """z_0: how far the statistic stands from the median of its draws, in normal units; ties count half."""
    from scipy.special import ndtri

    least, most = (_picked(ordered, np.full(len(ordered), level)) for level in (0.0, 1.0))
    near = _ALIKE * np.maximum(1.0, np.abs(value)) + _CLOSE * np.where(most > least, most - least, 0.0)
    ends = zip(ordered, value - near, value + near, strict=True)
    below, upto = (
        np.array([(row.searchsorted(low, "left"), row.searchsorted(high, "right")) for row, low, high in ends])
        .reshape(-1, 2)
        .T
    )
    count = np.where(np.isfinite(value), np.isfinite(ordered).sum(axis=1), np.nan)
    return np.asarray(ndtri((0.5 * (below + upto) + 0.5) / (count + 1)))


def _adjusted(bias: Floats, reach: Floats, acceleration: Floats) -> Floats:
    moved = bias + reach
    return np.asarray(bias + moved / np.maximum(1 - acceleration * moved, 0.05))
