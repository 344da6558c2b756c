"""Weights of edges: how a result updates them, and when an edge is pruned.

Weights are an array, shape (n, n): entry (u, v) belongs to the edge u → v, and nan says that there is no edge. Nothing
here keeps a state: whoever has weights hands them over and gets the next ones. Reference: Y. Yang et al., "AgentNet:
Decentralized evolutionary coordination for LLM-based multi-agent systems", arXiv 2504.00587, whose paper and released
code have different rules. Both are here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Weights = NDArray[np.float64]


def smoothed(weights: ArrayLike, success: ArrayLike, alpha: float) -> Weights:
    """The paper's update: w′ = α·w + (1−α)·S on the edges that were used.

    The code keeps a success rate of each edge in the same way, with α = 0.9, and does not weigh edges by it.

    Args:
        weights: Shape (n, n).
        success: S, shape (n, n): how well what went along an edge ended, in [0, 1]; nan where nothing did.
        alpha: How much of the old weight stays, in [0, 1].

    Raises:
        SpecError: If shapes or ranges are wrong.
    """
    old, result = square(weights), _success(weights, success)
    if not 0 <= alpha <= 1:
        raise SpecError(f"got {alpha!r}", key="alpha", allowed="0 to 1")
    return np.where(np.isnan(result), old, alpha * old + (1 - alpha) * result)


def rescaled(
    weights: ArrayLike,
    success: ArrayLike,
    seconds: ArrayLike,
    *,
    gain: float = 1.1,
    loss: float = 0.9,
    bounds: tuple[float, float] = (0.1, 2.0),
) -> Weights:
    """The code's update: w′ = clip(w · (gain | loss) · min(1, 10/t), bounds) on the edges that were used.

    What takes longer than ten seconds loses weight even where it succeeds, so weights shrink in the long run.

    Args:
        weights: Shape (n, n).
        success: Shape (n, n): 1 where what went along an edge succeeded, 0 where it failed, nan where nothing did.
        seconds: t, shape (n, n) or a number: how long it took; 0 damps nothing.
        gain: Factor of a success.
        loss: Factor of a failure.
        bounds: Smallest and largest weight.

    Raises:
        SpecError: If shapes or ranges are wrong.
    """
    old, result = square(weights), _success(weights, success)
    took = np.broadcast_to(np.asarray(seconds, np.float64), old.shape)
    used = ~np.isnan(result)
    if not np.isin(result[used], (0.0, 1.0)).all():
        raise SpecError(
            "a result is neither success nor failure", key="success", allowed="0, 1, or nan for unused edges"
        )
    if not (took[used] >= 0).all():
        raise SpecError("a time is negative or unknown", key="seconds", allowed="0 or more on every edge that was used")
    damped = np.minimum(1.0, 10.0 / np.where(used & (took > 0), took, 10.0))
    return np.where(used, np.clip(old * np.where(result == 1, gain, loss) * damped, *bounds), old)


def pruned(weights: ArrayLike, threshold: float = 0.3) -> Weights:
    """The weights without the edges that weigh ``threshold`` or less; a pruned edge never comes back."""
    array = square(weights)
    return np.where(array <= threshold, np.nan, array)


def square(weights: ArrayLike) -> Weights:
    """Weights as an array, shape (n, n).

    Raises:
        SpecError: If they are no square, or an agent has one to itself.
    """
    array = np.asarray(weights, np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise SpecError(f"weights of shape {array.shape}", key="weights", allowed="a square, one row an agent")
    if not np.isnan(np.diagonal(array)).all():
        raise SpecError("an agent has a weight to itself", key="weights", allowed="nan on the diagonal")
    return array


def _success(weights: ArrayLike, success: ArrayLike) -> Weights:
    """What happened on edges, as an array; nothing can have happened where there is no edge."""
    array, edges = np.asarray(success, np.float64), ~np.isnan(np.asarray(weights, np.float64))
    if array.shape != edges.shape:
        raise SpecError(f"results of shape {array.shape}", key="success", allowed=f"the weights' shape, {edges.shape}")
    used = ~np.isnan(array)
    if (used & ~edges).any():
        u, v = np.argwhere(used & ~edges)[0]
        raise SpecError(f"a result of {u} → {v}, which is no edge", key="success", allowed="nan where there is no edge")
    if not ((array[used] >= 0) & (array[used] <= 1)).all():
        raise SpecError("a result outside its range", key="success", allowed="0 to 1, or nan for unused edges")
    return array
