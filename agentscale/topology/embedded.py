"""What topologies share whose agents have vectors: from a file, or drawn. Edges follow from the vectors alone."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, Self

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.errors import SpecError
from agentscale.topology.base import Topology
from agentscale.topology.connecting import first_connected
from agentscale.topology.vectors import read_vectors


class Embedded(Topology):
    """A rule over vectors: those of a file, one agent a line, or drawn by the seed."""

    looser: ClassVar[str]
    """What would give more edges, for messages."""

    path: str | None = Field(default=None, min_length=1)
    """File of the vectors, relative to the file that names it; without one they are drawn."""
    connected: bool = True
    """Draw until the graph is connected; a file that gives no connected graph is not applicable."""

    def unfit(self, n: int) -> str | None:
        """A file has its own number of agents, and one graph."""
        if self.path is None:
            return None
        vectors = read_vectors(Path(self.path))
        if len(vectors) != n:
            return f"{Path(self.path).name} has {len(vectors)} agents, not {n}"
        if self.connected and not nx.is_weakly_connected(self._join(vectors)):
            return f"the vectors of {Path(self.path).name} give no connected graph; connected: false takes it"
        return None

    def located(self, folder: Path) -> Self:
        """The same topology with its file seen from ``folder``, read once so that its errors come first.

        Raises:
            SpecError: If there is no such file, or its vectors cannot be used.
        """
        if self.path is None:
            return self
        found = self.model_copy(update={"path": str(folder / self.path)})
        try:
            found._join(read_vectors(folder / self.path))
        except SpecError as error:
            raise error.at(file=folder / self.path) from None
        return found

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The graph of the file, or of a draw.

        Raises:
            SpecError: If no draw was connected.
        """
        if self.path is not None:
            return self._join(read_vectors(Path(self.path)))
        if not self.connected:
            return self._join(self._draw(n, rng))
        return first_connected(
            lambda: self._join(self._draw(n, rng)),
            f"draws of {self.name} with n = {n}",
            key=self.name,
            allowed=f"{self.looser}, or connected: false",
        )

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Vectors, shape (n, d)."""

    @abstractmethod
    def _join(self, vectors: NDArray[np.float64]) -> nx.DiGraph:
        """The graph of the vectors.

        Raises:
            SpecError: If they are not of the kind that the rule compares.
        """
