"""A graph as arrays of whom everybody reads, and how far what they say travels. Knows no networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_GATHERED = 2**23
"""Words of 64 bits that one step holds beside the sets: 64 MiB."""


class Rows(NamedTuple):
    """Whom each agent reads: agent v reads ``peers[starts[v]:starts[v + 1]]``."""

    starts: NDArray[np.int64]
    peers: NDArray[np.int64]

    @property
    def n(self) -> int:
        """How many agents there are."""
        return len(self.starts) - 1

    @classmethod
    def of(cls, n: int, edges: Iterable[tuple[int, int]]) -> Rows:
        """The rows of n agents with the edges u → v: v reads u."""
        pairs = np.array(list(edges), np.int64).reshape(-1, 2)
        pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
        return cls(np.searchsorted(pairs[:, 1], np.arange(n + 1)), pairs[:, 0])


class Travel(NamedTuple):
    """How what agents say travels along edges."""

    pairs: int
    """Ordered pairs (u, v) where what u says comes to v."""
    steps: int
    """The sum of their shortest ways, in edges."""
    longest: int
    """The longest of these; 0 where there is none."""
    heard: NDArray[np.int64]
    """Of how many agents the words come to each, itself counted; shape (n,)."""


def travel(rows: Rows) -> Travel:
    """All shortest ways at once: everybody's set of those heard so far, as bits, grows by one step at a time.

    Takes n² / 8 bytes, and a time of edges × n / 64 for each step up to the longest way.
    """
    heard = _selves(rows.n)
    known, steps, longest = rows.n, 0, 0
    for step in count(1):
        heard = _one_step(heard, rows)
        fresh = int(_sizes(heard).sum()) - known
        if not fresh:
            break
        known, steps, longest = known + fresh, steps + step * fresh, step
    return Travel(known - rows.n, steps, longest, _sizes(heard))


def _selves(n: int) -> NDArray[np.uint64]:
    """A set for each agent that holds it alone, as rows of bits."""
    sets = np.zeros((n, -(-n // 64)), np.uint64)
    agents = np.arange(n)
    sets[agents, agents // 64] = np.uint64(1) << (agents % 64).astype(np.uint64)
    return sets


def _one_step(heard: NDArray[np.uint64], rows: Rows) -> NDArray[np.uint64]:
    """Everybody's set with the sets of those that it reads."""
    grown = heard.copy()
    for low, high in _blocks(rows, heard.shape[1]):
        readers = low + np.flatnonzero(np.diff(rows.starts[low : high + 1]))
        if len(readers):
            said = heard[rows.peers[rows.starts[low] : rows.starts[high]]]
            grown[readers] |= np.bitwise_or.reduceat(said, rows.starts[readers] - rows.starts[low], axis=0)
    return grown


def _blocks(rows: Rows, words: int) -> Iterator[tuple[int, int]]:
    """Spans of agents whose peers' sets fit into memory together."""
    most = max(1, _GATHERED // words)
    low = 0
    while low < rows.n:
        high = int(np.searchsorted(rows.starts, rows.starts[low] + most, side="right")) - 1
        high = min(max(high, low + 1), rows.n)
        yield low, high
        low = high


def _sizes(sets: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many each set holds, shape (n,)."""
    if hasattr(np, "bitwise_count"):  # since numpy 2
        return np.asarray(np.bitwise_count(sets).sum(axis=1, dtype=np.int64))
    return np.asarray(np.unpackbits(sets.view(np.uint8), axis=1).sum(axis=1, dtype=np.int64))
