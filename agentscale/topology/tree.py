"""Everybody reads its parent in a tree that fills level by level."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Directed


class Tree(Directed):
    """Agent i reads its parent, (i−1) // branching, as in a heap; reversed, parents read their children.

    Reference: C. Qian et al., "Scaling large language model-based multi-agent collaboration", ICLR 2025, with two
    children a parent.
    """

    name: ClassVar[str] = "tree"

    branching: int = Field(default=2, ge=1)
    """Most children of a parent; 1 gives the chain."""

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The tree with the root 0; a lone node for n = 1."""
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        graph.add_edges_from(((child - 1) // self.branching, child) for child in range(1, n))
        return graph
