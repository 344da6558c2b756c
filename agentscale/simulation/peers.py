"""Which of those that it may read an agent does read in a round: k of them, without repetition, drawn anew.

Knows graphs and uniforms; nothing of what readers make of what they read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentscale.simulation.graphs import Graph


def sampled_counts(
    graph: Graph, answers: NDArray[np.integer], n_options: int, uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many of k peers drawn from each agent's row gave each option.

    Args:
        graph: Whom they may read; an agent with k or fewer reads all of them.
        answers: Shape (Q, N), negative where they cannot be read.
        n_options: C.
        uniforms: Draws in [0, 1), shape (Q, N, k).

    Returns:
        Shape (C, Q, N).
    """
    counts = np.zeros((n_options, answers.size), np.int64)
    question, reader = np.divmod(np.arange(answers.size), graph.n)
    k = uniforms.shape[2]
    for places in chosen(np.tile(graph.degrees, len(answers)), uniforms.reshape(-1, k)):
        taken = np.flatnonzero(places >= 0)
        heard = answers[question[taken], _peer(graph, reader[taken], places[taken])]
        readable = heard >= 0
        counts[heard[readable], taken[readable]] += 1  # one peer of each agent at a time: no pair occurs twice
    return counts.reshape(n_options, *answers.shape)


def chosen(degrees: NDArray[np.int64], uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places in rows, k of each without repetition, all choices equally likely (Floyd's algorithm).

    Args:
        degrees: Lengths of the rows, shape (R,).
        uniforms: Draws in [0, 1), shape (R, k).

    Returns:
        Shape (k, R): places from 0 to degree − 1, and −1 where a row is shorter than k.
    """
    k = uniforms.shape[1]
    places = np.full((k, len(degrees)), -1, np.int64)
    for turn in range(k):
        last = degrees - k + turn  # the largest place of this turn; a short row starts with its own first turn
        drawn = (uniforms[:, turn] * (last + 1)).astype(np.int64)
        drawn = np.where((places[:turn] == drawn).any(axis=0), last, drawn)
        places[turn] = np.where(last >= 0, drawn, -1)
    return places


def _peer(graph: Graph, readers: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.integer]:
    """The agents that stand at places of the readers' rows."""
    if graph.starts is None or graph.peers is None:
        return places + (places >= readers)
    there: NDArray[np.integer] = graph.peers[graph.starts[readers] + places]
    return there
