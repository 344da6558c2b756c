"""Agents that are alike."""

from __future__ import annotations

from typing import ClassVar, Literal

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from agentscale.errors import SpecError
from agentscale.topology.embedded import Embedded

Measure = Literal["cosine", "jaccard"]
"""cosine: x·y / (‖x‖‖y‖), in [−1, 1]. jaccard: Σ min(x, y) / Σ max(x, y) of numbers ≥ 0, in [0, 1]; of 0 and 1 it is
the share of what both have in what either has."""


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


def similarity_graph(vectors: ArrayLike, threshold: float, measure: Measure = "cosine") -> nx.DiGraph:
    """Who is at least ``threshold`` like whom, as a symmetric graph; for agents that change, made again at each step.

    Args:
        vectors: As for `similarities`.
        threshold: Least similarity at which two read one another.
        measure: What alike means.

    Raises:
        SpecError: As for `similarities`.
    """
    alike = np.triu(similarities(vectors, measure) >= threshold, 1)
    graph = nx.empty_graph(len(alike))
    graph.add_edges_from(np.argwhere(alike).tolist())
    return graph.to_directed()


class Similarity(Embedded):
    """Agents that are alike read one another: vectors from a file, or drawn.

    Drawn vectors are normal for ``cosine`` and even in (0, 1] for ``jaccard``.

    Reference: the threshold on Jaccard similarity of holdings in Y. Yang et al., "TwinMarket", arXiv 2502.01506.
    """

    name: ClassVar[str] = "similarity"
    looser: ClassVar[str] = "a smaller threshold"

    threshold: float = Field(default=0.2, ge=-1, le=1)
    """Least similarity at which two agents read one another."""
    measure: Measure = "cosine"
    """``cosine``, or ``jaccard`` of numbers ≥ 0."""
    dimensions: int = Field(default=8, ge=1)
    """Of vectors that are drawn."""

    def _draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        shape = (n, self.dimensions)
        return rng.standard_normal(shape) if self.measure == "cosine" else 1.0 - rng.random(shape)

    def _join(self, vectors: NDArray[np.float64]) -> nx.DiGraph:
        return similarity_graph(vectors, self.threshold, self.measure)
