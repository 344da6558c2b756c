"""What a protocol is: a generator that decides who is asked what next. It does no I/O and never sees the target."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from agentscale.schema.agents import Team
from agentscale.schema.calls import Play
from agentscale.schema.record import Record
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class InteractionProtocol(Record):
    """How a team comes to its answer. Its parameters are its fields."""

    name: ClassVar[str]
    """The name in experiment files."""
    uses_topology: ClassVar[bool]
    """Whether the graph plays a part; where not, cells that differ in topology alone are one cell."""

    @property
    def steers_by_answers(self) -> bool:
        """Whether who is asked what depends on how replies were read. Where not, a recording may be read anew."""
        return True

    @abstractmethod
    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """One trial, as a generator.

        Args:
            team: The agents, in slots.
            graph: Nodes 0 … n−1 are the agents in slot order; u → v means that v reads u.
            question: What the agents are asked.
            rng: The only source of chance.

        Yields:
            Calls that may run at once; their replies are sent back in the same order. A call that failed is a reply
            with an error, so nobody drops out.

        Returns:
            The replies from which the team's answer is read.
        """

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """A play that asks for no more than any trial can: what an estimate's lower bound is made from.

        It is rehearsed with replies that all agree. A protocol whose schedule follows from the replies says here, and
        in `longest`, what the extremes are; the arguments are those of `play`.
        """
        return self.play(team, graph, question, rng)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """A play that asks for no less than any trial can: what a budget reserves. No two of its replies agree."""
        return self.play(team, graph, question, rng)
