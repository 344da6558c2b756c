"""How many independent directions a set of vectors holds: Hill numbers of the spectrum of its Gram matrix.

All else in agentscale that speaks of K* calls this file. The Gram matrix is uncentred, of unit rows, with trace 1; a
centred one measures something else (two vectors would always give 1). Leading axes are batch axes. float32 comes in,
float64 is used inside.

The order-1 number K* = exp(−Σ λ ln λ) is the effective channel count of Yang et al. (arXiv 2602.03794) and the Vendi
score of order 1 with the cosine kernel; order ∞ is 1/λ_max, which for equal correlations r is Kish's n/(1 + (n−1) r).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Floats = NDArray[np.float64]
ORDERS = (0.0, 1.0, 2.0, np.inf)
_PRODUCTS = 131_072  # entries of the Gram matrices of one chunk, 512 questions of 16 rows: 1 MB stays in cache
_ENTRIES = 4_000_000  # entries of the vectors of one chunk, which are held in float64 where rows are missing
_BLOCK = 131_072  # entries of the vectors that are made float64 at once, some 20 questions of 16 × 384
_FEW_ROWS = 64  # up to here the general product of matrices beats the one that computes half of a symmetric one
_SAFE = (1e-200, 1e200)  # squared norms between these neither vanish nor overflow when they are divided out


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Hill numbers of sets of vectors; leading axes are those of the input.

    A set without a present row is ``nan`` in every order; a set with one present row is 1.
    """

    orders: tuple[float, ...]
    hill: Floats
    """D_q, shape (…, len(orders)); 1 ≤ D_q ≤ number of present rows."""
    entropy: Floats
    """−Σ λ ln λ in nats, shape (…)."""
    mean_cosine: Floats
    """Mean cosine over the pairs of present rows, shape (…); ``nan`` with fewer than two."""
    count: NDArray[np.int64]
    """Rows that are present (finite, not zero, with a positive weight), shape (…)."""
    missing: NDArray[np.int64]
    """Rows that were left out, shape (…)."""
    warnings: tuple[str, ...] = ()

    def d(self, order: float) -> Floats:
        """D of one of the orders that were asked for, shape (…)."""
        if order not in self.orders:
            raise SpecError.unknown("order", order, map(str, self.orders))
        return np.asarray(self.hill[..., self.orders.index(order)])

    @property
    def k_star(self) -> Floats:
        """K* = D_1, shape (…)."""
        return np.asarray(np.exp(self.entropy))

    @property
    def entropy_bits(self) -> Floats:
        """The same entropy in bits; ``2 ** entropy_bits == exp(entropy)``."""
        return np.asarray(self.entropy / np.log(2))


class Gram(NamedTuple):
    """Cosines of sets of vectors."""

    cosines: Floats
    """Shape (…, n, n); zero in the rows and columns of what is missing."""
    present: NDArray[np.bool_]
    """Shape (…, n): the row is finite and not zero."""
    dimension: int
    """d: how many products are behind a cosine, for the numerical rank."""


