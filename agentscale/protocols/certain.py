"""Agents answer alone, some at a time, until their answers are certain enough.

Certainty is 1 − H / ln n of n replies, with H the entropy in nats of their answers' frequencies: 1 where all agree, 0
where no two do. Reference: Y. Fu et al., "Efficiently scaling LLM reasoning with Certaindex", 2024.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class CertainVote(InteractionProtocol):
    """A vote that asks agents wave by wave and stops as soon as the answers are certain enough.

    Agents are asked in slot order; the calls are those of a plain vote, and who is left out was not asked.
    """

    name: ClassVar[str] = "certain_vote"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    certainty: float = Field(default=0.8, ge=0, le=1)
    """The certainty that is enough."""
    first: int = Field(default=3, ge=2)
    """Agents of the first wave; of fewer than two nobody can say how certain they are."""
    wave: int = Field(default=1, ge=1)
    """Agents of every further wave."""

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once at most."""
        replies: list[Reply] = []
        while len(replies) < len(team.agents):
            asked = self.wave if replies else self.first
            wave = team.agents[len(replies) : len(replies) + asked]
            replies += yield Batch(tuple(Call(agent.slot, opening(agent, question)) for agent in wave), round=0)
            if certainty([reply.answer for reply in replies]) >= self.certainty:
                break
        return Outcome(tuple(replies))


def certainty(answers: Sequence[str | None]) -> float:
    """How certain answers are, in [0, 1]. Who has none agrees with nobody; a single answer is not certain at all."""
    n = len(answers)
    if n < 2:
        return 0.0
    counts = [*Counter(answer for answer in answers if answer is not None).values(), *[1] * answers.count(None)]
    entropy = math.fsum(count / n * math.log(n / count) for count in counts)
    return max(0.0, 1.0 - entropy / math.log(n))
