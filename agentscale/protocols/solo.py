"""One agent alone with the budget of a team: what the team is to be compared with.

Reference: Y. Yang et al., "Revisiting multi-agent debate as test-time scaling", 2025, whose single agent has as many
calls; Y. Kim et al., "Towards a science of scaling agent systems", 2025, whose single agent has as many tokens.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening, revision
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

MOST_CALLS = 64
"""Calls for each agent at most where tokens are the budget."""

CHARACTERS_PER_TOKEN = 4
"""Characters that count as a token where an endpoint does not tell how many tokens it used."""


class Solo(InteractionProtocol):
    """The team's first member alone, with the budget that the whole team would have.

    It answers again and again, and the plurality of its answers decides; or it goes over its own answer again and
    again, and the last one decides.
    """

    name: ClassVar[str] = "solo"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    calls: int | None = Field(default=None, ge=1)
    """Calls for each agent of the team that it stands for: 1 as in a vote, which is the default, 1 + rounds as in a
    debate. With ``tokens`` at most so many, by default 64."""
    tokens: int | None = Field(default=None, ge=1)
    """Tokens, in and out, for each agent of that team: it is asked until it has used as many, by what the endpoint
    reports, or a token for every four characters where it reports nothing."""
    way: Literal["vote", "refine"] = "vote"
    """Whether its answers are independent, or each goes over the one before."""

    @property
    def steers_by_answers(self) -> bool:
        """Neither tokens nor its own texts depend on what is read from them."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks the first member at most ``calls`` times for each agent."""
        limit = math.inf if self.tokens is None else self.tokens * len(team.agents)
        return self._played(team, question, limit)

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """With a budget of tokens the first call may use all of it."""
        return self._played(team, question, math.inf if self.tokens is None else 0)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Whatever the tokens, there are no more calls than allowed."""
        return self._played(team, question, math.inf)

    def _played(self, team: Team, question: Question, limit: float) -> Play:
        agent, usual = team.agents[0], 1 if self.tokens is None else MOST_CALLS
        most = (self.calls or usual) * len(team.agents)
        if self.way == "vote" and limit == math.inf:
            replies = yield [self._call(agent, question, turn, []) for turn in range(most)]
            return Outcome(tuple(replies))
        said: list[Reply] = []
        used = 0.0
        while len(said) < most and (not said or used < limit):
            call = self._call(agent, question, len(said), said)
            said += yield Batch((call,), round=0 if self.way == "vote" else None)
            used += _tokens(said[-1])
        return Outcome(tuple(said) if self.way == "vote" else (said[-1],))

    def _call(self, agent: Agent, question: Question, turn: int, said: list[Reply]) -> Call:
        if self.way == "vote":
            return Call(agent.slot, opening(agent, question), turn=turn)
        return Call(
            agent.slot, revision(agent, question, said[-1], (), "rationale") if said else opening(agent, question)
        )


def _tokens(reply: Reply) -> float:
    """Tokens that a call used; none of a failed one."""
    if reply.completion is None:
        return 0
    usage = reply.completion.usage
    asked = sum(len(message.content) for message in reply.call.messages)
    tokens_in = asked / CHARACTERS_PER_TOKEN if usage.tokens_in is None else usage.tokens_in
    return tokens_in + (len(reply.text) / CHARACTERS_PER_TOKEN if usage.tokens_out is None else usage.tokens_out)
