"""Depth × width: lines of work side by side, deepened step by step over one board, until a check lets them go.

Reference: the adaptive depth and width of "SPARC-RAG: adaptive sequential-parallel scaling with context management",
without its retrieval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import branching, checking
from agentscale.schema.agents import Member, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question
from agentscale.schema.verdict import verdict_of

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Ends = Callable[[Sequence[Reply]], bool]


class Branches(InteractionProtocol):
    """The team's size is the width: every member carries on one line of work, and all read the whole board.

    After every step but the last the lines may end: by ``check``, where an evaluator finds the board's last answers
    right and well founded; by ``agreement``, where all members give one readable answer. The plurality of the last
    answers decides.
    """

    name: ClassVar[str] = "branches"
    uses_topology: ClassVar[bool] = False

    depth: int = Field(default=3, ge=1)
    """Steps at most."""
    until: Literal["check", "agreement", "never"] = "check"
    """What ends the work before its last step."""
    remembers: int = Field(default=1, ge=1)
    """Steps of which the board keeps what was said."""
    evaluator: Member | None = None
    """Who checks; by default the team's first member."""

    @property
    def steers_by_answers(self) -> bool:
        """Agreement is one of answers as they were read; a check's verdict and the board are texts."""
        return self.until == "agreement"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every member once in each step, and the evaluator between steps."""
        return self._played(team, question, _agree, lambda verdict: verdict_of(verdict[0].text) is True)

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """The work ends after its first step."""
        return self._played(team, question, lambda replies: True, lambda verdict: True)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Nothing ends the work before its last step."""
        return self._played(team, question, lambda replies: False, lambda verdict: False)

    def _played(self, team: Team, question: Question, agree: Ends, are_right: Ends) -> Play:
        board: list[list[Reply]] = []
        for step in range(self.depth):
            kept = [reply for replies in board[-self.remembers :] for reply in replies]
            texts = [reply.text for reply in kept]
            reads = tuple(dict.fromkeys(reply.call.slot for reply in kept))
            calls = [Call(agent.slot, branching(agent, question, texts), reads=reads) for agent in team.agents]
            board.append((yield Batch(tuple(calls), round=step)))
            if step == self.depth - 1 or self.until == "never":
                continue
            if self.until == "agreement":
                if agree(board[-1]):
                    break
                continue
            verdict = yield self._check(team, question, board[-1], step)
            if are_right(verdict):
                break
        return Outcome(tuple(board[-1]))

    def _check(self, team: Team, question: Question, replies: Sequence[Reply], step: int) -> Batch:
        evaluator = team.playing("evaluator")
        proposed = "\n\n".join(reply.text for reply in replies)
        heard = tuple(reply.call.slot for reply in replies)
        call = Call(evaluator.slot, checking(evaluator, question, proposed), reads=heard, role="grader")
        return Batch((call,), round=step)


def _agree(replies: Sequence[Reply]) -> bool:
    """Whether all give one readable answer."""
    return len({reply.answer for reply in replies}) == 1 and replies[0].answer is not None
