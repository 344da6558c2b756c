"""Everybody answers once, alone; a judge reads the answers and decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import See, opening, quoted, verdict
from agentscale.schema.agents import Member, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Judged(InteractionProtocol):
    """One round of independent answers, of which a judge makes the team's answer.

    What the answers alone come to, by plurality, stays in the transcript.
    """

    name: ClassVar[str] = "judged"
    uses_topology: ClassVar[bool] = False

    see: See = "rationale"
    """What the judge sees of the replies."""
    judge: Member | None = None
    """Who decides: a model, with a persona and sampling if wanted; by default the team's first member, asked anew."""

    @property
    def steers_by_answers(self) -> bool:
        """The judge reads either what was read from a reply, or the reply whole."""
        return self.see == "answer"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once, and then the judge."""
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        (decided,) = yield judging(team, question, replies, self.see)
        return Outcome(tuple(replies), decider=decided)


def judging(team: Team, question: Question, replies: Sequence[Reply], see: See, round_index: int = 0) -> Batch:
    """The call to the judge, in the round of what it judges."""
    judge = team.playing("judge")
    messages = verdict(judge, question, [quoted(reply, see) for reply in replies])
    heard = tuple(reply.call.slot for reply in replies)
    return Batch((Call(judge.slot, messages, reads=heard, role="judge"),), round=round_index)
