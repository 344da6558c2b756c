"""Layers that read the layer before: assistants answer with others' answers at hand, fusers make one of them.

Reference: J. Wang et al., "Mixture-of-agents enhances large language model capabilities", ICLR 2025; nodes of two roles
over any graph without a cycle as in "Generalizing test-time compute-optimal scaling as an optimizable graph", arXiv
2511.00086.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.dag import generations, sinks, unfit_cycle
from agentscale.protocols.prompts import See, assisted, merging, opening, quoted
from agentscale.schema.agents import Team
from agentscale.schema.calls import Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Mixture(InteractionProtocol):
    """Everybody answers once, generation by generation, and reads all whom the graph says.

    The model of a node is its member's. Where one node is read by nobody its answer is the team's, where several are,
    the plurality of theirs.
    """

    name: ClassVar[str] = "mixture"
    uses_topology: ClassVar[bool] = True

    fusers: Literal["readers", "last"] | tuple[Annotated[int, Field(ge=0)], ...] = "readers"
    """The nodes that make one answer of those that they read: all that read somebody, only those that nobody reads, or
    these, by their place in the team from 0. All other readers are assistants."""
    see: See = "rationale"
    """What a node sees of a reply."""

    @property
    def steers_by_answers(self) -> bool:
        """Prompts quote either what was read from a reply, or the reply whole."""
        return self.see == "answer"

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """No cycle, and fusers that are there."""
        if isinstance(self.fusers, tuple) and (strangers := [node for node in self.fusers if node not in graph]):
            return f"has the fuser {strangers[0]}, counted from 0, and the team {len(team.agents)} agents"
        return unfit_cycle(graph)

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once, each as soon as those that it reads have answered."""
        said: dict[int, Reply] = {}
        fusing = self._fusing(graph)
        for layer in generations(graph):
            replies = yield [self._call(team, graph, question, node, node in fusing, said) for node in layer]
            said |= zip(layer, replies, strict=True)
        last = tuple(said[node] for node in sinks(graph))
        return Outcome(last, decider=last[0] if len(last) == 1 else None)

    def _fusing(self, graph: nx.DiGraph) -> frozenset[int]:
        if self.fusers == "readers":
            return frozenset(graph)
        return frozenset(sinks(graph) if self.fusers == "last" else self.fusers)

    def _call(
        self,
        team: Team,
        graph: nx.DiGraph,
        question: Question,
        node: int,
        fuses: bool,
        said: Mapping[int, Reply],
    ) -> Call:
        agent, read = team.agents[node], sorted(graph.predecessors(node))
        if not read:
            return Call(agent.slot, opening(agent, question))
        quotes: Sequence[str] = [quoted(said[peer], self.see) for peer in read]
        messages = merging(agent, question, quotes) if fuses else assisted(agent, question, quotes)
        return Call(agent.slot, messages, tuple(team.slots[peer] for peer in read))