def hill_spectrum(z: ArrayLike, q: Sequence[float] = ORDERS, weights: ArrayLike | None = None) -> Spectrum:
    """Hill numbers D_q = (Σ λ^q)^(1/(1−q)) of ρ = diag(√p) G diag(√p), with G the cosines of the rows of ``z``.

    D_0 is the numerical rank, D_1 is K*, D_2 the participation ratio, D_∞ = 1/λ_max. Eigenvalues below
    max(n, d)·ε·λ_max count as zero. Where n > d the d × d matrix with the same spectrum is used.

    Args:
        z: Vectors, shape (…, n, d); they need not be of unit length. Rows that are zero or not finite are missing.
        q: Orders, ≥ 0; ``inf`` is allowed.
        weights: p, shape (n,) or (…, n), ≥ 0; equal by default. They are scaled to sum to 1 over the present rows.

    Raises:
        SpecError: ``z`` has fewer than two axes, an order is negative, or a weight is negative or not finite.
    """
    vectors, p = _checked(z, weights)
    orders = tuple(float(order) for order in q)
    if any(np.isnan(order) or order < 0 for order in orders):
        raise SpecError(f"orders {orders}", allowed="numbers ≥ 0, or inf")
    lead, (n, d) = vectors.shape[:-2], vectors.shape[-2:]
    sets = int(np.prod(lead))
    flat, flat_p = vectors.reshape(sets, n, d), np.broadcast_to(p, (*lead, n)).reshape(sets, n)
    step = max(1, min(_PRODUCTS // max(1, min(n, d) ** 2), _ENTRIES // max(1, n * d)))
    parts = [_chunk(flat[at : at + step], flat_p[at : at + step], orders) for at in range(0, max(1, sets), step)]
    whole = _Part(*(np.concatenate(part).reshape(lead + part[0].shape[1:]) for part in zip(*parts, strict=True)))
    missing = n - whole.n_present
    return Spectrum(orders, *whole, missing, _left_out(int(missing.sum())))


def effective_channels(z: ArrayLike) -> Floats:
    """K* of the sets of vectors ``z`` of shape (…, n, d): shape (…), between 1 and n, natural logarithm inside.

    exp(−Σ λ ln λ) over the spectrum of the uncentred, trace-normalised Gram matrix of unit rows (arXiv 2602.03794).
    Zero and non-finite rows are missing; a set without any row is ``nan``, with one row 1.
    """
    return hill_spectrum(z, ()).k_star


def mean_cosine(z: ArrayLike) -> Floats:
    """Mean cosine over the pairs of present rows, (‖Σ ẑ_i‖² − n) / (n(n−1)), in O(n d).

    Args:
        z: Vectors, shape (…, n, d).

    Returns:
        Shape (…), between −1/(n−1) and 1; ``nan`` with fewer than two present rows.
    """
    unit, present = unit_rows(_checked(z, None)[0].astype(np.float64))
    return _pair_mean(np.square(unit.sum(axis=-2)).sum(axis=-1), present.sum(axis=-1))


def gram(z: ArrayLike) -> Gram:
    """Cosines between the rows of ``z``, shape (…, n, d); missing rows are zero rows and columns."""
    return _cosines(_checked(z, None)[0])


def spectrum_of_gram(cosines: Gram, q: Sequence[float] = ORDERS) -> Spectrum:
    """:func:`hill_spectrum` of sets whose cosines are known, with equal weights."""
    orders, p = tuple(float(order) for order in q), cosines.present.astype(np.float64)
    pair_sum = cosines.cosines.sum(axis=(-2, -1))
    part = _part(_weighted(cosines.cosines, p), pair_sum, p, orders, max(p.shape[-1], cosines.dimension))
    missing = p.shape[-1] - part.n_present
    return Spectrum(orders, *part, missing, _left_out(int(missing.sum())))


def eigenvalues_of_gram(cosines: Gram) -> Floats:
    """Spectra of sets whose cosines are known, shape (…, n), ascending, summing to 1; what is numerically 0 is 0."""
    p = cosines.present.astype(np.float64)
    return _eigenvalues(_weighted(cosines.cosines, p), max(p.shape[-1], cosines.dimension))


def k_star_of_gram(cosines: Floats, weights: Floats) -> Floats:
    """K* from cosines (…, n, n) and weights (…, n) ≥ 0, which need not sum to 1; ``nan`` where all weights are 0.

    A weight of 0 leaves an agent out, so that K* without each agent in turn costs one Gram matrix.
    """
    eigenvalues = _eigenvalues(_weighted(cosines, weights), cosines.shape[-1])
    return np.asarray(np.where((weights > 0).any(axis=-1), np.exp(_entropy(eigenvalues)), np.nan))


def hill_of_eigenvalues(eigenvalues: Floats, order: float) -> Floats:
    """D_q of spectra (…, k) that sum to 1; zeros are ignored."""
    if order == 1:
        return np.asarray(np.exp(_entropy(eigenvalues)))
    if order == np.inf:
        return np.asarray(1.0 / eigenvalues.max(axis=-1))
    positive = eigenvalues > 0
    powers = np.where(positive, np.where(positive, eigenvalues, 1.0) ** order, 0.0)
    return np.asarray(powers.sum(axis=-1) ** (1.0 / (1.0 - order)))


class _Part(NamedTuple):
    """One chunk's share of a Spectrum."""

    hill: Floats
    entropy: Floats
    mean_cosine: Floats
    n_present: NDArray[np.int64]


def _chunk(z: NDArray[np.generic], p: Floats, orders: tuple[float, ...]) -> _Part:
    by = _by_rows if z.shape[-2] <= z.shape[-1] else _by_columns
    return _part(*by(z, p), orders, max(z.shape[-2:]))


def _part(matrix: Floats, pair_sum: Floats, p: Floats, orders: tuple[float, ...], size: int) -> _Part:
    """From ρ (…, k, k), or the smaller matrix with its spectrum, the sum of all cosines, and p (…, n)."""
    eigenvalues = _eigenvalues(matrix, size)
    count = (p > 0).sum(axis=-1)
    undefined = (count == 0)[..., None]
    safe = np.where(undefined, 1.0, eigenvalues) if eigenvalues.shape[-1] else np.ones((*count.shape, 1))
    hill = [hill_of_eigenvalues(safe, order) for order in orders]
    return _Part(
        np.where(undefined, np.nan, np.stack(hill, axis=-1) if hill else np.empty((*count.shape, 0))),
        np.where(undefined[..., 0], np.nan, _entropy(safe)),
        _pair_mean(pair_sum, count),
        count,
    )


def _by_rows(z: NDArray[np.generic], p: Floats) -> tuple[Floats, Floats, Floats]:
    """ρ as an n × n matrix, the sum of all cosines, and p with 0 for missing rows."""
    cosines, present, _ = _cosines(z)
    p = np.where(present, p, 0.0)
    here = p > 0
    pairs = cosines if here.all() else cosines * (here[..., :, None] & here[..., None, :])
    return _weighted(cosines, p), pairs.sum(axis=(-2, -1)), p


def _by_columns(z: NDArray[np.generic], p: Floats) -> tuple[Floats, Floats, Floats]:
    """The d × d matrix with the same spectrum as ρ, the sum of all cosines, and p with 0 for missing rows."""
    unit, present = unit_rows(z.astype(np.float64))
    p = np.where(present, p, 0.0)
    pair_sum = np.square(np.einsum("...id,...i->...d", unit, p > 0)).sum(axis=-1)
    rows = unit * np.sqrt(_scaled(p))[..., None]
    return np.swapaxes(rows, -1, -2) @ rows, pair_sum, p


def _checked(z: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray[np.generic], Floats]:
    vectors = np.asarray(z)
    if vectors.ndim < 2:
        raise SpecError(f"vectors of shape {vectors.shape}", allowed="shape (…, n, d): n rows of d numbers")
    p = np.ones(vectors.shape[-2]) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(p).all() and (p >= 0).all()):
        raise SpecError("a weight is negative or not finite", allowed="weights ≥ 0")
    if p.shape[-1:] != vectors.shape[-2:-1]:
        raise SpecError(f"weights of shape {p.shape} for {vectors.shape[-2]} rows", allowed="one weight a row")
    return vectors, p


def _cosines(z: NDArray[np.generic]) -> Gram:
    with np.errstate(invalid="ignore", over="ignore"):  # what these would warn of is looked at next
        products = _products(z)
    squares = np.einsum("...ii->...i", products)
    if not _are_safe(squares):
        unit, present = unit_rows(z.astype(np.float64))
        return Gram(unit @ np.swapaxes(unit, -1, -2), present, z.shape[-1])
    scale = 1.0 / np.sqrt(squares)  # dividing the n × n products is cheaper than dividing the n × d rows
    products *= scale[..., :, None]
    products *= scale[..., None, :]
    return Gram(products, np.ones(squares.shape, dtype=np.bool_), z.shape[-1])


def _products(z: NDArray[np.generic]) -> Floats:
    """Products of the rows of each set with one another, in float64, which few sets at a time are made.

    Given a matrix and its own transpose, numpy has BLAS compute one triangle (syrk) and copies it to the other, at
    twice the cost of the general product where rows are few. Some rows times more of them are not that matrix: the
    lower half times all rows, then the two upper quarters times the upper half; the last corner is the first, turned.
    """
    *lead, n, d = z.shape
    sets = z.reshape(int(np.prod(lead)), n, d)
    products = np.empty((len(sets), n, n))
    half, quarter = n // 2, n // 4
    parts = ((half, n, n), (quarter, half, half), (0, quarter, half)) if n <= _FEW_ROWS else ((0, n, n),)
    step = max(1, _BLOCK // max(1, n * d))
    for at in range(0, len(sets), step):
        x, into = sets[at : at + step].astype(np.float64), products[at : at + step]
        turned = np.swapaxes(x, -1, -2)
        for first, end, width in parts:
            np.matmul(x[:, first:end], turned[..., :width], out=into[:, first:end, :width])
    if len(parts) > 1:
        products[:, :half, half:] = np.swapaxes(products[:, half:, :half], -1, -2)
    return products.reshape(*lead, n, n)


def unit_rows(x: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Unit rows, missing ones zero, and which are present."""
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.einsum("...d,...d->...", x, x)
    if _are_safe(squares):
        return x / np.sqrt(squares)[..., None], np.ones(squares.shape, dtype=np.bool_)
    top = np.abs(x).max(axis=-1, initial=0.0)
    present = np.isfinite(top) & (top > 0)
    x = np.where(present[..., None], x, 0.0) / np.where(present, top, 1.0)[..., None]
    norms = np.linalg.norm(x, axis=-1)
    return x / np.where(present, norms, 1.0)[..., None], present


def _are_safe(squares: Floats) -> bool:
    return bool(((squares > _SAFE[0]) & (squares < _SAFE[1])).all())


def _scaled(p: Floats) -> Floats:
    total = p.sum(axis=-1, keepdims=True)
    return np.asarray(p / np.where(total > 0, total, 1.0))


def _weighted(cosines: Floats, p: Floats) -> Floats:
    """diag(√p) G diag(√p) with p scaled to sum to 1."""
    scaled = _scaled(p)
    if (scaled == scaled[..., :1]).all():
        return np.asarray(cosines * scaled[..., :1, None])
    root = np.sqrt(scaled)
    return np.asarray(cosines * root[..., :, None] * root[..., None, :])


def _eigenvalues(matrix: Floats, size: int) -> Floats:
    """Eigenvalues, clipped at 0, summing to 1, the numerically zero ones exactly 0."""
    values = np.linalg.eigvalsh(matrix)  # ascending
    values[values <= size * np.finfo(np.float64).eps * values[..., -1:]] = 0.0
    total = values.sum(axis=-1, keepdims=True)
    return np.asarray(values / np.where(total > 0, total, 1.0))


def _entropy(eigenvalues: Floats) -> Floats:
    return np.asarray(-(eigenvalues * np.log(np.where(eigenvalues > 0, eigenvalues, 1.0))).sum(axis=-1))


def _pair_mean(pair_sum: Floats, count: NDArray[np.int64]) -> Floats:
    pairs = count * (count - 1)
    return np.asarray(np.where(pairs > 0, (pair_sum - count) / np.where(pairs > 0, pairs, 1), np.nan))


def _left_out(missing: int) -> tuple[str, ...]:
    return (f"{missing} rows are zero, not finite or without weight and were left out",) if missing else ()
