"""Everybody reads the one before."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Directed


class Chain(Directed):
    """Agent i reads i−1; agent 0 reads nobody. The graph has no cycle."""

    name: ClassVar[str] = "chain"

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The chain 0 → 1 → … → n−1."""
        return nx.path_graph(n, create_using=nx.DiGraph)
