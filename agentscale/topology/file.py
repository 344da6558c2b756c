"""A graph that the user has in a file."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

import networkx as nx
import numpy as np
from pydantic import Field

from agentscale.topology.base import Directed
from agentscale.topology.reading import read_graph


class File(Directed):
    """The graph of a file: GraphML, GEXF, node-link JSON or an edge list, by the ending of its name.

    Undirected edges go both ways. Nodes become 0 … n−1: by number where all are whole numbers, else in the order in
    which they first stand in the file.
    """

    name: ClassVar[str] = "file"

    path: str = Field(min_length=1)
    """The file, relative to the file that names it."""
    directed: bool | None = None
    """Take edges as directed or not, whatever the file says. An edge list says nothing, and is directed: ``u v``
    means that v reads u."""

    def unfit(self, n: int) -> str | None:
        """A file has its own number of nodes."""
        nodes = len(self._read())
        return f"{Path(self.path).name} has {nodes} nodes, not {n}" if nodes != n else None

    def located(self, folder: Path) -> Self:
        """The same file seen from ``folder``, read once so that its errors come first.

        Raises:
            SpecError: If there is no such file, or it holds no such graph.
        """
        found = self.model_copy(update={"path": str(folder / self.path)})
        found._read()
        return found

    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The graph of the file.

        Raises:
            SpecError: If the file cannot be read.
        """
        return self._read()

    def _read(self) -> nx.DiGraph:
        return read_graph(Path(self.path), self.directed)
