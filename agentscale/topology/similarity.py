"""Agents that are alike."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from agentscale.rewiring import Measure, alike
from agentscale.topology.embedded import Embedded


def similarity_graph(vectors: ArrayLike, threshold: float, measure: Measure = "cosine") -> nx.DiGraph:
    """Who is at least ``threshold`` like whom, as a symmetric graph; for agents that change, made again at each step.

    Args:
        vectors: As for `agentscale.rewiring.similarities`.
        threshold: Least similarity at which two read one another.
        measure: What alike means.

    Raises:
        SpecError: As for `agentscale.rewiring.similarities`.
    """
    graph = nx.empty_graph(len(np.asarray(vectors)), create_using=nx.DiGraph)
    graph.add_edges_from(alike(vectors, threshold, measure).tolist())
    return graph


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
