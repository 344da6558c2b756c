"""Each pair reads one another, or not, by a coin."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Topology
from agentscale.topology.connecting import first_connected


class ErdosRenyi(Topology):
    """The symmetric Erdős–Rényi graph G(n, p): each pair is joined, both ways, with probability p.

    With ``connected`` it is drawn anew until everybody can reach everybody, which changes the distribution: the
    sparser p, the denser what is left.

    Reference: P. Erdős and A. Rényi, "On random graphs I", Publicationes Mathematicae 6 (1959); in this form
    E. N. Gilbert, "Random graphs", Annals of Mathematical Statistics 30 (1959).
    """

    name: ClassVar[str] = "erdos_renyi"

    p: float = Field(default=0.5, ge=0, le=1)
    """Probability of each pair."""
    connected: bool = True
    """Draw until the graph is connected."""

    def unfit(self, n: int) -> str | None:
        """Without edges nothing of two nodes is connected."""
        return "p = 0 never gives a connected graph" if self.connected and self.p == 0 and n > 1 else None

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A draw of G(n, p).

        Raises:
            SpecError: If no draw was connected.
        """
        if not self.connected:
            return self._draw(n, rng)
        return first_connected(
            lambda: self._draw(n, rng),
            f"random graphs with n = {n} and p = {self.p}",
            key="erdos_renyi.p",
            allowed=f"p well above ln(n)/n = {np.log(n) / n:.3g}, or connected: false",
        )

    def _draw(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        graph = nx.empty_graph(n)
        for u in range(n - 1):
            joined = np.flatnonzero(rng.random(n - 1 - u) < self.p)
            graph.add_edges_from((u, u + 1 + int(step)) for step in joined)
        return graph.to_directed()
