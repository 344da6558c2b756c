"""Everybody answers once, alone; votes weigh what is known beforehand of who casts them.

Reference for the best weights, the log-odds ln(p / (1 − p)) of a voter that is right with probability p: S. Nitzan and
J. Paroush, "Optimal decision rules in uncertain dichotomous choice situations", International Economic Review 1982.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import field_validator

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class WeightedVote(InteractionProtocol):
    """One round of independent answers, whose votes have weights by model or by configuration."""

    name: ClassVar[str] = "weighted_vote"
    uses_topology: ClassVar[bool] = False

    weights: dict[str, float]
    """The weight of a vote, ≥ 0, by the voter's configuration (``model/persona``) or else its model. A vote of weight 0
    is none."""

    @field_validator("weights")
    @classmethod
    def _at_least_nothing(cls, weights: dict[str, float]) -> dict[str, float]:
        for name, weight in weights.items():
            if weight < 0:
                raise ValueError(f"the weight of {name!r} is {weight:g}; allowed: numbers of at least 0")
        return weights

    @property
    def steers_by_answers(self) -> bool:
        """Nobody is asked a second time."""
        return False

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """Every member needs a weight, and somebody one above 0."""
        without = next((agent for agent in team.agents if self._weight(agent) is None), None)
        if without is not None:
            named = ", ".join(sorted(self.weights)) or "nobody"
            return f"has no weight for the member {without.config_id}; weights are given for {named}"
        return None if any(map(self._weight, team.agents)) else "gives every member the weight 0"

    def _weight(self, agent: Agent) -> float | None:
        return self.weights.get(agent.config_id, self.weights.get(agent.model))

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        return Outcome(tuple(replies), weights=tuple(self._weight(agent) or 0.0 for agent in team.agents))
