"""Topologies: who reads whom. A name, a size and a seed make a graph. Knows no prompts and no models.

To add one: a file with a class that has a ``name`` and makes a ``graph``, and its line in ``TOPOLOGIES``.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.rewiring import pruned, rescaled, similarities, smoothed
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named
from agentscale.topology.barabasi_albert import BarabasiAlbert
from agentscale.topology.base import GROUPS, POSITIONS, Topology
from agentscale.topology.caveman import Caveman
from agentscale.topology.chain import Chain
from agentscale.topology.complete import Complete
from agentscale.topology.delaunay import Delaunay
from agentscale.topology.edges import Edges
from agentscale.topology.erdos_renyi import ErdosRenyi
from agentscale.topology.file import File
from agentscale.topology.grid import Grid
from agentscale.topology.groups import bipartite, groups_of, joined
from agentscale.topology.hub import Hub
from agentscale.topology.hypergraph import Hypergraph
from agentscale.topology.layered import Layered
from agentscale.topology.measures import Measures, measures
from agentscale.topology.mesh import Mesh
from agentscale.topology.modular import Modular
from agentscale.topology.proximity import Proximity, proximity_graph
from agentscale.topology.random_dag import RandomDag
from agentscale.topology.ring import Ring
from agentscale.topology.similarity import Similarity, similarity_graph
from agentscale.topology.small_world import SmallWorld
from agentscale.topology.star import Star
from agentscale.topology.tree import Tree
from agentscale.topology.weights import weighted_graph, weights_of

TOPOLOGIES: dict[str, type[Topology]] = {
    member.name: member
    for member in (
        BarabasiAlbert,
        Caveman,
        Chain,
        Complete,
        Delaunay,
        Edges,
        ErdosRenyi,
        File,
        Grid,
        Hub,
        Hypergraph,
        Layered,
        Mesh,
        Modular,
        Proximity,
        RandomDag,
        Ring,
        Similarity,
        SmallWorld,
        Star,
        Tree,
    )
}
"""All topologies by name."""


def resolve(named: Named, folder: Path) -> Topology:
    """The topology that ``named`` means.

    Args:
        named: Name and parameters.
        folder: Where relative paths of graph files start.

    Raises:
        SpecError: If the name or a parameter is wrong, or a graph file cannot be used.
    """
    return instantiate("topology", named, TOPOLOGIES).located(folder)


def build(topology: Topology, n: int, seed: int) -> nx.DiGraph:
    """The graph of ``topology`` with ``n`` nodes, the same for the same seed.

    Args:
        topology: The rule.
        n: Number of nodes, at least 1.
        seed: Seed of the run.

    Returns:
        A graph with the nodes 0 … n−1 in order; u → v means that v reads u. Nobody reads itself. It carries groups and
        positions where the rule has them.

    Raises:
        SpecError: If there is no such graph.
    """
    reason = "a graph needs at least one node" if n < 1 else topology.unfit(n)
    if reason is not None:
        raise SpecError(f"no graph with n = {n}: {reason}", key=f"topology.{topology.name}")
    return _checked(topology, topology.graph(n, keyed(seed, "topology", topology.drawn_as, n)), n)


def _checked(topology: Topology, graph: nx.DiGraph, n: int) -> nx.DiGraph:
    """The graph with nodes and edges in order, if it keeps the contract that protocols rely on."""
    if set(graph) != set(range(n)) or nx.number_of_selfloops(graph) or not graph.is_directed():
        raise SpecError(
            f"{topology.label} made {graph} for n = {n}",
            key=f"topology.{topology.name}",
            allowed=f"a DiGraph with the nodes 0 to {n - 1} and without self-loops",
        )
    ordered = nx.empty_graph(n, create_using=nx.DiGraph)
    ordered.add_edges_from(sorted(graph.edges))
    ordered.graph.update({key: graph.graph[key] for key in (GROUPS, POSITIONS) if key in graph.graph})
    return ordered


__all__ = [
    "GROUPS",
    "TOPOLOGIES",
    "Measures",
    "Topology",
    "bipartite",
    "build",
    "groups_of",
    "joined",
    "measures",
    "proximity_graph",
    "pruned",
    "rescaled",
    "resolve",
    "similarities",
    "similarity_graph",
    "smoothed",
    "weighted_graph",
    "weights_of",
]
