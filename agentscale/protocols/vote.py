"""Everybody answers once, alone; the team's answer is the plurality's.

Of equal agents this is self-consistency: X. Wang et al., "Self-consistency improves chain of thought reasoning in
language models", ICLR 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.dress import Personas, dressed, undressed
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.record import later
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Vote(InteractionProtocol):
    """One round of independent answers."""

    name: ClassVar[str] = "vote"
    uses_topology: ClassVar[bool] = False

    personas: Personas = later("own")
    """Controls: ``own``, or the first member's persona for all (``shared``), or neutral texts of their lengths
    (``padding``)."""

    @property
    def steers_by_answers(self) -> bool:
        """Nobody is asked a second time."""
        return False

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """A control of personas needs some."""
        return undressed(team, self.personas)

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in dressed(team, self.personas).agents]
        return Outcome(tuple(replies))
