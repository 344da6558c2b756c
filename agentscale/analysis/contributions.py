"""What each agent or configuration adds: leave-one-out, Shapley values, and how many channels n draws meet.

Formulas and their sources: theory, section 2.6.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together
from agentscale.analysis.spectrum import (
    ORDERS,
    Gram,
    gram,
    hill_of_eigenvalues,
    k_star_of_gram,
    spectrum_of_gram,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Worth = Callable[[tuple[int, ...]], ArrayLike]
_EXACT = 10  # players up to which all 2^B coalitions are asked
_ENTRIES = 4_000_000  # of the leave-one-out matrices that are held at once


class Shapley(NamedTuple):
    """Shapley values of B players."""

    value: Floats
    """Shape (…, B); they sum to the worth of all minus that of nobody."""
    lost: Floats
    """What all lose without the player, v(all) − v(all but it), shape (…, B)."""
    se: Floats
    """Standard error of having drawn orders, shape (…, B); 0 where exact."""
    exact: bool
    warnings: tuple[str, ...]


class Occupancy(NamedTuple):
    """How many of K channels n independent agents meet."""

    expected: Floats
    """E[distinct channels] = Σ_k (1 − (1 − π_k)^n), shape of ``n`` broadcast with the leading axes of ``pi``."""
    orders: tuple[float, ...]
    hill: Floats
    """Hill numbers D_q of π, shape (…, len(orders))."""
    warnings: tuple[str, ...]


def delta_k(z: ArrayLike) -> Floats:
    """K*(all) − K*(without i): what the set loses with agent i.

    About 0 for an agent that has a duplicate, and negative for one that crowds a channel; the deltas do not sum to K*.

    Args:
        z: Vectors, shape (…, n, d).

    Returns:
        Shape (…, n); ``nan`` for a row that is zero or not finite, and where nobody else is left.

    Raises:
        SpecError: ``z`` has fewer than two axes.
    """
    vectors = np.asarray(z)
    if vectors.ndim < 2:
        raise SpecError(f"vectors of shape {vectors.shape}", allowed="shape (…, n, d): n rows of d numbers")
    n, d = vectors.shape[-2:]
    flat = vectors.reshape(math.prod(vectors.shape[:-2]), n, d)
    step = max(1, _ENTRIES // max(1, n * max(d, n * n)))
    parts = [_lost(flat[at : at + step]) for at in range(0, max(1, len(flat)), step)]
    return np.concatenate(parts).reshape(vectors.shape[:-1])


def shapley(worth: Worth, n: int, *, empty: float = 0.0, orders: int = 200, seed: int = 0) -> Shapley:
    """The average of what a player adds, over all orders in which the players can come.

    φ_i = Σ_S |S|!(n−|S|−1)!/n! · (v(S ∪ i) − v(S)). Exact from all 2^n − 1 coalitions for n ≤ 10, else the mean over
    keyed random orders, which come in pairs of an order and its reverse.

    Args:
        worth: v of a coalition, given as ascending indices: a number, or an array of any one shape (…), such as a
            value a question. It is asked once for each coalition, and never for the empty one.
        n: Players, ≥ 1.
        empty: v of nobody.
        orders: Random orders where n > 10, ≥ 4; rounded up to an even number.
        seed: Of the orders.

    Raises:
        SpecError: n is below 1, or too few orders.
    """
    if n < 1 or orders < 4:
        raise SpecError(f"n = {n} players, {orders} orders", allowed="n ≥ 1 and orders ≥ 4")
    known = _Coalitions(worth, empty)
    if n <= _EXACT:
        value = _all_coalitions(known, n)
        return Shapley(value, known.lost(n), np.zeros_like(value), True, ())
    pairs = (orders + 1) // 2
    value, se = _random_orders(known, n, pairs, keyed(seed, "shapley", n))
    return Shapley(value, known.lost(n), se, False, (f"{n} players: from {2 * pairs} random orders",))


def shapley_channels(
    z: ArrayLike, config: Sequence[Hashable], *, order: float = 1.0, orders: int = 200, seed: int = 0
) -> tuple[tuple[Hashable, ...], Shapley]:
    """Shapley values of configurations in D_q of the agents' vectors; nobody is worth 0.

    Args:
        z: Vectors, shape (…, n, d).
        config: The configuration of each row, length n.
        order: q; 1 is K*.
        orders: As in :func:`shapley`.
        seed: As in :func:`shapley`.

    Returns:
        The configurations in the order of their first row, and their values of shape (…, B). A set in which a
        configuration has no row is ``nan`` throughout.

    Raises:
        SpecError: ``config`` has another length.
    """
    vectors = np.asarray(z)
    if vectors.ndim < 2 or vectors.shape[-2] != len(config):
        raise SpecError(f"{len(config)} configurations for vectors of shape {vectors.shape}", allowed="one a row")
    names = tuple(dict.fromkeys(config))
    rows = [np.flatnonzero([one == name for one in config]) for name in names]

    cosines, present, dimension = gram(vectors)

    def worth(coalition: tuple[int, ...]) -> Floats:
        inside = np.concatenate([rows[at] for at in coalition])
        part = Gram(cosines[..., inside[:, None], inside], present[..., inside], dimension)
        return spectrum_of_gram(part, (order,)).d(order)

    return names, shapley(worth, len(names), orders=orders, seed=seed)


def occupancy(pi: ArrayLike, n: ArrayLike) -> Occupancy:
    """Expected number of distinct channels that n independent draws from π meet, and the Hill numbers of π.

    Args:
        pi: Shares of the channels, shape (…, K), ≥ 0; scaled to sum to 1. Counts will do.
        n: Draws, ≥ 0, broadcast against the leading axes.

    Returns:
        ``nan`` with a warning where the shares are all 0.

    Raises:
        SpecError: a share is negative or not finite, or n is negative.
    """
    shares, draws = np.asarray(pi, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if shares.ndim < 1 or not (np.isfinite(shares).all() and (shares >= 0).all() and (draws >= 0).all()):
        raise SpecError("shares or draws are out of range", allowed="shares ≥ 0 of shape (…, K), and n ≥ 0")
    _, draws = together(pi=shares.sum(axis=-1), n=draws)
    total = shares.sum(axis=-1, keepdims=True)
    undefined = total[..., 0] == 0
    shares = np.divide(shares, total, out=np.full(shares.shape, np.nan), where=total > 0)
    met = 1.0 - (1.0 - shares) ** draws[..., None]
    safe = np.where(undefined[..., None], 1.0, shares) if shares.shape[-1] else np.ones((*undefined.shape, 1))
    hill = np.stack([hill_of_eigenvalues(safe, order) for order in ORDERS], axis=-1)
    hill[undefined] = np.nan
    empty = int(undefined.sum())
    warnings = (f"{empty} sets of shares are all 0",) if empty else ()
    return Occupancy(np.where(undefined, np.nan, met.sum(axis=-1)), ORDERS, hill, warnings)


class _Coalitions:
    """Worths by bit mask, each asked once."""

    def __init__(self, worth: Worth, empty: float) -> None:
        self._worth = worth
        self._known: dict[int, Floats] = {0: np.full((), empty)}

    def __getitem__(self, mask: int) -> Floats:
        if mask not in self._known:
            players = tuple(at for at in range(mask.bit_length()) if mask >> at & 1)
            self._known[mask] = np.asarray(self._worth(players), dtype=np.float64)
        return self._known[mask]

    def lost(self, n: int) -> Floats:
        """What all n lose without each of them."""
        whole = 2**n - 1
        return np.stack([self[whole] - self[whole & ~(1 << player)] for player in range(n)], axis=-1)


def _all_coalitions(known: _Coalitions, n: int) -> Floats:
    """The weighted sum of all worths: a coalition counts for its members, and against the others."""
    whole = known[2**n - 1]
    members = np.arange(2**n)[:, None] >> np.arange(n) & 1
    size = members.sum(axis=1, keepdims=True)
    ways = np.array([n * math.comb(n - 1, others) for others in range(n)])
    weights = np.where(members == 1, 1.0 / ways[np.maximum(size - 1, 0)], -1.0 / ways[np.minimum(size, n - 1)])
    worths = np.stack([np.broadcast_to(known[mask], whole.shape) for mask in range(2**n)], axis=-1)
    return np.asarray(worths @ weights)


def _random_orders(known: _Coalitions, n: int, pairs: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mean and standard error over pairs of an order and its reverse."""
    added = np.stack([_added(known, order) + _added(known, order[::-1]) for order in _shuffles(n, pairs, rng)]) / 2.0
    return added.mean(axis=0), added.std(axis=0, ddof=1) / math.sqrt(pairs)


def _shuffles(n: int, many: int, rng: np.random.Generator) -> list[list[int]]:
    shuffled: list[list[int]] = rng.permuted(np.tile(np.arange(n), (many, 1)), axis=1).tolist()
    return shuffled


def _added(known: _Coalitions, order: Sequence[int]) -> Floats:
    """What each player adds when it comes, shape (…, n)."""
    masks = list(itertools.accumulate((1 << player for player in order), initial=0))
    gains = [known[after] - known[before] for before, after in itertools.pairwise(masks)]
    return np.stack([gains[order.index(player)] for player in range(len(order))], axis=-1)


def _lost(z: NDArray[np.generic]) -> Floats:
    cosines, present, _ = gram(z)
    here = present.astype(np.float64)
    others = here[:, None, :] * (1.0 - np.eye(here.shape[-1]))
    lost = k_star_of_gram(cosines, here)[:, None] - k_star_of_gram(cosines[:, None], others)
    return np.where(present, lost, np.nan)
