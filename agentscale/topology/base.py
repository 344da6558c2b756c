"""What a topology is: a rule that makes a graph of any size it can have. Knows no prompts and no models."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from agentscale.schema.record import Record
from agentscale.schema.run import Named

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

GROUPS = "groups"
"""Key of a graph's own attributes: its hyperedges, a tuple of tuples of agents. See `groups`."""
POSITIONS = "positions"
"""Key of a graph's own attributes: where its agents stand, a tuple of one (x, y) for each."""


class Topology(Record):
    """A rule for who reads whom. Its parameters are its fields.

    Graphs have the nodes 0 … n−1, one for each agent in slot order. An edge u → v means that v reads u. What edges
    cannot say is an attribute of the graph: ``graph.graph["groups"]`` and ``graph.graph["positions"]``, where the rule
    has them.
    """

    name: ClassVar[str]
    """The name in experiment files."""

    @property
    def label(self) -> str:
        """Name and all parameters, defaults included: the same for equal rules however they were written."""
        return Named(name=self.name, parameters=self.model_dump(mode="json")).label

    @property
    def drawn_as(self) -> str:
        """What draws are keyed by: equal for rules that differ only in what is done with a draw."""
        return self.label

    def unfit(self, n: int) -> str | None:
        """Why there is no such graph with ``n`` ≥ 1 nodes, or ``None`` where there is one."""
        return None

    def located(self, folder: Path) -> Self:
        """The same topology with paths made relative to ``folder``, and what stands there checked."""
        return self

    @abstractmethod
    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """A graph with the nodes 0 … n−1.

        Args:
            n: Number of nodes, one for which ``unfit`` gives no reason.
            rng: The only source of chance.

        Raises:
            SpecError: If the draws give no graph of the kind that was asked for.
        """


class Directed(Topology):
    """A rule whose edges go one way, and can be turned around."""

    reverse: bool = False
    """Turn every edge around: who was read now reads. A start that all go out from becomes the end that all come to."""

    @property
    def drawn_as(self) -> str:
        """A graph and its reverse come from one draw."""
        return self.model_copy(update={"reverse": False}).label

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The graph of the rule, turned around where that is asked for.

        Raises:
            SpecError: If the draws give no graph of the kind that was asked for.
        """
        graph = self.forward(n, rng)
        return graph.reverse() if self.reverse else graph

    @abstractmethod
    def forward(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The graph as the rule says it, with the arguments and errors of ``graph``."""
