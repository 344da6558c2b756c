"""Agents that stand near one another."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from agentscale.rewiring import near
from agentscale.topology.base import POSITIONS
from agentscale.topology.embedded import Embedded


def proximity_graph(positions: ArrayLike, radius: float) -> nx.DiGraph:
    """Who stands within ``radius`` of whom, as a symmetric graph; for agents that move, made again at each step.

    Args:
        positions: Shape (n, d), n ≥ 1, in any unit of length. In the plane, d = 2, the graph carries them.
        radius: Largest distance at which two read one another, in the same unit, ≥ 0; that distance is included.

    Raises:
        SpecError: If positions are no table of finite numbers, or the radius is negative.
    """
    pairs, places = near(positions, radius), np.asarray(positions, np.float64)
    graph = nx.empty_graph(len(places), create_using=nx.DiGraph)
    graph.add_edges_from(pairs.tolist())
    if places.shape[1] == 2:
        graph.graph[POSITIONS] = tuple((x, y) for x, y in places.tolist())
    return graph


class Proximity(Embedded):
    """Agents within a radius of one another read one another; positions from a file, or even in the unit square.

    References: drawn, it is the random geometric graph of E. N. Gilbert, "Random plane networks", Journal of the
    Society for Industrial and Applied Mathematics 9 (1961); for agents R. Takata, A. Masumori and T. Ikegami,
    "Spontaneous emergence of agent individuality through social interactions in LLM-based communities", arXiv
    2411.03252.
    """

    name: ClassVar[str] = "proximity"
    looser: ClassVar[str] = "a larger radius"

    radius: float = Field(default=0.5, gt=0)
    """Largest distance at which two agents read one another."""

    def _draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        return rng.random((n, 2))

    def _join(self, vectors: NDArray[np.float64]) -> nx.DiGraph:
        return proximity_graph(vectors, self.radius)
