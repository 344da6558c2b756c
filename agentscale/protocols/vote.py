"""Everybody answers once, alone; the team's answer is the plurality's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Vote(InteractionProtocol):
    """One round of independent answers."""

    name: ClassVar[str] = "vote"
    uses_topology: ClassVar[bool] = False

    @property
    def steers_by_answers(self) -> bool:
        """Nobody is asked a second time."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        return Outcome(tuple(replies))
