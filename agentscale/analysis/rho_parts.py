"""ρ of correctness split into its parts: hard questions, what copies share, and what talking added.

Everything is a function of means over questions of a few columns, so that the parts have intervals like any other: of
each configuration its right and its readable answers, and sums over pairs of agents within and between configurations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Floats = NDArray[np.float64]


class RhoParts(NamedTuple):
    """The correlation of correctness and what it is made of."""

    total: float
    """Between agents of one configuration."""
    item: float
    """Between agents of different configurations: questions are easy or hard for all."""
    configuration: float
    """``total`` − ``item``: what copies of a configuration share beyond that."""
    communication: float
    """Between any two agents after talking − before; ``nan`` without answers from before."""


def rho_parts(correct: ArrayLike, config: ArrayLike, before: ArrayLike | None = None) -> RhoParts:
    """ρ of correctness split into item, configuration and communication (theory, section 3.2).

    The correlation over questions of pairs of agents, pooled: Σ covariances/Σ √(variances), means by configuration. The
    section ``agreement`` of a run gives the parts with their intervals over questions.

    Args:
        correct: Shape (Q, N): 0 or 1, ``nan`` or −1 missing; what is to be explained.
        config: Configuration of each agent, shape (N,).
        before: The same agents before they talked, shape (Q, N).

    Returns:
        Correlations, −1 to 1, and differences of such; ``nan`` without a pair that varies.

    Raises:
        SpecError: shapes that do not fit.
    """
    columns = part_columns(correct, config, before)
    if not len(columns):
        return RhoParts(*(np.nan,) * 4)
    return RhoParts(*map(float, parts_of_means(columns.mean(axis=0), np.unique(np.asarray(config)).size)))


def part_columns(correct: ArrayLike, config: ArrayLike, before: ArrayLike | None = None) -> Floats:
    """Columns of whose means the parts are a function, shape (Q, C), those of ``before`` after those of ``correct``.

    Args:
        correct: As in :func:`rho_parts`.
        config: As there.
        before: As there.

    Raises:
        SpecError: shapes that do not fit.
    """
    c, names = _correctness(correct), np.asarray(config)
    first = None if before is None else _correctness(before)
    if names.shape != c.shape[1:] or (first is not None and first.shape != c.shape):
        shapes = f"correct {c.shape}, config {names.shape}, before {None if first is None else first.shape}"
        raise SpecError(shapes, key="config", allowed="(Q, N), (N,) and (Q, N)")
    group = np.unique(names, return_inverse=True)[1].reshape(-1)
    member = (group[:, None] == np.arange(group.max(initial=-1) + 1)).astype(np.float64)
    parts = [_pair_sums(each, member) for each in (c, first) if each is not None]
    return np.concatenate(parts, axis=1)


def parts_of_means(means: Floats, n_groups: int) -> Floats:
    """The parts from means (…, C) of the columns: total, item, configuration, communication, shape (…, 4)."""
    width = _width(n_groups)
    same, apart, every = _correlations(means[..., :width], n_groups)
    communication = np.full(same.shape, np.nan)
    if means.shape[-1] > width:
        communication = every - _correlations(means[..., width:], n_groups)[2]
    return np.stack([same, apart, same - apart, communication], axis=-1)


def _width(b: int) -> int:
    return 5 * b + 2 + b * (b - 1) // 2


def _pair_sums(c: Floats, member: Floats) -> Floats:
    """By question, of k right and n readable answers of each configuration and K right ones of all.

    For each configuration k, n, k(n − 1), n(n − 1) and n(K − k); then Σ k(k − 1), Σ k(K − k), and n·n′ of every two.
    """
    known = np.isfinite(c)
    k, n = np.where(known, c, 0.0) @ member, known @ member
    others = k.sum(axis=1, keepdims=True) - k
    first, second = np.triu_indices(member.shape[1], 1)
    both = [(k * part).sum(axis=1, keepdims=True) for part in (k - 1, others)]
    return np.concatenate([k, n, k * (n - 1), n * (n - 1), n * others, *both, n[:, first] * n[:, second]], axis=1)


def _correlations(means: Floats, b: int) -> tuple[Floats, Floats, Floats]:
    """Of pairs within a configuration, between two, and of all: Σ covariances/Σ √(variances), each of shape (…)."""
    k, n, right, pairs, across = (means[..., at * b : (at + 1) * b] for at in range(5))
    both_own, both_apart, met = means[..., 5 * b], means[..., 5 * b + 1], means[..., 5 * b + 2 :]
    first, second = np.triu_indices(b, 1)
    m = k / np.where(n > 0, n, 1.0)
    sd = np.sqrt(np.maximum(m * (1 - m), 0.0))
    own = both_own + (m * (m * pairs - 2 * right)).sum(axis=-1)
    apart = both_apart - 2 * (m * across).sum(axis=-1) + 2 * (m[..., first] * m[..., second] * met).sum(axis=-1)
    own_spread = (sd * sd * pairs).sum(axis=-1)
    apart_spread = 2 * (sd[..., first] * sd[..., second] * met).sum(axis=-1)
    return _ratio(own, own_spread), _ratio(apart, apart_spread), _ratio(own + apart, own_spread + apart_spread)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan))


def _correctness(correct: ArrayLike) -> Floats:
    c = np.asarray(correct, dtype=np.float64)
    if c.ndim != 2:
        raise SpecError(f"correct of shape {c.shape}", key="correct", allowed="shape (Q, N)")
    return np.where(c < 0, np.nan, c)
