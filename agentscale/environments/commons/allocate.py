"""Who gets what where more is wanted than there is. Nobody gets more than was wanted, and nothing is left over then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Allocator = Callable[[int, Sequence[int], "np.random.Generator"], list[int]]
"""From the pool, what each wants (≥ 0) and a generator to what each gets, where more is wanted than there is."""


def stochastic(pool: int, wanted: Sequence[int], rng: np.random.Generator) -> list[int]:
    """Unit by unit, each to one of those who still want more, all as likely."""
    got = [0] * len(wanted)
    wanting = [place for place, units in enumerate(wanted) if units]
    for draw in rng.random(pool).tolist():
        index = int(draw * len(wanting))
        place = wanting[index]
        got[place] += 1
        if got[place] == wanted[place]:
            wanting[index] = wanting[-1]
            wanting.pop()
    return got


def proportional(pool: int, wanted: Sequence[int], rng: np.random.Generator) -> list[int]:
    """In proportion to what is wanted, rounded down; what that leaves goes, a unit each, to some who lost by it.

    They are drawn, all as likely; those who lost by it are always more than the units that are left.
    """
    total = sum(wanted)
    got = [pool * units // total for units in wanted]
    short = [place for place, units in enumerate(wanted) if pool * units % total]
    for index in rng.permutation(len(short))[: pool - sum(got)]:
        got[short[index]] += 1
    return got


Allocation = Literal["stochastic", "proportional"]
ALLOCATORS: dict[Allocation, Allocator] = {"stochastic": stochastic, "proportional": proportional}


def allocate(kind: Allocation, pool: int, wanted: Sequence[int], rng: np.random.Generator) -> list[int]:
    """What each gets of ``pool`` ≥ 0 units: what it wants (≥ 0) where there is enough, else as the allocator says."""
    return list(wanted) if sum(wanted) <= pool else ALLOCATORS[kind](pool, wanted, rng)
