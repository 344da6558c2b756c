"""Everybody reads the two neighbours on a circle."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Topology


class Ring(Topology):
    """Agent i reads i−1 and i+1 modulo n."""

    name: ClassVar[str] = "ring"

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The ring. A lone node for n = 1; for n = 2 one edge each way, since both neighbours are the same agent."""
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        for i in range(n if n > 1 else 0):
            graph.add_edges_from([(i, (i + 1) % n), ((i + 1) % n, i)])
        return graph
