"""What a graph looks like, in numbers. Where a number is not defined, there is the reason, and never a zero."""

from __future__ import annotations

import networkx as nx
import numpy as np

from agentscale.schema.record import Record
from agentscale.topology.averaging import n_eff, spectral_gap
from agentscale.topology.links import Rows, Travel, travel
from agentscale.topology.small_worldness import small_worldness

MOST_AGENTS = 1_024
"""Agents beyond which measures over all pairs are not computed."""

Reason = str
"""Why there is no number."""


class Measures(Record):
    """Measures of a directed graph. Lengths are in edges, along the direction in which replies travel.

    A number that is not defined is ``None``, and ``undefined`` says why.
    """

    nodes: int
    edges: int
    """One for each agent that an agent reads; two where they read one another."""
    density: float | None
    """Edges over n(n−1), in [0, 1]."""
    components: int
    """Parts that no edge joins."""
    sources: int
    """Agents that read nobody."""
    sinks: int
    """Agents whom nobody reads."""
    in_degree_min: int
    """Fewest peers that an agent reads."""
    in_degree_mean: float
    in_degree_max: int
    """Most peers that an agent reads."""
    out_degree_min: int
    """Fewest peers that read an agent."""
    out_degree_max: int
    """Most peers that read an agent."""
    is_acyclic: bool
    """Whether nothing that an agent says can come back to it: a DAG."""
    depth: int | None
    """Agents on the longest way through a graph without cycles."""
    reach: float | None
    """Share of ordered pairs (u, v) where what u says can come to v, in [0, 1]."""
    mean_path_length: float | None
    """Mean shortest path over the pairs that reach one another."""
    diameter: int | None
    """Longest of these shortest paths."""
    sink_coverage: int | None
    """How many agents' words can come to a sink, itself counted: the fewest, where there are several sinks."""
    clustering: float | None
    """Mean directed clustering coefficient, in [0, 1]; on symmetric graphs that of Watts and Strogatz. An agent with
    fewer than two neighbours counts as 0.

    Reference: G. Fagiolo, "Clustering in complex directed networks", Physical Review E 76 (2007).
    """
    sigma: float | None
    """Small-world σ: above 1 for a small world."""
    omega: float | None
    """Small-world ω: near 0 for a small world, towards 1 random, towards −1 a lattice."""
    spectral_gap: float | None
    """1 − |λ₂| of everybody's average over itself and those it reads, in [0, 1]."""
    n_eff: float | None
    """1 / ‖w‖² of the weights w in the consensus of repeated averages, from 1 to n."""
    undefined: dict[str, str] = {}
    """Why a number is missing, by its name."""


def measures(graph: nx.DiGraph, seed: int = 0) -> Measures:
    """Measures of a graph with the nodes 0 … n−1.

    Args:
        graph: At least one node; u → v means that v reads u.
        seed: Of the rewired graphs beside which σ and ω are measured.

    Returns:
        The measures; those over all pairs only up to 1,024 agents.
    """
    counted = _counted(graph)
    found = {**_shape(graph), **_over_pairs(graph, seed)}
    values = {name: None if isinstance(value, str) else value for name, value in found.items()}
    reasons = {name: value for name, value in found.items() if isinstance(value, str)}
    return Measures.model_validate({**counted, **values, "undefined": reasons})


def _counted(graph: nx.DiGraph) -> dict[str, int | float | bool]:
    """What every graph has."""
    read = [degree for _, degree in graph.in_degree]
    readers = [degree for _, degree in graph.out_degree]
    return {
        "nodes": len(graph),
        "edges": graph.number_of_edges(),
        "components": nx.number_weakly_connected_components(graph),
        "sources": read.count(0),
        "sinks": readers.count(0),
        "in_degree_min": min(read),
        "in_degree_mean": graph.number_of_edges() / len(graph),
        "in_degree_max": max(read),
        "out_degree_min": min(readers),
        "out_degree_max": max(readers),
        "is_acyclic": nx.is_directed_acyclic_graph(graph),
    }


def _shape(graph: nx.DiGraph) -> dict[str, int | float | Reason]:
    n = len(graph)
    acyclic = nx.is_directed_acyclic_graph(graph)
    return {
        "density": graph.number_of_edges() / (n * (n - 1)) if n > 1 else "one agent makes no pair",
        "depth": nx.dag_longest_path_length(graph, weight=None) + 1 if acyclic else "the graph has a cycle",
    }


PAIRWISE = (
    "reach",
    "mean_path_length",
    "diameter",
    "sink_coverage",
    "clustering",
    "sigma",
    "omega",
    "spectral_gap",
    "n_eff",
)
"""Measures that take time as pairs of agents do."""


def _over_pairs(graph: nx.DiGraph, seed: int) -> dict[str, int | float | Reason]:
    n = len(graph)
    if n > MOST_AGENTS:
        return dict.fromkeys(PAIRWISE, f"{n} agents; up to {MOST_AGENTS} are measured over all pairs")
    ways = travel(Rows.of(n, graph.edges))
    nobody = "nobody reads anybody"
    small = small_worldness(graph, seed)
    return {
        "reach": ways.pairs / (n * (n - 1)) if n > 1 else "one agent makes no pair",
        "mean_path_length": ways.steps / ways.pairs if ways.pairs else nobody,
        "diameter": ways.longest if ways.pairs else nobody,
        "sink_coverage": _sink_coverage(graph, ways),
        "clustering": _clustering(graph),
        "sigma": small.sigma,
        "omega": small.omega,
        "spectral_gap": spectral_gap(graph),
        "n_eff": n_eff(graph),
    }


def _sink_coverage(graph: nx.DiGraph, ways: Travel) -> int | Reason:
    sinks = [int(ways.heard[agent]) for agent, degree in graph.out_degree if degree == 0]
    return min(sinks) if sinks else "somebody reads each agent: there is no sink"


def _clustering(graph: nx.DiGraph) -> float | Reason:
    """Closed triples over all, agent by agent: diag(S³) / 2(d(d−1) − 2b), with S = A + Aᵀ."""
    one_way = nx.to_numpy_array(graph, nodelist=range(len(graph)), weight=None)
    both_ways = one_way + one_way.T
    closed = np.einsum("ij,ji->i", both_ways @ both_ways, both_ways)
    degrees, mutual = both_ways.sum(axis=1), (one_way * one_way.T).sum(axis=1)
    triples = 2 * (degrees * (degrees - 1) - 2 * mutual)
    if not triples.any():
        return "nobody has two neighbours"
    return float(np.mean(np.divide(closed, triples, out=np.zeros(len(graph)), where=triples > 0)))
