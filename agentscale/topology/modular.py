"""Communities: many links within, few between."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Topology
from agentscale.topology.connecting import first_connected


class Modular(Topology):
    """The planted partition, symmetric: pairs of one community are joined with p_in, pairs of two with p_out.

    Communities follow one another in the order of the agents, and their sizes differ by at most one.

    Reference: A. Condon and R. M. Karp, "Algorithms for graph partitioning on the planted partition model", Random
    Structures and Algorithms 18 (2001).
    """

    name: ClassVar[str] = "modular"

    communities: int = Field(default=2, ge=1)
    """How many there are."""
    p_in: float = Field(default=0.8, ge=0, le=1)
    """Probability of a pair within a community."""
    p_out: float = Field(default=0.1, ge=0, le=1)
    """Probability of a pair of two communities."""
    connected: bool = True
    """Draw until the graph is connected."""

    def unfit(self, n: int) -> str | None:
        """Every community has an agent, and something must join them."""
        if n < self.communities:
            return f"{self.communities} communities need {self.communities} agents or more"
        if self.connected and self.p_out == 0 and self.communities > 1:
            return "p_out = 0 never connects two communities"
        return None

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A draw.

        Raises:
            SpecError: If no draw was connected.
        """
        if not self.connected:
            return self._draw(n, rng)
        return first_connected(
            lambda: self._draw(n, rng),
            f"modular graphs with n = {n}, p_in = {self.p_in} and p_out = {self.p_out}",
            key="modular",
            allowed="larger p_in and p_out, or connected: false",
        )

    def _draw(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        home = np.arange(n) * self.communities // n
        chance = np.where(home[:, None] == home, self.p_in, self.p_out)
        joined = np.argwhere(np.triu(rng.random((n, n)) < chance, 1))
        graph = nx.empty_graph(n)
        graph.add_edges_from(joined.tolist())
        return graph.to_directed()
