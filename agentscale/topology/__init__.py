"""Topologies: who reads whom. A name, a size and a seed make a graph. Knows no prompts and no models.

To add one: a file with a class that has a ``name`` and makes a ``graph``, and its line in ``TOPOLOGIES``.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named
from agentscale.topology.base import Topology
from agentscale.topology.chain import Chain
from agentscale.topology.complete import Complete
from agentscale.topology.file import File
from agentscale.topology.hub import Hub
from agentscale.topology.measures import Measures, measures
from agentscale.topology.random import Random
from agentscale.topology.ring import Ring
from agentscale.topology.small_world import SmallWorld

TOPOLOGIES: dict[str, type[Topology]] = {
    "chain": Chain,
    "complete": Complete,
    "file": File,
    "hub": Hub,
    "random": Random,
    "ring": Ring,
    "small_world": SmallWorld,
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
        A graph with the nodes 0 … n−1 in order; u → v means that v reads u. Nobody reads itself.

    Raises:
        SpecError: If there is no such graph.
    """
    reason = "a graph needs at least one node" if n < 1 else topology.unfit(n)
    if reason is not None:
        raise SpecError(f"no graph with n = {n}: {reason}", key=f"topology.{topology.name}")
    return _checked(topology, topology.graph(n, keyed(seed, "topology", topology.label, n)), n)


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
    return ordered


__all__ = ["TOPOLOGIES", "Measures", "Topology", "build", "measures", "resolve"]
