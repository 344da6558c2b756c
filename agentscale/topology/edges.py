"""A graph that is written out."""

from __future__ import annotations

from typing import Annotated, ClassVar

import networkx as nx
import numpy as np
from pydantic import Field, field_validator

from agentscale.topology.base import Directed

Node = Annotated[int, Field(ge=0)]


class Edges(Directed):
    """The edges u → v that are listed: v reads u. Whoever stands in none reads nobody."""

    name: ClassVar[str] = "edges"

    links: tuple[tuple[Node, Node], ...]
    """The edges, each once and none from an agent to itself: ``[[0, 2], [1, 2]]``."""

    @field_validator("links")
    @classmethod
    def _edges_are_edges(cls, links: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        for index, (u, v) in enumerate(links):
            if u == v or (u, v) in links[:index]:
                raise ValueError(f"edges between two agents, each once, not {[u, v]}")
        return links

    def unfit(self, n: int) -> str | None:
        """All agents of the edges must be there."""
        last = max((node for link in self.links for node in link), default=0)
        return f"its edges reach agent {last}, counted from 0, of {n}" if last >= n else None

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The edges as they are listed."""
        graph = nx.empty_graph(n, create_using=nx.DiGraph)
        graph.add_edges_from(self.links)
        return graph
