"""Individuals that hold goods and hear who holds much the same.

Reference: Y. Yang et al., "TwinMarket: A scalable behavioral and social simulation for financial markets", arXiv
2502.01506. Its market is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.environments.population.reads.base import Act, Ints, Reads, Ties
from agentscale.rewiring import alike
from agentscale.schema.worlds import Edges

GOODS = ("barley", "copper", "flax", "ginger", "honey", "iron", "linen", "salt", "silk", "timber", "wine", "wool")
MOST = 4_000
"""Individuals at most: everybody is compared with everybody."""
_LINE = re.compile(r"^[ \t*_]*hold:[ \t*_]*(.*?)[ \t*_.]*$", re.IGNORECASE | re.MULTILINE)


class Alike(Reads):
    """Everybody reads whose holdings have at least a Jaccard similarity with its own, reckoned anew after each step."""

    legend: ClassVar[str] = (
        "You hold goods, and hear what those said last who hold much the same. To hold others, add a line "
        f"`Hold: <goods, parted by commas>`; there are {', '.join(GOODS)}."
    )

    rule: Literal["alike"] = "alike"
    threshold: float = Field(default=0.2, gt=0, le=1)
    """Least similarity."""
    decay: float = Field(default=0.0, ge=0, lt=1)
    """What is left of the holdings before: what one held counts the less, the longer ago it was."""

    def unfit(self, individuals: int, members: int) -> str | None:
        """Everybody is compared with everybody."""
        return f"compares everybody with everybody, and takes {MOST} at most" if individuals > MOST else None

    def start(self, individuals: int, edges: Edges, rng: np.random.Generator) -> Ties:
        """Each good is held with chance ½, and one that is drawn in any case."""
        held = rng.random((individuals, len(GOODS))) < 0.5
        held[np.arange(individuals), rng.integers(0, len(GOODS), individuals)] = True
        return self._ties(held.astype(np.float64))

    def told(self, ties: Ties, who: Ints) -> str:
        """What one holds; of several individuals together nothing."""
        if len(who) != 1:
            return ""
        return (
            f"You hold {', '.join(good for good, held in zip(GOODS, ties.traits[who[0]], strict=True) if held >= 0.5)}."
        )

    def acts(self, text: str, individuals: int) -> tuple[list[Any], int]:
        """The last list of goods, where it names nothing else."""
        lists = [[good.strip().lower() for good in line.split(",")] for line in _LINE.findall(text)]
        known = [goods for goods in lists if set(goods) <= set(GOODS)]
        return [tuple(good in goods for good in GOODS) for goods in known[-1:]], len(lists) - len(known)

    def after(self, ties: Ties, acts: Iterable[Act], active: NDArray[np.bool_], rng: np.random.Generator) -> Ties:
        """All have chosen at once."""
        held = ties.traits.copy()
        for who, goods in acts:
            held[who] = self.decay * held[who] + (1 - self.decay) * np.array(goods, np.float64)
        return self._ties(held)

    @property
    def marks(self) -> Sequence[str]:
        """One."""
        return ("hold:",)

    def _ties(self, held: NDArray[np.float64]) -> Ties:
        return Ties.of(alike(held, self.threshold, "jaccard"), held)
