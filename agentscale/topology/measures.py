"""What a graph looks like, in numbers."""

from __future__ import annotations

import networkx as nx

from agentscale.schema.record import Record


class Measures(Record):
    """Measures of a directed graph. Lengths are in edges, along the direction in which replies travel."""

    nodes: int
    edges: int
    density: float
    """Edges over n(n−1), in [0, 1]; 0 for a lone node."""
    reach: float
    """Share of ordered pairs (u, v) where what u says can come to v, in [0, 1]; 1 for a lone node."""
    mean_path_length: float | None
    """Mean shortest path over the pairs that reach one another; ``None`` where none does."""
    diameter: int | None
    """Longest of these shortest paths; ``None`` where there is none."""
    clustering: float
    """Mean directed clustering coefficient, in [0, 1]; on symmetric graphs that of Watts and Strogatz.

    Reference: G. Fagiolo, "Clustering in complex directed networks", Physical Review E 76 (2007).
    """
    in_degree_min: int
    """Fewest peers that an agent reads."""
    in_degree_max: int
    """Most peers that an agent reads."""


def measures(graph: nx.DiGraph) -> Measures:
    """Measures of ``graph``, which has at least one node. Time grows as nodes × edges."""
    n = graph.number_of_nodes()
    lengths = [length for _, row in nx.all_pairs_shortest_path_length(graph) for length in row.values() if length]
    degrees = [degree for _, degree in graph.in_degree]
    return Measures(
        nodes=n,
        edges=graph.number_of_edges(),
        density=float(nx.density(graph)),
        reach=len(lengths) / (n * (n - 1)) if n > 1 else 1.0,
        mean_path_length=sum(lengths) / len(lengths) if lengths else None,
        diameter=max(lengths, default=None),
        clustering=float(nx.average_clustering(graph)),
        in_degree_min=min(degrees),
        in_degree_max=max(degrees),
    )
