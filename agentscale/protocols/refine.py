"""Everybody answers alone and goes over its own answer, round by round.

Reference: A. Madaan et al., "Self-Refine: iterative refinement with self-feedback", NeurIPS 2023; here feedback and
revision are one turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening, revision
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class SelfRefine(InteractionProtocol):
    """Self-refinement: the debate in which nobody reads anybody. The team's answer is the plurality's."""

    name: ClassVar[str] = "refine"
    uses_topology: ClassVar[bool] = False

    rounds: int = Field(default=3, ge=1)
    """Rounds of revision after the first answer."""

    @property
    def steers_by_answers(self) -> bool:
        """An agent goes over its own text, whatever was read from it."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once in each of 1 + ``rounds`` rounds."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        for _ in range(self.rounds):
            replies = yield [
                Call(agent.slot, revision(agent, question, own, (), "rationale"))
                for agent, own in zip(team.agents, replies, strict=True)
            ]
        return Outcome(tuple(replies))
