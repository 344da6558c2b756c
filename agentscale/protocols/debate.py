"""Everybody answers alone, then reads its peers and answers again, round by round.

Reference: Y. Du, S. Li, A. Torralba, J. B. Tenenbaum and I. Mordatch, "Improving factuality and reasoning in language
models through multiagent debate", ICML 2024; here over any graph, with only the last replies in the context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import Field

from agentscale.errors import ProtocolError
from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import See, opening, quoted, revision
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Debate(InteractionProtocol):
    """A synchronous debate: in a round everybody reads the round before, and nobody anything of the same round.

    An agent that reads nobody, such as the only one of a team, refines its own answer.
    """

    name: ClassVar[str] = "debate"
    uses_topology: ClassVar[bool] = True

    rounds: int = Field(default=3, ge=1)
    """Rounds of revision after the first, independent one."""
    see: See = "answer"
    """What agents see of their peers."""

    @property
    def steers_by_answers(self) -> bool:
        """Prompts quote either what was read from a reply, or the reply whole."""
        return self.see == "answer"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once in each of 1 + ``rounds`` rounds."""
        readings = _readings(team, graph)
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        for _ in range(self.rounds):
            replies = yield self._round(team, readings, question, replies)
        return Outcome(tuple(replies))

    def _round(self, team: Team, readings: Sequence[_Reading], question: Question, last: list[Reply]) -> list[Call]:
        calls, quotes = [], [quoted(reply, self.see) for reply in last]
        for agent, own, read in zip(team.agents, last, readings, strict=True):
            messages = revision(agent, question, own, [quotes[peer] for peer in read.peers], self.see)
            calls.append(Call(agent.slot, messages, reads=read.slots))
        return calls


class _Reading(NamedTuple):
    """Whom an agent reads, in slot order."""

    peers: list[int]
    slots: tuple[str, ...]


def _readings(team: Team, graph: nx.DiGraph) -> list[_Reading]:
    """Whom each agent reads."""
    if set(graph) != set(range(len(team.agents))):
        raise ProtocolError(
            f"a debate of {len(team.agents)} agents was given a graph with the nodes {sorted(graph)}\n"
            f"  allowed: the nodes 0 to {len(team.agents) - 1}"
        )
    peers, slots = [sorted(graph.predecessors(node)) for node in range(len(team.agents))], team.slots
    return [_Reading(read, tuple([slots[peer] for peer in read])) for read in peers]
