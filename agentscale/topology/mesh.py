"""Everybody reads all that stand before it."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Directed


class Mesh(Directed):
    """Agent i reads 0 … i−1: the densest graph without a cycle, n(n−1)/2 edges.

    Reference: C. Qian et al., "Scaling large language model-based multi-agent collaboration", ICLR 2025.
    """

    name: ClassVar[str] = "mesh"

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """All edges u → v with u < v."""
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        graph.add_edges_from((u, v) for v in range(n) for u in range(v))
        return graph
