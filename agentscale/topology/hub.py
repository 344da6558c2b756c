"""One agent reads all; the others read only that one."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Topology


class Hub(Topology):
    """Agent 0 reads all others, and they read agent 0."""

    name: ClassVar[str] = "hub"

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The hub with its 2(n−1) edges; a lone node for n = 1."""
        return nx.star_graph(n - 1).to_directed()
