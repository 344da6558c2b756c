"""Who reads whom, as arrays: rows of neighbours for a sparse graph, one number for the complete one.

A graph comes in as compressed rows: row v lists the agents that v reads. Everybody reading everybody stays implicit,
since its N² edges say no more than N. Knows no names of topologies; whoever has a networkx graph hands over its rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from agentscale.errors import SpecError

_FIELD_BITS = 62  # of an int64, in which the counts of several options are added up side by side


class Graph:
    """N agents and whom each of them reads; made by `complete`, `of_rows`, `circulant` or `scattered`.

    Args:
        n: N, agents.
        starts: Shape (N + 1,): row v is ``peers[starts[v]:starts[v + 1]]``; ``None`` where everybody reads everybody.
        peers: Shape (E,): whom they read, row by row.
    """

    def __init__(self, n: int, starts: NDArray[np.int64] | None, peers: NDArray[np.int32] | None) -> None:
        self.n = n
        self.starts = starts
        self.peers = peers

    @classmethod
    def complete(cls, n: int) -> Self:
        """Everybody reads everybody else.

        Raises:
            SpecError: for fewer than one agent.
        """
        if n < 1:
            raise SpecError(f"a graph of {n} agents", key="n", allowed="1 or more")
        return cls(n, None, None)

    @classmethod
    def of_rows(cls, starts: ArrayLike, peers: ArrayLike) -> Self:
        """A graph from compressed rows (``indptr`` and ``indices`` of a scipy CSR matrix).

        Args:
            starts: Shape (N + 1,), from 0 to E, never falling.
            peers: Shape (E,), agents from 0 to N − 1.

        Raises:
            SpecError: where the rows do not fit, or an agent reads itself.
        """
        starts, peers = np.asarray(starts, np.int64), np.asarray(peers, np.int32)
        n = len(starts) - 1
        if n < 1 or starts[0] != 0 or starts[-1] != len(peers) or np.any(np.diff(starts) < 0):
            raise SpecError(
                f"rows of {max(n, 0)} agents that start at {starts[:3]} … for {len(peers)} edges",
                key="starts",
                allowed="N + 1 numbers from 0 to the number of edges, never falling",
            )
        if len(peers) and not 0 <= int(peers.min()) <= int(peers.max()) < n:
            raise SpecError("an agent reads one that is not there", key="peers", allowed=f"agents from 0 to {n - 1}")
        graph = cls(n, starts, peers)
        if np.any(graph._readers == peers):
            raise SpecError("an agent reads itself", key="peers", allowed="edges between two agents")
        return graph

    @classmethod
    def circulant(cls, n: int, degree: int) -> Self:
        """A regular graph: everybody reads the ``degree`` agents that stand next around a circle, half on each side.

        Raises:
            SpecError: where ``degree`` does not fit the size.
        """
        _check_degree(n, degree)
        steps = np.array([step if i % 2 == 0 else -step for i in range(degree) for step in [1 + i // 2]])
        rows = np.sort((np.arange(n)[:, None] + steps) % n, axis=1)
        return cls.of_rows(np.arange(n + 1) * degree, rows.ravel())

    @classmethod
    def scattered(cls, n: int, degree: float, rng: np.random.Generator) -> Self:
        """A random graph: n·degree edges thrown at pairs of agents, the few that fall twice kept once.

        Args:
            n: Agents, at least 2.
            degree: Mean number of agents that one reads, from 0 to n − 1.
            rng: The only source of chance.

        Raises:
            SpecError: where ``degree`` does not fit the size.
        """
        _check_degree(n, degree)
        edges = round(n * degree)
        readers = rng.integers(0, n, edges)
        others = rng.integers(0, n - 1, edges)
        return cls._of_pairs(n, readers * n + others + (others >= readers))

    @classmethod
    def _of_pairs(cls, n: int, pairs: NDArray[np.int64]) -> Self:
        """A graph from pairs written as reader · n + read, in any order; what occurs twice counts once."""
        keys = np.sort(pairs)  # np.unique takes twenty times as long over millions
        keys = keys[np.diff(keys, prepend=-1) > 0]
        readers = keys // n
        return cls.of_rows(np.searchsorted(readers, np.arange(n + 1)), keys - readers * n)

    @property
    def is_complete(self) -> bool:
        """Whether everybody reads everybody else, without rows to say so."""
        return self.starts is None

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """How many agents each one reads, shape (N,)."""
        return np.full(self.n, self.n - 1) if self.starts is None else np.diff(self.starts)

    def first_peers(self, most: int) -> Graph:
        """The graph in which nobody reads more than the first ``most`` ≥ 0 of its row: what a short context keeps."""
        if most >= int(self.degrees.max()):
            return self
        if self.starts is None or self.peers is None:
            rows = np.arange(most) + (np.arange(most) >= np.arange(self.n)[:, None])
            return Graph.of_rows(np.arange(self.n + 1) * most, rows.ravel())
        place = np.arange(len(self.peers)) - self.starts[self._readers]
        kept = np.concatenate([[0], np.cumsum(np.minimum(self.degrees, most))])
        return Graph.of_rows(kept, self.peers[place < most])

    def with_hubs(self, hubs: ArrayLike) -> Graph:
        """The graph in which everybody also reads the ``hubs``, agents from 0 to N − 1; at most 2³¹ edges."""
        if self.starts is None or self.peers is None:
            return self
        chosen = np.unique(np.asarray(hubs, np.int64))
        more = (np.arange(self.n)[:, None] * self.n + chosen)[np.arange(self.n)[:, None] != chosen]
        return Graph._of_pairs(self.n, np.concatenate([self._readers.astype(np.int64) * self.n + self.peers, more]))

    def counts(self, answers: NDArray[np.integer], n_options: int) -> NDArray[np.int64]:
        """How many of those that each agent reads gave each option; what cannot be read counts nowhere.

        Args:
            answers: Shape (Q, N), options from 0, negative where they cannot be read.
            n_options: C.

        Returns:
            Shape (C, Q, N).
        """
        if self.starts is None:
            mine: NDArray[np.int64] = one_hot(answers, n_options).astype(np.int64)
            everybody: NDArray[np.int64] = mine.sum(axis=2, keepdims=True)
            return everybody - mine
        # Options side by side in one integer: one pass over the edges counts as many as fit.
        bits = int(self.degrees.max()).bit_length() or 1
        width = _FIELD_BITS // bits
        counts = np.empty((n_options, *answers.shape), np.int64)
        for low in range(0, n_options, width):
            fields = min(width, n_options - low)
            added = self._added(answers, low, fields, bits, n_options)
            for field in range(fields):
                np.bitwise_and(added >> (bits * field), (1 << bits) - 1, out=counts[low + field])
        return counts

    def rows(self) -> sparse.csr_matrix:
        """The graph as a matrix of ones, shape (N, N): 1 at (v, u) where v reads u.

        Raises:
            SpecError: for a complete graph too large to write out.
        """
        if self.starts is not None:
            return self._ones
        if self.n > 4096:
            raise SpecError(f"a complete graph of {self.n} agents as a matrix", key="n", allowed="4096 agents or fewer")
        return sparse.csr_matrix(np.ones((self.n, self.n), np.int64) - np.eye(self.n, dtype=np.int64))

    def _added(
        self, answers: NDArray[np.integer], low: int, fields: int, bits: int, n_options: int
    ) -> NDArray[np.int64]:
        """Sums over rows of ``1 << (bits · field)`` of the options low … low + fields − 1, shape (Q, N)."""
        unit = np.zeros(n_options + 1, np.int64)  # the last one serves −1, what cannot be read
        unit[low : low + fields] = np.int64(1) << (bits * np.arange(fields))
        return np.stack([self._ones @ unit[row] for row in answers])

    @cached_property
    def _ones(self) -> sparse.csr_matrix:
        assert self.starts is not None
        assert self.peers is not None
        starts = self.starts.astype(np.int32) if len(self.peers) < 2**31 else self.starts  # or scipy widens the peers
        return sparse.csr_matrix((np.ones(len(self.peers), np.int64), self.peers, starts), shape=(self.n, self.n))

    @cached_property
    def _readers(self) -> NDArray[np.int32]:
        """The reader of every edge, shape (E,)."""
        return np.repeat(np.arange(self.n, dtype=np.int32), self.degrees)


def one_hot(answers: NDArray[np.integer], n_options: int) -> NDArray[np.bool_]:
    """Which option each answer of shape (Q, N) is, shape (C, Q, N); none where it cannot be read."""
    return np.asarray(np.equal(answers, np.arange(n_options)[:, None, None]))


def _check_degree(n: int, degree: float) -> None:
    if n < 2 or not 0 <= degree <= n - 1:
        raise SpecError(f"degree {degree} of {n} agents", key="degree", allowed="0 to n − 1, of 2 or more agents")
