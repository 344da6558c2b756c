"""One member alone: what a team is to be compared with, its best member and the pool that it was drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class SingleMember(InteractionProtocol):
    """One member of the team answers, once; its call is the one that it makes in a vote of the team.

    ``which: any`` is the same-pool reference: a member drawn anew for every trial, as if the team's pool were asked for
    one answer. A sweep over ``which: 0``, ``which: 1``, … holds the best member.
    """

    name: ClassVar[str] = "member"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    which: Annotated[int, Field(ge=0)] | Literal["any"] = "any"
    """The member's place in the team, from 0, or one drawn for every trial, each with equal probability."""

    @property
    def steers_by_answers(self) -> bool:
        """Nobody is asked a second time."""
        return False

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """A member must be there."""
        if self.which == "any" or self.which < len(team.agents):
            return None
        return f"asks member {self.which}, counted from 0, and the team has {len(team.agents)}"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks one agent once."""
        place = int(rng.integers(len(team.agents))) if self.which == "any" else self.which
        agent = team.agents[place]
        replies = yield [Call(agent.slot, opening(agent, question))]
        return Outcome(tuple(replies))
