"""Who speaks when within a round, and whom it then reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from agentscale.errors import ProtocolError
from agentscale.schema.agents import Team

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Order = Literal["synchronous", "sequential", "topological", "gossip"]
"""``synchronous``: all at once, and everybody reads the round before. ``sequential``: one after another in slot order,
and each reads what its peers said last, in this round or before. ``topological``: in the order of a graph without
cycles, who reads nobody first. ``gossip``: all at once, and everybody reads one of its peers, drawn anew each round."""


class Reading(NamedTuple):
    """Whom an agent reads, in slot order."""

    peers: Sequence[int]
    slots: tuple[str, ...]


ALONE = Reading((), ())


def readings(team: Team, graph: nx.DiGraph) -> list[Reading]:
    """Whom each agent reads.

    Raises:
        ProtocolError: The graph is another team's.
    """
    if set(graph) != set(range(len(team.agents))):
        raise ProtocolError(
            f"a debate of {len(team.agents)} agents was given a graph with the nodes {sorted(graph)}\n"
            f"  allowed: the nodes 0 to {len(team.agents) - 1}"
        )
    peers, slots = [sorted(graph.predecessors(node)) for node in range(len(team.agents))], team.slots
    return [Reading(read, tuple([slots[peer] for peer in read])) for read in peers]


def gossip(reading: Reading, rng: np.random.Generator) -> Reading:
    """One of those whom an agent reads, each with equal probability."""
    if not reading.peers:
        return reading
    at = int(rng.integers(len(reading.peers)))
    return Reading((reading.peers[at],), (reading.slots[at],))


def waves(order: Order, graph: nx.DiGraph) -> list[Sequence[int]]:
    """The agents of a round, those together that speak at once."""
    everybody = range(len(graph))
    if order == "sequential":
        return [(agent,) for agent in everybody]
    return generations(graph) if order == "topological" else [everybody]


def generations(graph: nx.DiGraph) -> list[Sequence[int]]:
    """The nodes of a graph, those together that come after the same number of others at most; ends before a cycle."""
    left = {node: graph.in_degree(node) for node in sorted(graph)}
    made: list[Sequence[int]] = []
    while ready := [node for node, before in left.items() if not before]:
        made.append(ready)
        for node in ready:
            del left[node]
            for after in graph.successors(node):
                left[after] -= 1
    return made


def has_cycle(graph: nx.DiGraph) -> bool:
    """Whether somebody reads itself, directly or by way of others."""
    return sum(map(len, generations(graph))) < len(graph)


def hub(graph: nx.DiGraph) -> int | None:
    """The one agent that reads more than any other; of two agents the first; ``None`` where there is none."""
    reads = [graph.in_degree(node) for node in range(len(graph))]
    most = max(reads)
    return reads.index(most) if reads.count(most) == 1 or len(reads) <= 2 else None
