"""Cliques on a ring, each with one link to the next."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Topology


class Caveman(Topology):
    """The connected caveman graph, symmetric: in each cave all read all, but one link goes to the cave before.

    Reference: D. J. Watts, "Networks, dynamics, and the small-world phenomenon", American Journal of Sociology 105
    (1999).
    """

    name: ClassVar[str] = "caveman"

    size: int = Field(default=4, ge=3)
    """Agents in a cave."""

    def unfit(self, n: int) -> str | None:
        """Caves are full, and there are two or more."""
        if n % self.size or n < 2 * self.size:
            return f"caves of {self.size} need two or more full ones: {2 * self.size}, {3 * self.size}, … agents"
        return None

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The caves one after the other."""
        return nx.connected_caveman_graph(n // self.size, self.size).to_directed()
