"""Newcomers link to those who have many links."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Topology


class BarabasiAlbert(Topology):
    """The Barabási–Albert graph, symmetric: it grows by agents that link to m others in proportion to their links.

    It begins with a star of m+1 agents and is connected. A few agents are read by many.

    Reference: A.-L. Barabási and R. Albert, "Emergence of scaling in random networks", Science 286 (1999).
    """

    name: ClassVar[str] = "barabasi_albert"

    m: int = Field(default=2, ge=1)
    """Links of a newcomer."""

    def unfit(self, n: int) -> str | None:
        """The star that it begins with must be there."""
        return f"m = {self.m} links of a newcomer need more than {self.m} agents" if n <= self.m else None

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A draw with m(n−m) links, each both ways."""
        return nx.barabasi_albert_graph(n, self.m, seed=rng).to_directed()
