"""How far news comes in a population whose members are active by chance: all of them at once, in arrays.

It is the world `population` of the environments played by individuals that repeat what they know: the same activity,
graph and generator give the same individuals, step by step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError
from agentscale.rewiring import follow_more, reached


class Spread(NamedTuple):
    """What came of the news, of T steps and N individuals."""

    informed: NDArray[np.int64]
    """Individuals that have posted the news by the end of each step, shape (T,)."""
    edges: NDArray[np.int64]
    """Edges after each step, shape (T,)."""
    who: NDArray[np.bool_]
    """Who has posted it at the end, shape (N,)."""
    pairs: NDArray[np.int64]
    """The graph at the end, shape (E, 2)."""


def spread(
    pairs: ArrayLike,
    active: ArrayLike,
    seeds: ArrayLike,
    rng: np.random.Generator,
    *,
    repeat: float = 1.0,
    growth: float = 0.0,
) -> Spread:
    """Whom the news reaches.

    In a step, everybody who is active posts. Who knows the news, because it is a seed, reads somebody whose last post
    tells it, or told it itself in its own last post, tells it with chance ``repeat``.

    Args:
        pairs: Edges u → v, shape (E, 2), from 0 to N − 1: v reads u.
        active: Who is active in which step, shape (T, N); see `agentscale.rewiring.activations`.
        seeds: The individuals that know the news from the start.
        rng: The only source of chance.
        repeat: In [0, 1].
        growth: Chance that an active individual also follows one more; see `agentscale.rewiring.follow_more`.

    Raises:
        SpecError: If shapes or ranges are wrong.
    """
    edges, flags = np.asarray(pairs, np.int64).reshape(-1, 2), np.asarray(active, np.bool_)
    _check(edges, flags, repeat, growth)
    steps, n = flags.shape
    knows_at_first, telling, told = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    knows_at_first[np.asarray(seeds, np.int64)] = True
    informed, n_edges = np.zeros(steps, np.int64), np.zeros(steps, np.int64)
    for step in range(steps):
        tells = knows_at_first | telling | reached(edges, telling)
        if repeat < 1:
            tells &= rng.random(n) < repeat
        telling = np.where(flags[step], tells, telling)
        told |= telling
        if growth and flags[step].any():
            drawn = rng.random(n) < growth
            edges = follow_more(edges, n, np.flatnonzero(flags[step] & drawn), rng)
        informed[step], n_edges[step] = told.sum(), len(edges)
    return Spread(informed, n_edges, told, edges)


def _check(edges: NDArray[np.int64], active: NDArray[np.bool_], repeat: float, growth: float) -> None:
    if active.ndim != 2 or not active.size:
        raise SpecError(f"activity of shape {active.shape}", key="active", allowed="shape (steps, individuals)")
    if len(edges) and not 0 <= int(edges.min()) <= int(edges.max()) < active.shape[1]:
        raise SpecError("an edge ends outside", key="pairs", allowed=f"individuals 0 to {active.shape[1] - 1}")
    for name, value in (("repeat", repeat), ("growth", growth)):
        if not 0 <= value <= 1:
            raise SpecError(f"got {value!r}", key=name, allowed="a chance from 0 to 1")
