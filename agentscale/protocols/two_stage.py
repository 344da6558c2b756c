"""Everybody answers at several temperatures; each temperature has its plurality, and these vote in turn.

Reference: Y. Wu, A. Mirhoseini and T. Tambe, "On the role of temperature sampling in test-time scaling", 2025.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import opening
from agentscale.schema.agents import Sampling, Team
from agentscale.schema.calls import Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class TwoStageVote(InteractionProtocol):
    """Independent answers at several temperatures: a plurality within each, and a plurality over those.

    What a temperature comes to is kept as the first of its replies that says so; a tie within it is drawn.
    """

    name: ClassVar[str] = "two_stage_vote"
    uses_topology: ClassVar[bool] = False

    temperatures: tuple[float, ...] = (0.4, 0.7, 1.0)
    """In place of the agents' own; at least two."""
    samples: int = Field(default=1, ge=1)
    """Answers of each agent at each temperature."""

    @field_validator("temperatures")
    @classmethod
    def _distinct(cls, temperatures: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(temperatures)) < max(2, len(temperatures)):
            raise ValueError(
                f"got {', '.join(f'{each:g}' for each in temperatures) or 'none'}; give at least two, all different"
            )
        if not all(0 <= each <= 2 for each in temperatures):
            raise ValueError(f"got {', '.join(f'{each:g}' for each in temperatures)}; allowed: numbers from 0 to 2")
        return temperatures

    @property
    def steers_by_answers(self) -> bool:
        """Which replies stand for a temperature depends on how they were read."""
        return True

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent ``samples`` times at each temperature."""
        each = len(team.agents) * self.samples
        replies = yield [
            Call(agent.slot, opening(agent, question), turn=turn, sampling=Sampling(temperature=temperature))
            for place, temperature in enumerate(self.temperatures)
            # From 1: turn 0 is the agent's plain answer, and these are drawn otherwise.
            for turn in range(1 + place * self.samples, 1 + (place + 1) * self.samples)
            for agent in team.agents
        ]
        stages = [replies[start : start + each] for start in range(0, len(replies), each)]
        return Outcome(tuple(_standing_for(stage, rng) for stage in stages))


def _standing_for(replies: Sequence[Reply], rng: np.random.Generator) -> Reply:
    """A reply with the answer that most of them have; the first where nobody has one."""
    counts = Counter(reply.answer for reply in replies if reply.answer is not None)
    if not counts:
        return replies[0]
    most = sorted(answer for answer, count in counts.items() if count == max(counts.values()))
    answer = most[0] if len(most) == 1 else most[int(rng.integers(len(most)))]
    return next(reply for reply in replies if reply.answer == answer)
