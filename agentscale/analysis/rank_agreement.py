"""Spearman's rank correlation of two measures of the same things, over cells and over the questions within cells.

It leaves out what either measure does not define, and says nothing where there is nothing to rank.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together

Floats = NDArray[np.float64]
FEWEST = 3
"""Things to rank; two are always in the same order or in the opposite one."""
_DIGITS = 9  # after the point: K* of equal texts is 1 but for its last digits, and noise must not be ranked


def spearman(x: ArrayLike, y: ArrayLike) -> Floats:
    """Rank correlation down the first axis: Pearson's of the mean ranks, so that ties count as ties.

    Args:
        x: Shape (n, …).
        y: The same things by another measure, shape (n, …). A pair with a value that is not finite is left out.

    Returns:
        Shape (…), −1 to 1; ``nan`` with fewer than three pairs, or where either measure is the same for all.

    Raises:
        SpecError: shapes that do not fit together.

    Reference: Spearman, "The proof and measurement of association between two things", 1904.
    """
    from scipy.stats import rankdata

    one, other = together(x=np.atleast_1d(np.asarray(x, dtype=np.float64)), y=np.asarray(y, dtype=np.float64))
    paired = np.isfinite(one) & np.isfinite(other)
    count = paired.sum(axis=0)
    ranks = [_centred(rankdata(np.where(paired, part, np.inf), axis=0), paired, count) for part in (one, other)]
    first, second = ranks
    scale = np.sqrt(np.square(first).sum(axis=0) * np.square(second).sum(axis=0))
    told = (count >= FEWEST) & (scale > 0)
    return np.asarray(np.where(told, (first * second).sum(axis=0) / np.where(told, scale, 1.0), np.nan))


def over_cells(values: Floats) -> float:
    """Rank correlation of the cells' means.

    Args:
        values: Values by question, measure and cell, shape (Q, 2, C).
    """
    first, second = _cell_means(values)
    return float(spearman(first, second))


def over_cells_of_a_size(values: Floats, sizes: NDArray[np.int64]) -> float:
    """The same among cells of one team size only, averaged over the sizes that have enough of them.

    Any measure of diversity grows with the team, so over cells of all sizes any two agree.

    Args:
        values: As above.
        sizes: Team size of each cell, shape (C,).
    """
    first, second = _cell_means(values)
    return _mean(np.array([spearman(first[sizes == size], second[sizes == size]) for size in np.unique(sizes)]))


def over_questions(values: Floats) -> float:
    """Rank correlation over the questions of a cell, averaged over cells; ``values`` as above."""
    return _mean(spearman(*np.round(values, _DIGITS).transpose(1, 0, 2)))


def _cell_means(values: Floats) -> Floats:
    """Means over the questions at which both measures are defined, shape (2, C)."""
    both = np.isfinite(values).all(axis=1, keepdims=True)
    count = both.sum(axis=0)
    total = np.where(both, values, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan)).round(_DIGITS)


def _centred(ranks: Floats, paired: NDArray[np.bool_], count: NDArray[np.int64]) -> Floats:
    """Ranks less their mean, 0 where there is no pair: those have the last ranks, and move no other."""
    return np.asarray(np.where(paired, ranks - (count + 1) / 2, 0.0))


def _mean(values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")
