"""Who stands near whom, and who is like whom: edges that follow from positions or from what agents hold."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Pairs = NDArray[np.int64]

Measure = Literal["cosine", "jaccard"]
"""cosine: x·y / (‖x‖‖y‖), in [−1, 1]. jaccard: Σ min(x, y) / Σ max(x, y) of numbers ≥ 0, in [0, 1]; of 0 and 1 it is
the share of what both have in what either has."""


def near(positions: ArrayLike, radius: float) -> Pairs:
    """Who stands within ``radius`` of whom, both ways.

    Args:
        positions: Shape (n, d), n ≥ 1, in any unit of length.
        radius: Largest distance at which two read one another, in the same unit, ≥ 0; that distance is included.

    Returns:
        Shape (E, 2), by reader and then by whom it reads.

    Raises:
        SpecError: If positions are no table of finite numbers, or the radius is negative.
    """
    from scipy.spatial import cKDTree

    places = np.asarray(positions, np.float64)
    if places.ndim != 2 or not len(places) or not np.isfinite(places).all():
        raise SpecError(f"positions of shape {places.shape}", key="positions", allowed="finite, of shape (n, d), n ≥ 1")
    if not radius >= 0:
        raise SpecError(f"got {radius!r}", key="radius", allowed="a distance of 0 or more")
    return _both_ways(cKDTree(places).query_pairs(radius, output_type="ndarray"))


def similarities(vectors: ArrayLike, measure: Measure = "cosine") -> NDArray[np.float64]:
    """How alike each two agents are, shape (n, n).

    Args:
        vectors: Shape (n, d), n ≥ 1, one agent a row, none of them all zeros; for ``jaccard`` without negative numbers.
        measure: What alike means.

    Raises:
        SpecError: If the vectors are no such table: similarity to a row of zeros is 0/0.
    """
    rows = np.asarray(vectors, np.float64)
    if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
        raise SpecError(f"vectors of shape {rows.shape}", key="vectors", allowed="finite, of shape (n, d), n ≥ 1")
    empty = np.flatnonzero(~rows.any(axis=1))
    if len(empty):
        raise SpecError(
            f"agent {empty[0]} has nothing but zeros", key="vectors", allowed="a number other than 0 in each"
        )
    if measure == "cosine":
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(np.clip(unit @ unit.T, -1.0, 1.0))
    if (rows < 0).any():
        agent = int(np.argwhere(rows < 0)[0, 0])
        raise SpecError(f"agent {agent} has a negative number", key="vectors", allowed="numbers ≥ 0 for jaccard")
    return np.stack([np.minimum(rows, row).sum(axis=1) / np.maximum(rows, row).sum(axis=1) for row in rows])


def alike(vectors: ArrayLike, threshold: float, measure: Measure = "cosine") -> Pairs:
    """Who is at least ``threshold`` like whom, both ways.

    Args:
        vectors: As for `similarities`.
        threshold: Least similarity at which two read one another.
        measure: What alike means.

    Returns:
        Shape (E, 2), by reader and then by whom it reads.

    Raises:
        SpecError: As for `similarities`.
    """
    return _both_ways(np.argwhere(np.triu(similarities(vectors, measure) >= threshold, 1)))


def _both_ways(pairs: NDArray[np.integer]) -> Pairs:
    whole = np.concatenate([pairs, pairs[:, ::-1]]).astype(np.int64)
    return whole[np.lexsort((whole[:, 0], whole[:, 1]))]
