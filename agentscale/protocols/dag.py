"""Graphs without a cycle, as protocols walk them: in generations, each of which reads only those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

_SHOWN = 6
"""Agents of a cycle that a message names."""


def unfit_cycle(graph: nx.DiGraph) -> str | None:
    """Why the graph cannot be walked, in words that go on from a protocol's name; ``None`` where it has no cycle."""
    import networkx as nx

    if nx.is_directed_acyclic_graph(graph):
        return None
    cycle = [u for u, _ in nx.find_cycle(graph)]
    path = " → ".join(map(str, [*cycle[:_SHOWN], *(["…"] if len(cycle) > _SHOWN else []), cycle[0]]))
    return f"needs a graph without a cycle, such as chain, tree, mesh, layered or random_dag; this one has {path}"


def generations(graph: nx.DiGraph) -> list[list[int]]:
    """The nodes by depth, the length of the longest way to them from one that reads nobody; in order within each."""
    import networkx as nx

    return [sorted(generation) for generation in nx.topological_generations(graph)]


def sinks(graph: nx.DiGraph) -> list[int]:
    """The nodes that nobody reads, in order."""
    return sorted(node for node, readers in graph.out_degree() if readers == 0)
