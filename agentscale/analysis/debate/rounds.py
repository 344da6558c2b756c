"""Answers by round in one form, and what each agent reads of its peers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import whole
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def labelled(answers: ArrayLike, truth: ArrayLike, *, least: int = 1) -> Ints:
    """The answers to labelled questions with 0 for the right one, wrong ones from 1 upwards, −1 missing.

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing.
        truth: Right ids, shape (Q,); −1 is unlabelled.
        least: Rounds that there must be.

    Raises:
        SpecError: shapes that do not fit, or too few rounds.
    """
    a, y = whole("answers", answers, -1), whole("truth", truth, -1)
    if a.ndim != 3 or y.shape != a.shape[:1] or a.shape[1] < least:
        allowed = f"(Q, T + 1, N) with T + 1 ≥ {least}, and (Q,)"
        raise SpecError(f"answers {a.shape}, truth {y.shape}", key="answers", allowed=allowed)
    known = y >= 0
    a, own = a[known], y[known][:, None, None]
    return np.where(a < 0, -1, np.where(a == own, 0, np.where(a < own, a + 1, a)))


def questions(items: ArrayLike | None, truth: ArrayLike) -> Ints:
    """Which question each labelled row is of, counted from 0: several rows of one are its replicates.

    Args:
        items: The question of each row, shape (R,); every row is a question of its own by default.
        truth: Right ids, shape (R,); −1 is unlabelled.

    Raises:
        SpecError: ``items`` has another length.
    """
    y = np.asarray(truth)
    given = np.arange(len(y)) if items is None else whole("items", items)
    if given.shape != y.shape:
        raise SpecError(f"items of shape {given.shape}", key="items", allowed=f"shape {y.shape}: one a row")
    return np.unique(given[y >= 0], return_inverse=True)[1].reshape(-1)


def by_question(columns: ArrayLike, question: Ints) -> Floats:
    """Means over the rows of a question, shape (Q, C), of columns by row (R, C); ``nan`` leaves a row out."""
    table = np.asarray(columns, dtype=np.float64)
    defined = np.isfinite(table)
    total, count = (np.zeros((int(question.max(initial=-1)) + 1, table.shape[1])) for _ in range(2))
    np.add.at(total, question, np.where(defined, table, 0.0))
    np.add.at(count, question, defined)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def share_right(answers: Ints) -> Floats:
    """Share of the readable answers (…, N) that are right; ``nan`` where none is readable."""
    readable = (answers >= 0).sum(axis=-1)
    return np.asarray(np.where(readable > 0, (answers == 0).sum(axis=-1) / np.maximum(readable, 1), np.nan))


def tally(answers: Ints) -> Ints:
    """Votes by answer, shape (…, C), of answers (…, N); the right one first."""
    width = int(answers.max(initial=0)) + 1
    return np.asarray((answers[..., None, :] == np.arange(width)[:, None]).sum(axis=-1))


class Reads:
    """Who reads whom.

    Args:
        edges: Pairs u → v over agents, v reads u, shape (E, 2); ``None`` where everybody reads everybody else.
        n: N, agents.

    Raises:
        SpecError: an edge that is none between two agents.
    """

    def __init__(self, edges: ArrayLike | None, n: int) -> None:
        self.n = n
        self._matrix = None if edges is None else _matrix(whole("edges", edges), n)

    @property
    def degrees(self) -> Ints:
        """How many agents each one reads, shape (N,)."""
        return np.full(self.n, self.n - 1) if self._matrix is None else self._matrix.sum(axis=1)

    def of(self, values: NDArray[np.generic]) -> Floats:
        """Sum over those whom each agent reads of values (…, N, K): the same shape."""
        x = np.asarray(values, dtype=np.float64)
        if self._matrix is None:
            return np.asarray(x.sum(axis=-2, keepdims=True) - x)
        return np.asarray(np.einsum("vu,...uk->...vk", self._matrix, x))

    def tally(self, answers: Ints) -> Floats:
        """Readable answers that each agent reads, by answer: shape (…, N, C) of answers (…, N)."""
        return self.of(answers[..., None] == np.arange(int(answers.max(initial=0)) + 1))


def _matrix(edges: Ints, n: int) -> Ints:
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.max(initial=-1) >= n or (edges[:, 0] == edges[:, 1]).any():
        raise SpecError(f"edges of shape {edges.shape}", key="edges", allowed=f"pairs u ≠ v of agents 0 to {n - 1}")
    reads = np.zeros((n, n), dtype=np.int64)
    reads[edges[:, 1], edges[:, 0]] = 1
    return reads
