"""Means over questions in every resample, and the draws behind them: one set of draws serves every curve.

Resampled means of many columns are one product of matrices: how often each question was drawn, times the values. How
often is multinomial, and is drawn exactly but not question by question. Counts that are Poisson, apart from one another
and of one mean, are multinomial once their sum is known. So each question gets a Poisson count of a mean a little below
1, a resample that already holds too many draws is begun again, and what it lacks is drawn question by question. Whether
one is begun again and how much it lacks hangs on the sum alone, so every resample is n questions with replacement.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Counts = NDArray[np.uint8]
_MEAN = 31 / 32  # of a Poisson count: 10,000 questions then hold too many draws once in a thousand resamples
_TOP = 18  # counts below this: what is left out has a chance of 1e-17
_QUESTIONS = 4  # drawn together from one word of 16 bits, as four bytes
_WORDS = 1 << 16
_UNSURE = np.uint32(0xFFFFFFFF)
_ROWS = 500  # resamples drawn together, so that a draw does not hang on how many are wanted …
_ENTRIES = 1_000_000  # … or fewer, of very many questions
_KEPT = 4_000_000  # weights of one stratum that are kept: 32 MB
_LONG = 4096  # questions from which sums are of single precision


def resampled_means(values: ArrayLike, *, seed: int, resamples: int = 2000, task: str = "") -> Floats:
    """Means of the columns in every resample, shape (resamples, columns): what curves are fitted and matched on.

    From 4,096 questions on they are summed in single precision, centred: scores of 0 and 1 exactly, all else to within
    a thousandth of the standard error, and to a millionth where the values all differ.

    Args:
        values: Shape (Q, columns), as in ``bootstrap_means``, whose resamples with this seed and task these are.
        seed: Seed of the run; the draw is keyed by it, ``"bootstrap"`` and the task.
        resamples: How many, ≥ 1.
        task: The stratum that these questions are.

    Raises:
        SpecError: ``values`` has not two axes, or ``resamples`` is below 1.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or resamples < 1:
        raise SpecError(f"values {table.shape}, {resamples} resamples", allowed="shape (Q, columns), 1 or more")
    if not len(table):
        return np.full((resamples, table.shape[1]), np.nan)
    defined = np.isfinite(table)
    if defined.all():
        centre = _centres(table, True)
        return np.asarray(centre + _sums(table - centre, resamples, seed, task) / len(table))
    centre = _centres(table, defined)
    off = _sums(np.where(defined, table - centre, 0.0), resamples, seed, task)
    totals = _sums(defined.astype(np.float64), resamples, seed, task)
    return np.asarray(centre + np.where(totals > 0, off / np.where(totals > 0, totals, 1.0), np.nan))


def resampling_weights(n: int, resamples: int, rng: np.random.Generator) -> Iterator[Counts]:
    """How often each of n questions is drawn in each resample, in blocks of shape (≤ 500, n); rows sum to n."""
    rows = max(1, min(_ROWS, _ENTRIES // max(1, n)))
    for at in range(0, resamples, rows):
        yield _multinomial(rows, n, rng)[: resamples - at]


def _centres(values: Floats, defined: NDArray[np.bool_] | bool) -> Floats:
    """A round number near each column's mean, to within 1/256 of what the column spreads over, shape (columns,).

    Round, so that what scores of 0 and 1 are off it, and sums of that, are exact in single precision too.
    """
    least = np.minimum.reduce(values, axis=0, where=defined, initial=np.inf)
    most = np.maximum.reduce(values, axis=0, where=defined, initial=-np.inf)
    count = len(values) if isinstance(defined, bool) else defined.sum(axis=0)
    mean = values.sum(axis=0, where=defined) / np.maximum(count, 1)
    step = np.ldexp(1.0, np.frexp(np.where(most > least, most - least, 1.0))[1] - 9)
    return np.asarray(np.where(most > least, np.round(mean / step) * step, mean))


def _sums(table: Floats, resamples: int, seed: int, stratum: str) -> Floats:
    """Sums of the columns in every resample; the draws of few questions are kept, since many numbers share them."""
    n = len(table)
    if n * resamples <= _KEPT:
        return np.asarray(_kept_weights(n, resamples, seed, stratum) @ table)
    narrow = table.astype(np.float32 if n >= _LONG else np.float64)
    weights = np.empty((0, n), narrow.dtype)  # used again by every block: fresh memory costs as much as the product
    sums = []
    for counts in resampling_weights(n, resamples, keyed(seed, "bootstrap", stratum)):
        weights = weights if len(weights) == len(counts) else np.empty(counts.shape, narrow.dtype)
        np.copyto(weights, counts)
        sums.append(weights @ narrow)
    return np.concatenate(sums).astype(np.float64)


@lru_cache(maxsize=8)
def _kept_weights(n: int, resamples: int, seed: int, stratum: str) -> Floats:
    counts = np.concatenate(list(resampling_weights(n, resamples, keyed(seed, "bootstrap", stratum))))
    weights = counts.astype(np.float64)
    weights.setflags(write=False)
    return weights


def _multinomial(rows: int, n: int, rng: np.random.Generator) -> Counts:
    """Rows of n counts that sum to n, each row multinomial with equal chances."""
    counts, total = _poisson(rows, n, rng)
    while (over := np.flatnonzero(total > n)).size:
        counts[over], total[over] = _poisson(over.size, n, rng)
    lacking = np.repeat(np.arange(rows) * n, n - total)
    np.add.at(counts.reshape(-1), lacking + rng.integers(max(1, n), size=lacking.size), np.uint8(1))
    return counts


def _poisson(rows: int, n: int, rng: np.random.Generator) -> tuple[Counts, NDArray[np.int64]]:
    """Poisson counts of shape (rows, n), and the sum of each row."""
    law = _law()
    drawn = law.table.take(rng.integers(_WORDS, size=(rows, -(-n // _QUESTIONS)), dtype=np.uint16))
    unsure = np.flatnonzero(drawn == _UNSURE)
    finer = law.rest.searchsorted(rng.random(unsure.size) * law.rest[-1], side="right")
    drawn.reshape(-1)[unsure] = law.states[finer]
    counts = np.ascontiguousarray(drawn.view(np.uint8)[:, :n])
    return counts, counts.sum(axis=1, dtype=np.uint32).astype(np.int64)


class _Law(NamedTuple):
    """Four Poisson counts at once by a table: word w stands for ``table[w]``, or for a finer draw from the rest."""

    table: NDArray[np.uint32]
    """Shape (65,536,): a state stands in as many places as its chance has whole 65,536ths; else `_UNSURE`."""
    states: NDArray[np.uint32]
    """Four counts in four bytes."""
    rest: NDArray[np.float64]
    """What the table leaves of the chance of each state, summed up."""


@cache
def _law() -> _Law:
    one = np.exp(-_MEAN) * np.cumprod([1.0, *(_MEAN / np.arange(1, _TOP))])
    chance = one
    for _ in range(_QUESTIONS - 1):
        chance = np.multiply.outer(chance, one)
    counts = np.stack(np.unravel_index(np.arange(chance.size), chance.shape), axis=-1).astype(np.uint8)
    states = counts.view(np.uint32).ravel()
    sure = np.floor(chance.ravel() * _WORDS).astype(np.int64)
    table = np.full(_WORDS, _UNSURE)
    table[: sure.sum()] = np.repeat(states, sure)
    return _Law(table, states, np.cumsum(chance.ravel() - sure / _WORDS))
