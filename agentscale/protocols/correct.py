"""Everybody answers alone, looks for its own mistakes, and mends them, round by round.

Reference: J. Huang et al., "Large language models cannot self-correct reasoning yet", ICLR 2024, whose three steps
these are: answer, review, answer again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import correcting, opening, reviewing
from agentscale.schema.agents import Team
from agentscale.schema.calls import Batch, Call, Outcome, Play
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class SelfCorrect(InteractionProtocol):
    """Self-correction in two steps a round: what is wrong, and then the mended answer. The plurality decides.

    `refine` takes both in one turn.
    """

    name: ClassVar[str] = "self_correct"
    uses_topology: ClassVar[bool] = False

    rounds: int = Field(default=1, ge=1)
    """Rounds of review and correction after the first answer."""

    @property
    def steers_by_answers(self) -> bool:
        """An agent goes over its own text, whatever was read from it."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent 1 + 2 · ``rounds`` times."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        for number in range(1, self.rounds + 1):
            reviews = tuple(Call(said.call.slot, reviewing(said), role="critic") for said in replies)
            found = yield Batch(reviews, round=number)
            mended = tuple(
                Call(agent.slot, correcting(agent, question, said, review.text))
                for agent, said, review in zip(team.agents, replies, found, strict=True)
            )
            replies = yield Batch(mended, round=number)
        return Outcome(tuple(replies))
