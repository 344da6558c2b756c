"""Neighbours in the plane, as a triangulation says."""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import POSITIONS, Topology


class Delaunay(Topology):
    """The Delaunay triangulation of n points drawn evenly in the unit square, symmetric, planar and connected.

    Reference: B. Delaunay, "Sur la sphère vide", Izvestia Akademii Nauk SSSR 7 (1934); for agents F. Grötschla et al.,
    "AgentsNet: Coordination and collaborative reasoning in multi-agent LLMs", arXiv 2507.08616.
    """

    name: ClassVar[str] = "delaunay"

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The triangulation of a draw; up to three points are all neighbours. The graph has their positions."""
        points = rng.random((n, 2))
        graph = nx.empty_graph(n)
        for corners in _triangles(points):
            graph.add_edges_from(combinations(corners, 2))
        graph.graph[POSITIONS] = tuple((x, y) for x, y in points.tolist())
        return graph.to_directed()


def _triangles(points: np.ndarray) -> list[list[int]]:
    if len(points) <= 3:
        return [list(range(len(points)))]
    from scipy.spatial import Delaunay as Triangulation  # takes long to import, and no other topology needs it

    return [[int(corner) for corner in corners] for corners in Triangulation(points).simplices]
