"""A random graph without a cycle."""

from __future__ import annotations

from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Directed
from agentscale.topology.connecting import first_connected


class RandomDag(Directed):
    """Agents read some of those before them, drawn at random among the n(n−1)/2 pairs.

    How many edges there are is drawn too, evenly from n−1 to all pairs, unless ``density`` fixes it. With ``connected``
    the graph is drawn anew until it hangs together: of 4 to 16 agents, 4 to 10 draws in 100 do not.

    Reference: C. Qian et al., "Scaling large language model-based multi-agent collaboration", ICLR 2025, there without
    ``connected``.
    """

    name: ClassVar[str] = "random_dag"

    density: float | None = Field(default=None, gt=0, le=1)
    """Share of the pairs that are joined."""
    connected: bool = True
    """Draw until the graph is connected."""

    def unfit(self, n: int) -> str | None:
        """Fewer than n−1 edges connect nothing."""
        if not self.connected or self.density is None or self._edges(n) >= n - 1:
            return None
        return f"{self._edges(n)} edges never connect {n} agents"

    def _edges(self, n: int) -> int:
        return round((self.density or 0.0) * n * (n - 1) / 2)

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A draw, with edges u → v only where u < v.

        Raises:
            SpecError: If no draw was connected.
        """
        if not self.connected:
            return self._draw(n, rng)
        return first_connected(
            lambda: self._draw(n, rng),
            f"random DAGs with n = {n} and {self._edges(n) or 'any number of'} edges",
            key="random_dag.density",
            allowed="a larger density, or connected: false",
        )

    def _draw(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        pairs = n * (n - 1) // 2
        count = int(rng.integers(n - 1, pairs + 1)) if self.density is None else self._edges(n)
        chosen = rng.choice(pairs, count, replace=False) if pairs else np.empty(0, np.int64)
        ends = np.arange(n) * (np.arange(n) + 1) // 2  # pairs in the order of v: 0→1, 0→2, 1→2, 0→3, …
        readers = np.searchsorted(ends, chosen, side="right")
        read = chosen - readers * (readers - 1) // 2
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        graph.add_edges_from(zip(read.tolist(), readers.tolist(), strict=True))
        return graph
