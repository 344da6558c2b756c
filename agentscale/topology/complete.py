"""Everybody reads everybody."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Topology


class Complete(Topology):
    """All n(n−1) edges."""

    name: ClassVar[str] = "complete"

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The complete graph; a lone node for n = 1."""
        return nx.complete_graph(n, create_using=nx.DiGraph)
