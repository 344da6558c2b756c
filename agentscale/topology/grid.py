"""Rows and columns."""

from __future__ import annotations

from math import isqrt
from typing import ClassVar

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import POSITIONS, Topology


class Grid(Topology):
    """Agents in rows and columns read those above, below, left and right of them. Symmetric."""

    name: ClassVar[str] = "grid"

    rows: int | None = Field(default=None, ge=1)
    """By default as many as make the grid most like a square, and at least two."""
    periodic: bool = False
    """Join opposite borders: a torus. A side of two has nothing to join."""

    def unfit(self, n: int) -> str | None:
        """The grid must be full."""
        if self.rows is not None:
            return f"{self.rows} rows do not fill evenly with {n} agents" if n % self.rows else None
        lone = self._rows(n) == 1
        return f"{n} agents fill no grid of two rows or more; rows: 1 makes a line of them" if lone else None

    def _rows(self, n: int) -> int:
        return self.rows or next(rows for rows in range(isqrt(n), 0, -1) if n % rows == 0)

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The full grid, row by row. The graph has the positions, unless it is a torus."""
        height = self._rows(n)
        width = n // height
        places = [divmod(agent, width) for agent in range(n)]
        graph = nx.empty_graph(n)
        for agent, (row, column) in enumerate(places):
            if column + 1 < width or (self.periodic and width > 2):
                graph.add_edge(agent, row * width + (column + 1) % width)
            if row + 1 < height or (self.periodic and height > 2):
                graph.add_edge(agent, (row + 1) % height * width + column)
        if not self.periodic:  # on a plane, the links between borders would hide behind the others
            graph.graph[POSITIONS] = tuple((float(column), float(row)) for row, column in places)
        return graph.to_directed()
