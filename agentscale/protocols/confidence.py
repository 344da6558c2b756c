"""Everybody answers once, alone, and says how sure it is; votes weigh that much.

Reference: A. Taubenfeld et al., "Confidence improves self-consistency in LLMs", Findings of ACL 2025; here the
confidence is stated in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import confident, sureness
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class ConfidenceVote(InteractionProtocol):
    """One round of independent answers, whose votes weigh the confidence that they state, from 0 to 100.

    A reply that states none weighs as much as the mean of those that do; where nobody states any, all weigh the same.
    """

    name: ClassVar[str] = "confidence_vote"
    uses_topology: ClassVar[bool] = False

    @property
    def steers_by_answers(self) -> bool:
        """A confidence is read from the text, whatever answer is read from it."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once."""
        replies = yield [Call(agent.slot, confident(agent, question)) for agent in team.agents]
        return Outcome(tuple(replies), weights=_weights(replies))


def _weights(replies: Sequence[Reply]) -> tuple[float, ...]:
    stated = [sureness(reply.text) for reply in replies]
    known = [sure for sure in stated if sure is not None]
    if not any(known):
        return ()
    mean = math.fsum(known) / len(known)
    return tuple(mean if sure is None else sure for sure in stated)
