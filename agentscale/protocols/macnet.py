"""Work handed along the edges of a graph without a cycle: an actor at every node, a critic on every edge.

Reference: C. Qian et al., "Scaling large language model-based multi-agent collaboration", ICLR 2025 (MacNet). A node is
done when all edges into it are, counted on the graph as it was given.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.dag import generations, sinks, unfit_cycle
from agentscale.protocols.merging import merged
from agentscale.protocols.prompts import instruction, merging, opening, quoted, revised
from agentscale.schema.agents import Agent, Member, Sampling, Team
from agentscale.schema.calls import Batch, Call, Message, Outcome, Play, Reply, Role
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Pieces = Generator[Batch | list[Call], list[Reply], list["_Piece"]]


class MacNet(InteractionProtocol):
    """Solutions flow along the edges u → v: the edge's critic instructs on u's solution, and v's actor revises it.

    Whoever reads nobody answers the question. Of the revisions of a node with several edges into it, its actor makes
    one, two at a time. Where several nodes are read by nobody, the last solution is made of theirs in the same way. All
    edges into one generation of the graph are worked on at once.
    """

    name: ClassVar[str] = "macnet"
    uses_topology: ClassVar[bool] = True

    exchanges: int = Field(default=1, ge=1, le=4)
    """Instructions on an edge, each followed by a revision."""
    memory: Literal["artifact", "history"] = "artifact"
    """What is handed on: the last solution alone, or all that was said on the way to it, which grows with the square of
    the agents."""
    temperature: Literal["by_depth", "own"] = "by_depth"
    """``by_depth``: 1 − depth/D at a node whose longest way from a start has that many of at most D edges, from 1 at
    the start to 0 at the end. ``own``: each agent's own."""
    critic: Member | None = None
    """Who is critic on every edge; without it, on each the agent whose solution is read."""
    fuser: Member | None = None
    """Who makes one of the last solutions; without it, the team's first member."""

    @property
    def steers_by_answers(self) -> bool:
        """Replies are quoted whole."""
        return False

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """No cycle."""
        return unfit_cycle(graph)

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Generation by generation."""
        return _Work(self, team, graph, question).play()


class _Piece(NamedTuple):
    """A solution, and what is handed on of it."""

    reply: Reply
    told: tuple[str, ...]


class _Work:
    """One trial."""

    def __init__(self, rules: MacNet, team: Team, graph: nx.DiGraph, question: Question) -> None:
        self._rules = rules
        self._team = team
        self._graph = graph
        self._question = question
        self._layers = generations(graph)
        self._depth = 0
        self._turn = 0

    def play(self) -> Play:
        pieces: dict[int, _Piece] = {}
        for depth, layer in enumerate(self._layers):
            self._depth, self._turn = depth, 0
            made = yield from self._make(layer, pieces) if depth else self._start(layer)
            pieces |= zip(layer, made, strict=True)
        ends, fuser = [pieces[node] for node in sinks(self._graph)], self._team.playing("fuser")
        (last,) = yield from self._merge([ends], [fuser], "judge")
        return Outcome(tuple(piece.reply for piece in ends), decider=last.reply)

    def _start(self, layer: Sequence[int]) -> Pieces:
        """The answers of those who read nobody."""
        agents = [self._team.agents[node] for node in layer]
        replies = yield self._batch([self._call(agent, opening(agent, self._question)) for agent in agents])
        return [_Piece(reply, (_set_off(reply),)) for reply in replies]

    def _make(self, layer: Sequence[int], pieces: dict[int, _Piece]) -> Pieces:
        """What comes of all edges into a generation, for each of its nodes."""
        edges = [(source, node) for node in layer for source in sorted(self._graph.predecessors(node))]
        revisions = yield from self._revise(edges, [pieces[source] for source, _ in edges])
        waiting = iter(revisions)
        gathered = [[next(waiting) for _ in range(self._graph.in_degree(node))] for node in layer]
        return (yield from self._merge(gathered, [self._team.agents[node] for node in layer], "agent"))

    def _revise(self, edges: Sequence[tuple[int, int]], pieces: Sequence[_Piece]) -> Pieces:
        """What the actors at the heads of edges make of the solutions at their tails."""
        for _ in range(self._rules.exchanges):
            told = yield self._batch([self._instruct(*each) for each in zip(edges, pieces, strict=True)])
            asked = zip(edges, pieces, told, strict=True)
            replies = yield self._batch([self._ask_revision(*each) for each in asked])
            pieces = [
                self._handed((*piece.told, _set_off(orders)), reply)
                for piece, orders, reply in zip(pieces, told, replies, strict=True)
            ]
        return list(pieces)

    def _instruct(self, edge: tuple[int, int], piece: _Piece) -> Call:
        critic = self._team.parts.get("critic", self._team.agents[edge[0]])
        messages = instruction(critic, self._question, piece.told)
        return self._call(critic, messages, (piece.reply,), "critic")

    def _ask_revision(self, edge: tuple[int, int], piece: _Piece, orders: Reply) -> Call:
        actor = self._team.agents[edge[1]]
        messages = revised(actor, self._question, piece.told, _set_off(orders))
        return self._call(actor, messages, (piece.reply, orders))

    def _merge(self, groups: Sequence[Sequence[_Piece]], makers: Sequence[Agent], role: Role) -> Pieces:
        def fuse(at: int, one: _Piece, two: _Piece) -> Call:
            solutions = ["\n\n".join(piece.told) for piece in (one, two)]
            messages = merging(makers[at], self._question, solutions)
            return self._call(makers[at], messages, (one.reply, two.reply), role)

        def made(one: _Piece, two: _Piece, reply: Reply) -> _Piece:
            return self._handed((*one.told, *two.told), reply)

        return (yield from merged(groups, fuse, made, self._depth))

    def _handed(self, before: Sequence[str], reply: Reply) -> _Piece:
        """A new solution, with what was said before it where that is handed on, nothing twice."""
        kept = before if self._rules.memory == "history" else ()
        return _Piece(reply, tuple(dict.fromkeys((*kept, _set_off(reply)))))

    def _batch(self, calls: Sequence[Call]) -> Batch:
        return Batch(tuple(calls), round=self._depth)

    def _call(
        self, agent: Agent, messages: tuple[Message, ...], reads: Sequence[Reply] = (), role: Role = "agent"
    ) -> Call:
        """A call of this generation: one agent may get many, which their turn tells apart."""
        turn, self._turn = self._turn, self._turn + 1
        slots = tuple(reply.call.slot for reply in reads)
        return Call(agent.slot, messages, slots, role, turn, sampling=self._sampling())

    def _sampling(self) -> Sampling | None:
        deepest = len(self._layers) - 1
        if self._rules.temperature == "own":
            return None
        return Sampling(temperature=1.0 - self._depth / deepest if deepest else 1.0)


def _set_off(reply: Reply) -> str:
    return quoted(reply, "rationale")
