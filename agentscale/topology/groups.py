"""Hyperedges: groups of agents in which everybody reads what anybody says.

A graph can only say that two agents read one another, and not in which group. So the graph of a rule with groups joins
all pairs of a group both ways, and carries the groups themselves, ``graph.graph["groups"]``: a tuple of tuples of
agents, in order. A protocol of group channels sends one message to a group; to all others it is a graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import networkx as nx

from agentscale.topology.base import GROUPS

Groups = tuple[tuple[int, ...], ...]


def joined(n: int, groups: Iterable[Iterable[int]]) -> nx.DiGraph:
    """The graph of n agents in which those read one another that share a group. It carries the groups."""
    ordered: Groups = tuple(tuple(sorted(members)) for members in groups)
    graph = nx.empty_graph(n, create_using=nx.DiGraph)
    for members in ordered:
        graph.add_edges_from(permutations(members, 2))
    graph.graph[GROUPS] = ordered
    return graph


def groups_of(graph: nx.DiGraph) -> Groups:
    """The groups of a graph, each in the order of its agents; none where its rule has none."""
    found: Groups = graph.graph.get(GROUPS, ())
    return found


def bipartite(graph: nx.DiGraph) -> nx.Graph:
    """Agents and groups as the two sides of an undirected graph: ``i`` and ``("group", g)`` are joined by membership.

    Nodes have the attribute ``bipartite``, 0 for an agent and 1 for a group, as networkx wants it.
    """
    groups = groups_of(graph)
    sides = nx.Graph()
    sides.add_nodes_from(graph, bipartite=0)
    sides.add_nodes_from((("group", index) for index in range(len(groups))), bipartite=1)
    sides.add_edges_from((member, ("group", index)) for index, members in enumerate(groups) for member in members)
    return sides
