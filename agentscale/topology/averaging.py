"""What repeated averaging makes of a graph: how fast opinions meet, and whose opinion it is where they do.

W is the matrix of everybody's even average over itself and those that it reads (M. H. DeGroot, "Reaching a consensus",
Journal of the American Statistical Association 69, 1974). Agents that read one another, directly or not, are a class;
W has the eigenvalues of its classes, taken one by one. That is how they are computed, since the eigenvalues of a whole
graph without cycles are all of one kind and come out wrong by tenths.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray

MOST_ONE_WAY = 512
"""Agents of one class whose eigenvalues are computed where reading does not go both ways."""

Reason = str
"""Why there is no number."""


def spectral_gap(graph: nx.DiGraph) -> float | Reason:
    """1 − |λ₂| of W, in [0, 1]: 0 where opinions never meet, 1 where they meet at once.

    What is left of a disagreement shrinks by |λ₂| a round. A lone agent has no λ₂.
    """
    if len(graph) == 1:
        return "one agent has no second eigenvalue"
    second = 0.0
    closed = 0
    for members, block in _classes(graph):
        values = _eigenvalues(block)
        if values is None:
            return f"{len(members)} agents read one another in one way; up to {MOST_ONE_WAY} are computed"
        if _is_closed(block):
            closed, values = closed + 1, np.sort(values)[:-1]
        second = max(second, *values, 0.0)
    return 0.0 if closed > 1 else float(max(0.0, 1.0 - second))


def n_eff(graph: nx.DiGraph) -> float | Reason:
    """1 / ‖w‖², from 1 to n: how many agents' first opinions the consensus is worth.

    w is the weight of each in the consensus, wW = w with Σ w = 1. Where two classes read nobody else, there is none.
    """
    closed = [(members, block) for members, block in _classes(graph) if _is_closed(block)]
    if len(closed) > 1:
        return f"opinions never meet: {len(closed)} parts of the team read nobody outside"
    ((_, block),) = closed
    w = _stationary(block)
    return float(1.0 / np.sum(w**2))


def _classes(graph: nx.DiGraph) -> list[tuple[list[int], NDArray[np.float64]]]:
    """The strongly connected classes with their blocks of W."""
    reads = nx.to_numpy_array(graph, nodelist=range(len(graph)), weight=None).T + np.eye(len(graph))
    averages = reads / reads.sum(axis=1, keepdims=True)
    classes = [sorted(component) for component in nx.strongly_connected_components(graph)]
    return [(members, averages[np.ix_(members, members)]) for members in classes]


def _is_closed(block: NDArray[np.float64]) -> bool:
    """Whether the class reads nobody outside."""
    return bool(np.allclose(block.sum(axis=1), 1.0))


def _goes_both_ways(block: NDArray[np.float64]) -> bool:
    return bool(np.array_equal(block > 0, block.T > 0))


def _eigenvalues(block: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The moduli of a block's eigenvalues, or ``None`` where that takes too long."""
    if _goes_both_ways(block):
        # D⁻¹A has the eigenvalues of D^(−1/2) A D^(−1/2), which is symmetric.
        root = np.sqrt(1.0 / np.diagonal(block))
        return np.asarray(np.abs(np.linalg.eigvalsh(block * root[:, None] / root)))
    return np.asarray(np.abs(np.linalg.eigvals(block))) if len(block) <= MOST_ONE_WAY else None


def _stationary(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights w with w·block = w and Σ w = 1, of a class that reads nobody outside."""
    system = block.T - np.eye(len(block))
    system[-1] = 1.0
    target = np.zeros(len(block))
    target[-1] = 1.0
    return np.asarray(np.linalg.solve(system, target))
