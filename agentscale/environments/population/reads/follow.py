"""Accounts that follow one another, in a graph that may grow.

Reference: Z. Yang et al., "OASIS: Open agent social interaction simulations with one million agents", arXiv 2411.11581.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.environments.population.reads.base import Act, Ints, Reads, Ties
from agentscale.rewiring import follow_more, follows, refollow
from agentscale.schema.worlds import Edges

_LINE = re.compile(r"^[ \t*_]*(follow|unfollow):[ \t*_]*(?:user[ \t]+)?(.*?)[ \t*_.]*$", re.IGNORECASE | re.MULTILINE)


class Follow(Reads):
    """Everybody reads whom it follows: the graph of the cell, or others drawn at random."""

    legend: ClassVar[str] = (
        "You see what the users whom you follow posted last. If you want to follow another one, or no longer, add a "
        "line `Follow: <number>` or `Unfollow: <number>`."
    )

    rule: Literal["follow"] = "follow"
    each: int | None = Field(default=None, ge=0)
    """How many others everybody follows at first, drawn at random; without it, the topology of the cell says whom."""
    growth: float = Field(default=0.0, ge=0, le=1)
    """Chance that an active account also follows one more, drawn in proportion to 1 + followers."""

    def unfit(self, individuals: int, members: int) -> str | None:
        """A topology has as many nodes as the team members."""
        if self.each is None and individuals != members:
            return (
                f"has {individuals} individuals, and the topology {members}: say how many each of them follows (each)"
            )
        if self.each is not None and self.each >= individuals:
            return f"lets everybody follow {self.each} others, and there are {individuals - 1}"
        return None

    def start(self, individuals: int, edges: Edges, rng: np.random.Generator) -> Ties:
        """Drawn, or the cell's."""
        if self.each is not None:
            return Ties.of(follows(individuals, self.each, rng))
        own = np.array(edges, np.int64).reshape(-1, 2)
        return Ties.of(refollow(own[:0], individuals, own, own[:0]))

    def told(self, ties: Ties, who: Ints) -> str:
        """Nothing."""
        return ""

    def acts(self, text: str, individuals: int) -> tuple[list[Any], int]:
        """Whom to follow, as (True, account), and whom no longer."""
        lines = _LINE.findall(text)
        made = [
            (verb.lower() == "follow", int(to))
            for verb, to in lines
            if to.isdecimal() and len(to) < 10 and int(to) < individuals
        ]
        return made, len(lines) - len(made)

    def after(self, ties: Ties, acts: Iterable[Act], active: NDArray[np.bool_], rng: np.random.Generator) -> Ties:
        """First what agents want, then growth."""
        pairs, n, wanted = ties.pairs.astype(np.int64), len(active), list(acts)
        if wanted:
            pairs = refollow(pairs, n, _edges(wanted, True), _edges(wanted, False))
        if self.growth:
            drawn = rng.random(n) < self.growth
            pairs = follow_more(pairs, n, np.flatnonzero(active & drawn), rng)
        return Ties.of(pairs)

    @property
    def marks(self) -> Sequence[str]:
        """Two."""
        return ("follow:", "unfollow:")


def _edges(acts: Iterable[Act], follows_it: bool) -> Ints:
    """All that is to be followed, or no longer, shape (k, 2)."""
    chosen = [(who, act[1]) for who, act in acts if act[0] is follows_it]
    made = [np.stack([np.full_like(who, account), who], axis=1) for who, account in chosen]
    return np.concatenate([np.empty((0, 2), np.int64), *made])
