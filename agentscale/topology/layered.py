"""Layers of agents, each of which reads the whole layer before."""

from __future__ import annotations

from itertools import accumulate, pairwise, product
from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Directed


class Layered(Directed):
    """Everybody reads all of the layer before; the first layer reads nobody. The graph has no cycle.

    Without parameters there are ⌊log₂ n⌋ layers, and at least two where there are two agents. With ``depth`` alone, so
    many layers of n // depth agents, what is left over in the first. With ``width``, layers of that many agents.

    References: ⌊log₂ n⌋ layers in C. Qian et al., "Scaling large language model-based multi-agent collaboration",
    ICLR 2025, whose own rule has no edge for 2 and 3 agents; ``width`` and ``depth`` with a ``sink`` in J. Wang et al.,
    "Mixture-of-agents enhances large language model capabilities", ICLR 2025.
    """

    name: ClassVar[str] = "layered"

    width: int | None = Field(default=None, ge=1)
    """Agents in a layer."""
    depth: int | None = Field(default=None, ge=1)
    """Layers, the sink not counted."""
    sink: bool = False
    """The last agent is no layer's: it reads all of the last one, and nobody reads it."""

    def unfit(self, n: int) -> str | None:
        """Layers must come out even where their width is given, and nobody's layer is empty."""
        body, more = (n - 1, " and a sink") if self.sink else (n, "")
        if body < 1:
            return "a sink needs a layer to read"
        if self.width is None:
            short = self.depth is not None and body < self.depth
            return f"{self.depth} layers{more} need {(self.depth or 0) + self.sink} agents or more" if short else None
        if self.depth is None:
            return f"layers of {self.width}{more} do not come out even" if body % self.width else None
        whole = self.width * self.depth
        return f"{self.depth} layers of {self.width}{more} have {whole + self.sink} agents" if body != whole else None

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The layers one after the other, agents in order; a lone node for n = 1."""
        layers = self.layers(n)
        ends = [0, *accumulate(layers)]
        spans = [range(start, end) for start, end in pairwise(ends)]
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        for before, after in pairwise(spans):
            graph.add_edges_from(product(before, after))
        return graph

    def layers(self, n: int) -> list[int]:
        """How many agents each layer has, the sink as a layer of its own."""
        body = n - self.sink
        if self.width is not None:
            made = [self.width] * (body // self.width)
        else:
            depth = self.depth or max(body.bit_length() - 1, min(2, body))
            made = [body // depth] * depth
            made[0] += body % depth
        return [*made, 1] if self.sink else made
