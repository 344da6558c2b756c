"""Talk in groups: what an agent says in a group reaches all of its members at once, and is one message there.

Reference: "HyperAgent", arXiv 2510.10611: hyperedges as channels. Its learnt choice of groups is not here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import See, in_groups, opening, quoted
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Groups = Sequence[Sequence[int]]


class Channels(InteractionProtocol):
    """Everybody answers alone, posts its reply to its groups, reads them and answers again, round by round.

    In a round nobody reads anything of the same round. The transcript counts what was posted: ``messages``, one for
    each agent, group and round; ``deliveries``, one for each reader of a message, as letters from one to one would be;
    ``tokens_posted``, those of the messages; ``tokens_unknown``, messages whose endpoint did not tell.
    """

    name: ClassVar[str] = "channels"
    uses_topology: ClassVar[bool] = True

    rounds: int = Field(default=2, ge=1)
    """Rounds of posting and answering anew, after the first answers."""
    see: See = "rationale"
    """What is posted of a reply."""

    @property
    def steers_by_answers(self) -> bool:
        """What is posted is either what was read from a reply, or the reply whole."""
        return self.see == "answer"

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """Groups, which a graph of edges alone does not have."""
        if len(team.agents) > 1 and not _groups(graph):
            return "needs groups, which the topology hypergraph has and a graph of edges alone has not"
        return None

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once in each of 1 + ``rounds`` rounds."""
        groups, counts = _groups(graph), Counter(dict.fromkeys(_COUNTED, 0))
        replies = yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]
        for _ in range(self.rounds):
            counts += _posted(groups, replies)
            quotes = [quoted(reply, self.see) for reply in replies]
            replies = yield [self._call(team, groups, question, node, replies, quotes) for node in range(len(replies))]
        return Outcome(tuple(replies), counts={name: counts[name] for name in _COUNTED})

    def _call(
        self, team: Team, groups: Groups, question: Question, node: int, said: Sequence[Reply], quotes: Sequence[str]
    ) -> Call:
        agent = team.agents[node]
        heard = {
            number: [(member, quotes[member]) for member in members if member != node]
            for number, members in enumerate(groups, start=1)
            if node in members
        }
        peers = sorted({member for posted in heard.values() for member, _ in posted})
        messages = in_groups(agent, question, said[node], heard)
        return Call(agent.slot, messages, tuple(team.slots[peer] for peer in peers))


_COUNTED = ("messages", "deliveries", "tokens_posted", "tokens_unknown")


def _groups(graph: nx.DiGraph) -> Groups:
    groups: Groups = graph.graph.get("groups", ())
    return groups


def _posted(groups: Groups, replies: Sequence[Reply]) -> Counter[str]:
    """What one round of posting comes to."""
    counts: Counter[str] = Counter()
    for members in groups:
        for member in members:
            completion = replies[member].completion
            used = 0 if completion is None else completion.usage.tokens_out
            counts.update(messages=1, deliveries=len(members) - 1, tokens_posted=used or 0, tokens_unknown=used is None)
    return counts
