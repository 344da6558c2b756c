"""Who gets to know what where news is flooded over a network and some fail to pass it on: all nodes at once, in arrays.

It is what the policy ``optimal`` of the environments' ``network`` does, by its own rule: what is news to a node it
tells all its neighbours in the next round, once. Who fails in that round never tells it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError


def flood(pairs: ArrayLike, talks: ArrayLike, *, repeat: bool = False) -> NDArray[np.bool_]:
    """Who knows the fact of whom in the end, where everybody has one at first.

    Args:
        pairs: Edges u → v, shape (E, 2), from 0 to N − 1: v reads u.
        talks: Who passes on what it has to tell in which round, shape (T, N).
        repeat: Everybody tells all it knows in every round, not its news alone.

    Returns:
        Shape (N, N): ``[v, u]`` is whether v knows the fact of u.

    Raises:
        SpecError: If shapes or ranges are wrong.
    """
    edges, flags = _checked(pairs, talks)
    n = flags.shape[1]
    reads = np.zeros((n, n), np.float32)
    reads[edges[:, 1], edges[:, 0]] = 1
    knows = np.eye(n, dtype=np.bool_)
    news = knows
    for talk in flags:
        if knows.all() or not (repeat or news.any()):
            break
        told = (knows if repeat else news) & talk[:, None]
        came = reads @ told.astype(np.float32) > 0
        news = came & ~knows
        knows = knows | came
    return knows


def flood_least(pairs: ArrayLike, talks: ArrayLike, ranks: ArrayLike, *, repeat: bool = False) -> NDArray[np.int64]:
    """The least rank that everybody knows of in the end, where nobody passes on any but the least that it knows.

    Args:
        pairs: Edges u → v, shape (E, 2), from 0 to N − 1: v reads u.
        talks: Who passes on what it has to tell in which round, shape (T, N).
        ranks: The rank of everybody, shape (N,).
        repeat: Everybody tells the least that it knows in every round, not only where it is news.

    Raises:
        SpecError: If shapes or ranges are wrong.
    """
    edges, flags = _checked(pairs, talks)
    least = np.array(ranks, np.int64)
    if least.shape != flags.shape[1:]:
        raise SpecError(f"ranks of shape {least.shape}", key="ranks", allowed=f"shape {flags.shape[1:]}")
    nothing = np.iinfo(np.int64).max
    is_news = np.ones(len(least), np.bool_)
    for talk in flags:
        if not (repeat or is_news.any()):
            break
        told = np.where(talk & (is_news | repeat), least, nothing)
        came = least.copy()
        np.minimum.at(came, edges[:, 1], told[edges[:, 0]])
        is_news = came < least
        least = came
    return least


def _checked(pairs: ArrayLike, talks: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    edges, flags = np.asarray(pairs, np.int64).reshape(-1, 2), np.asarray(talks, np.bool_)
    if flags.ndim != 2:
        raise SpecError(f"talks of shape {flags.shape}", key="talks", allowed="shape (rounds, nodes)")
    if len(edges) and not 0 <= int(edges.min()) <= int(edges.max()) < flags.shape[1]:
        raise SpecError("an edge ends outside", key="pairs", allowed=f"nodes 0 to {flags.shape[1] - 1}")
    return edges, flags
