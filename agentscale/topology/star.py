"""All others read one agent, which reads nobody."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np

from agentscale.topology.base import Directed


class Star(Directed):
    """Agents 1 … n−1 read agent 0; reversed, agent 0 reads all others. The graph has no cycle, as a hub's has.

    Reference: C. Qian et al., "Scaling large language model-based multi-agent collaboration", ICLR 2025.
    """

    name: ClassVar[str] = "star"

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The star 0 → 1, …, 0 → n−1; a lone node for n = 1."""
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        graph.add_edges_from((0, leaf) for leaf in range(1, n))
        return graph
