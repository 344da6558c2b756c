"""Tests by permutation inside strata, and many tests at once.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import within
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]


class Permuted(NamedTuple):
    """A statistic against its permutations."""

    value: float
    p: float
    """Two-sided, (1 + #|s − mean| ≥ |value − mean|)/(1 + n): never 0."""
    z: float
    """Distance from the permutations' mean in their standard deviations; ``nan`` where they do not vary."""
    n: int


def permutation_test(
    x: ArrayLike,
    y: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    statistic: Callable[[Floats, Floats], float] | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Permuted:
    """Is x associated with y within strata? y is shuffled inside each stratum, so what strata share explains nothing.

    Args:
        x: Shape (P,).
        y: Shape (P,).
        strata: Labels, shape (P,), such as dataset × N; one stratum by default. Shuffling over datasets would let their
            difficulty pass for an effect.
        statistic: Of (x, y); the correlation of what is left after each stratum's means are taken out by default.
        n: Permutations, ≥ 1.
        seed: Of the draws.

    Raises:
        SpecError: shapes that do not fit, or n < 1.
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    labels = np.zeros(a.shape, dtype=np.int64) if strata is None else np.asarray(strata)
    if a.ndim != 1 or a.shape != b.shape or labels.shape != a.shape or n < 1:
        shapes = f"x {a.shape}, y {b.shape}, strata {labels.shape}, n = {n}"
        raise SpecError(shapes, key="strata", allowed="one shape (P,) for all, n ≥ 1")
    group = np.unique(labels, return_inverse=True)[1].reshape(-1)
    rng = keyed(seed, "permutation")
    own = statistic or (lambda left, right: correlation(centred(left, group), centred(right, group)))
    value = float(own(a, b))
    drawn = np.array([own(a, b[_shuffled(group, rng)]) for _ in range(n)])
    spread, middle = float(drawn.std()), float(drawn.mean())
    beyond = int((np.abs(drawn - middle) >= abs(value - middle) - 1e-12).sum())
    p = (1 + beyond) / (1 + n) if np.isfinite(value) else np.nan
    return Permuted(value, p, (value - middle) / spread if spread > 0 else np.nan, n)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p-values: rejecting those below q keeps the expected share of false ones among them below q.

    min over j ≥ i of p_(j)·m/j. ``nan`` stays ``nan`` and does not count as a test.

    Args:
        p: Shape (m,), 0 to 1.

    Raises:
        SpecError: another shape, or a number outside 0 to 1.
    """
    given = within("p", p, 0.0, 1.0)
    if given.ndim != 1:
        raise SpecError(f"p of shape {given.shape}", key="p", allowed="shape (m,)")
    adjusted = np.full(given.shape, np.nan)
    tests = np.flatnonzero(np.isfinite(given))
    order = tests[np.argsort(given[tests], kind="stable")]
    raised = given[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted


def centred(x: Floats, group: NDArray[np.int64]) -> Floats:
    """x, shape (P, …), without the mean of its group."""
    n = np.bincount(group)
    sums = np.zeros((len(n), *x.shape[1:]))
    np.add.at(sums, group, x)
    return np.asarray(x - (sums / n.reshape(-1, *[1] * (x.ndim - 1)))[group])


def correlation(a: Floats, b: Floats) -> float:
    """Uncentred correlation of two vectors; ``nan`` where one of them is 0 up to rounding."""
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-15 else np.nan


def _shuffled(group: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of the rows after a shuffle inside every group."""
    target = np.argsort(group, kind="stable")
    source = np.lexsort((rng.random(len(group)), group))
    places = np.empty(len(group), dtype=np.int64)
    places[target] = source
    return places
