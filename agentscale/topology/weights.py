"""Graphs with weights: from a graph to an array of weights, shape (n, n), and back.

How weights change is a matter of arrays alone: `agentscale.rewiring`.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from agentscale.rewiring import Weights, square


def weights_of(graph: nx.DiGraph, start: float = 1.0) -> Weights:
    """Weights of a graph with the nodes 0 … n−1: ``start`` on every edge, nan elsewhere."""
    weights = np.full((len(graph), len(graph)), np.nan)
    for u, v in graph.edges:
        weights[u, v] = start
    return weights


def weighted_graph(weights: ArrayLike) -> nx.DiGraph:
    """The graph of weights, each on its edge as the attribute ``weight``.

    Raises:
        SpecError: If the weights are no square, or an agent has one to itself.
    """
    array = square(weights)
    graph = nx.empty_graph(len(array), create_using=nx.DiGraph)
    graph.add_weighted_edges_from((u, v, float(array[u, v])) for u, v in np.argwhere(~np.isnan(array)).tolist())
    return graph
