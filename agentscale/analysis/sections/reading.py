"""What went along each edge of a graph: whose answers were taken over, and to which side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.sections.base import Number, Sight

MOST_EDGES = 64
"""Edges of the largest graph of which every one is told."""


def reading(sight: Sight) -> Iterator[Number]:
    """Of each edge u → v, in a cell of up to 64 edges where every agent spoke in each of several rounds; else nothing.

    A chance is a round before which u and v had different readable answers, and after which v has one. v takes over
    where its new answer is the one that u had. Several peers may have had it: it then counts on each of their edges.
    """
    arrays = sight.arrays
    edges = np.array(arrays.cell.edges, dtype=np.int64).reshape(-1, 2)
    if arrays.n_rounds < 2 or not 0 < len(edges) <= MOST_EDGES or not len(arrays.item) or not arrays.asked.all():
        return
    before, after = arrays.answers[:, :-1], arrays.answers[:, 1:]
    theirs, own, new = before[..., edges[:, 0]], before[..., edges[:, 1]], after[..., edges[:, 1]]
    chance = (theirs >= 0) & (own >= 0) & (new >= 0) & (theirs != own)
    taken = chance & (new == theirs)
    chances = chance.sum(axis=1)
    columns = {
        "took_over": np.where(chances > 0, taken.sum(axis=1) / np.maximum(chances, 1), np.nan),
        "flips_to_right": (taken & (new == 0)).sum(axis=1),
        "flips_to_wrong": (taken & (own == 0)).sum(axis=1),
    }
    slots = arrays.cell.team.slots
    for at, (u, v) in enumerate(edges.tolist()):
        yield from sight.means({name: column[:, at] for name, column in columns.items()}, at=along(slots[u], slots[v]))


def along(u: str, v: str) -> str:
    """How an edge is written in the table: v reads u."""
    return f"{u} → {v}"
