"""A ring of neighbourhoods with shortcuts."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Topology
from agentscale.topology.connecting import first_connected


class SmallWorld(Topology):
    """The connected Watts–Strogatz graph, symmetric.

    Each node is joined to its k nearest on a ring, each edge is rewired with probability p, and all is drawn anew until
    the graph is connected. From p = 0 to 1 it goes from a lattice to a random graph.

    Reference: D. J. Watts and S. H. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393 (1998).
    """

    name: ClassVar[str] = "small_world"

    k: int = Field(default=4, ge=2, multiple_of=2)
    """Neighbours on the ring, half of them on each side: an even number."""
    p: float = Field(default=0.1, ge=0, le=1)
    """Probability that an edge is rewired."""

    def unfit(self, n: int) -> str | None:
        """Nobody has k other nodes where n ≤ k."""
        return f"k = {self.k} neighbours need more than {self.k} agents" if n <= self.k else None

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A connected draw.

        Raises:
            SpecError: If no draw was connected.
        """
        return first_connected(
            lambda: nx.watts_strogatz_graph(n, self.k, self.p, seed=rng).to_directed(),
            f"small worlds with n = {n}, k = {self.k} and p = {self.p}",
            key="small_world",
            allowed="a larger k or a smaller p",
        )
