"""K* that can be compared between sets of different size: rarefied, unbiased, extrapolated, against a null.

Raw K* is no estimate of a channel count: it is at most n, and for n noisy copies of one channel with correlation r it
grows like n^(1−r). Here it is brought to a common size, replaced by numbers that do not know n, or held against a null.
Leading axes are batch axes; the formula of K* is that of ``spectrum``.

Formulas and their sources: theory, section 2.3.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.spectrum import gram, hill_spectrum, k_star_of_gram
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LISTED, _DRAWN = 500, 200  # subsets: all of them up to the first number, else the second number of random ones
_ENTRIES = 800_000  # of the Gram matrices that are held at once
_VECTOR_ENTRIES = 4_000_000
_SIZES = 12  # points of a rarefaction curve of a large set
_FEWEST = 4  # distinct sizes below which no curve is fitted (theory, section 9)


class Rarefied(NamedTuple):
    """Mean K* of subsets of one size."""

    value: Floats
    """Shape (…), between 1 and m; ``nan`` where fewer than m rows are present."""
    se: Floats
    """Standard error of having drawn subsets instead of listing all, shape (…); 0 where all were listed."""
    n_subsets: Ints
    """Shape (…)."""
    warnings: tuple[str, ...]


class Unbiased(NamedTuple):
    """One over a mean over pairs of rows."""

    value: Floats
    """1 / ``pair_mean``, shape (…); ``nan`` with fewer than two rows, or where the mean is not positive."""
    se: Floats
    """Delete-one jackknife over the rows, as if they were independent draws; ``nan`` with fewer than three."""
    pair_mean: Floats
    """The unbiased part, shape (…): average this over questions, not ``value``."""
    warnings: tuple[str, ...]

    @property
    def pooled(self) -> float:
        """One over the mean of ``pair_mean`` over all sets that have one; ``nan`` where that is not positive."""
        defined = self.pair_mean[np.isfinite(self.pair_mean)]
        mean = float(defined.mean()) if defined.size else math.nan
        return 1.0 / mean if mean > np.finfo(np.float64).eps else math.nan


class Extrapolated(NamedTuple):
    """The law K*(m) = A·m^s, fitted to a rarefaction curve."""

    exponent: Floats
    """s, shape (…); ``nan`` with fewer than four sizes."""
    scale: Floats
    """A, shape (…)."""
    sizes: tuple[int, ...]
    curve: Floats
    """Rarefied K*, shape (…, len(sizes))."""
    warnings: tuple[str, ...]


class Baselined(NamedTuple):
    """K* next to that of a null without structure."""

    value: Floats
    """K*, shape (…)."""
    null: Floats
    """Mean K* of the null, shape (…); ``nan`` with fewer than two rows."""
    null_sd: Floats
    """Standard deviation of K* under the null, shape (…)."""
    warnings: tuple[str, ...]

    @property
    def excess(self) -> Floats:
        """K* − null, shape (…): negative where the rows fall into fewer groups than the null's."""
        return self.value - self.null


@dataclass(frozen=True, slots=True)
class Ordered:
    """Sets with their rows shuffled from an order of their own, so that draws do not depend on how rows were listed.

    S sets; what was left out stands last. The shuffle is each set's own, so that one draw of places serves all sets and
    is still independent between them, even where their rows are the same.
    """

    cosines: Floats
    """Shape (S, n, n)."""
    order: Ints
    """Which row stands where, shape (S, n)."""
    count: Ints
    """Rows that are kept, shape (S,)."""
    lead: tuple[int, ...]
    """The leading axes, whose product is S."""


def kstar_rarefied(z: ArrayLike, m: int, *, seed: int = 0) -> Rarefied:
    """Mean K* over subsets of m rows: comparable between sets of different size.

    All subsets where C(n, m) ≤ 500, else 200 keyed ones. For equal correlations r it is K* of m rows exactly.

    Args:
        z: Vectors, shape (…, n, d). Zero and non-finite rows are missing: subsets are of the present rows.
        m: Size of the subsets, ≥ 1.
        seed: Of the draw, which depends on it, the place of the set in the batch and m, not on the order of the rows.

    Raises:
        SpecError: m is below 1, or ``z`` has fewer than two axes.
    """
    if m < 1:
        raise SpecError(f"subsets of m = {m} rows", allowed="1 or more")
    return _rarefied(shuffled(z, seed=seed), m, seed)


def d2_unbiased(z: ArrayLike) -> Unbiased:
    """D_2 without the pull of the team's size: 1/U with U = mean over i ≠ j of G_ij².

    U is the U-statistic of E k(x, x')², unbiased for any n ≥ 2; 1/U is consistent. D_2 = RKE is the order whose
    estimate converges for every kernel, which K* does not (Ospanov & Farnia, arXiv 2410.21719, by its abstract [S]).

    Args:
        z: Vectors, shape (…, n, d). Zero and non-finite rows are missing.
    """
    return _inverse_pair_mean(z, np.square, "the rows are orthogonal: D_2 has no finite estimate")


def dinf_unbiased(z: ArrayLike) -> Unbiased:
    """The ceiling of Kish's n/(1 + (n−1) ρ̄) for n → ∞: 1/ρ̄ with ρ̄ the mean cosine over pairs.

    Args:
        z: Vectors, shape (…, n, d). Zero and non-finite rows are missing.
    """
    return _inverse_pair_mean(z, np.asarray, "the mean cosine is not positive: there is no ceiling")


def kstar_extrapolated(z: ArrayLike, *, sizes: Sequence[int] | None = None, seed: int = 0) -> Extrapolated:
    """How K* grows with the team: A·m^s by least squares of ln K* on ln m over the rarefaction curve.

    s → 0 where the curve saturates; s → 1 − r for n noisy copies of one channel, as n → ∞. It is the exponent over the
    sizes at hand, which for few agents lies above the limit (r = 0.8, m = 2 … 16: 0.31, not 0.2).

    Args:
        z: Vectors, shape (…, n, d). Zero and non-finite rows are missing.
        sizes: m, each ≥ 2, since K* = 1 at m = 1 by definition. By default 2, 3, … n, or 12 of them that are spaced
            geometrically where n > 16.
        seed: Of the subsets, as in :func:`kstar_rarefied`.

    Raises:
        SpecError: a size is below 2.
    """
    sets = shuffled(z, seed=seed)
    chosen = tuple(sorted(set(_default_sizes(sets) if sizes is None else sizes)))
    if any(m < 2 for m in chosen):
        raise SpecError(f"sizes {chosen}", allowed="2 or more: one row is K* = 1 by definition")
    columns = [_rarefied(sets, m, seed).value for m in chosen]
    curve = np.stack(columns, axis=-1) if columns else np.empty((*sets.lead, 0))
    scale, exponent = _power_law(np.array(chosen, dtype=np.float64), curve)
    few = int(np.isnan(exponent).sum())
    text = f"{few} sets have fewer than {_FEWEST} sizes: no exponent"
    return Extrapolated(exponent, scale, chosen, curve, (*left_out(sets), *([text] if few else ())))


def kstar_baselined(z: ArrayLike, *, draws: int = 100, seed: int = 0) -> Baselined:
    """K* against an isotropic null with the same n, d and mean cosine.

    The null's rows are √a·u + √(1−a)·ξ_i: one common direction and independent isotropic unit vectors orthogonal to it.
    a is set for every draw so that the mean cosine is the observed one (0 where that is below what the draw has, which
    happens near 0 and in few dimensions). Two rows are their cosine and nothing else, so their excess is 0. The draws
    are shared by the sets of a batch, and their error, ``null_sd`` / √draws, does not average out over it.

    Args:
        z: Vectors, shape (…, n, d), d ≥ 2. Zero and non-finite rows are missing.
        draws: Of the null, ≥ 2.
        seed: Of the null, which depends on it, the number of present rows and d.

    Raises:
        SpecError: fewer than two draws, or ``z`` has fewer than two axes.
    """
    if draws < 2:
        raise SpecError(f"draws = {draws}", allowed="2 or more")
    observed = hill_spectrum(z, (1.0,))
    dimension, count, cosine = np.shape(z)[-1], observed.count.ravel(), observed.mean_cosine.ravel()
    found = np.full((2, len(count)), np.nan)
    for n in np.unique(count[count >= 2]) if dimension >= 2 else ():
        members = np.flatnonzero(count == n)
        noise = gram(keyed(seed, "null", int(n), dimension).standard_normal((draws, int(n), dimension - 1))).cosines
        found[:, members] = _null_moments(noise, cosine[members])
    few = int(np.isnan(found[0]).sum())
    warnings = (*observed.warnings, *([f"{few} sets have fewer than 2 rows or dimensions: no null"] if few else ()))
    null, null_sd = found.reshape(2, *observed.count.shape)
    return Baselined(observed.k_star, null, null_sd, warnings)


def shuffled(z: ArrayLike, keep: NDArray[np.bool_] | None = None, *, seed: int) -> Ordered:
    """Cosines of sets of vectors (…, n, d), rows sorted by their bytes and then shuffled, what is not kept last."""
    vectors = np.ascontiguousarray(z)
    if vectors.ndim < 2:
        raise SpecError(f"vectors of shape {vectors.shape}", allowed="shape (…, n, d): n rows of d numbers")
    lead, (n, d) = vectors.shape[:-2], vectors.shape[-2:]
    flat = vectors.reshape(math.prod(lead), n, d)
    kept = np.ones(flat.shape[:2], dtype=np.bool_) if keep is None else keep.reshape(flat.shape[:2])
    luck = np.asarray(keyed(seed, "rows").random(kept.shape))
    step = max(1, _VECTOR_ENTRIES // max(1, n * max(n, d)))
    chunks = [slice(at, at + step) for at in range(0, max(1, len(flat)), step)]
    parts = [_shuffled(flat[here], kept[here], luck[here]) for here in chunks]
    cosines, order, count = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Ordered(cosines, order, count, lead)


def subsets(n: int, m: int, *, listed: int, drawn: int, rng: np.random.Generator) -> Ints:
    """Subsets of m of n, shape (S, m): all where there are at most ``listed``, else ``drawn`` random ones."""
    if (every := math.comb(n, m)) <= listed:
        return np.array(list(itertools.combinations(range(n), m)), dtype=np.int64).reshape(every, m)
    return np.asarray(rng.permuted(np.tile(np.arange(n), (drawn, 1)), axis=1)[:, :m])


def subset_kstar(cosines: Floats, chosen: Ints) -> Floats:
    """K* of subsets (S, m) of rows, in each of the sets with cosines (g, n, n): shape (g, S)."""
    out = np.empty((len(cosines), len(chosen)))
    many = max(1, _ENTRIES // max(1, chosen.shape[1] ** 2))
    step = max(1, many // max(1, len(chosen)))
    for at, of in itertools.product(range(0, len(cosines), step), range(0, len(chosen), many)):
        rows = chosen[of : of + many]
        inside = cosines[at : at + step, rows[:, :, None], rows[:, None, :]]
        out[at : at + step, of : of + many] = k_star_of_gram(inside, np.ones(inside.shape[:-1]))
    return out


def left_out(sets: Ordered) -> tuple[str, ...]:
    """A warning where rows are missing."""
    missing = int(sets.cosines.shape[-1] * len(sets.count) - sets.count.sum())
    return (f"{missing} rows are missing and were left out",) if missing else ()


def _shuffled(vectors: NDArray[np.generic], kept: NDArray[np.bool_], luck: Floats) -> tuple[Floats, Ints, Ints]:
    cosines, present, _ = gram(vectors)
    kept = kept & present
    count = kept.sum(axis=-1)
    order = np.empty(kept.shape, dtype=np.int64)
    for at, rows in enumerate(vectors):
        keys = [(not here, row.tobytes()) for here, row in zip(kept[at].tolist(), rows, strict=True)]
        order[at] = sorted(range(len(keys)), key=keys.__getitem__)
    turned = np.argsort(np.where(np.arange(luck.shape[1]) < count[:, None], luck, 1.0), axis=-1, kind="stable")
    order = np.take_along_axis(order, turned, axis=-1)
    every = np.arange(len(vectors))[:, None, None]
    return cosines[every, order[:, :, None], order[:, None, :]], order, count


def _groups(sets: Ordered) -> Iterator[tuple[int, Ints]]:
    """The sets with equally many rows, by that number."""
    for count in np.unique(sets.count):
        yield int(count), np.flatnonzero(sets.count == count)


def _rarefied(sets: Ordered, m: int, seed: int) -> Rarefied:
    value, se, n_subsets = np.full(len(sets.count), np.nan), np.full(len(sets.count), np.nan), np.zeros_like(sets.count)
    for count, members in _groups(sets):
        if count >= m:
            rng = keyed(seed, "rarefaction", count, m)
            chosen = subsets(count, m, listed=_LISTED, drawn=_DRAWN, rng=rng)
            found = subset_kstar(sets.cosines[members][:, :count, :count], chosen)
            value[members], n_subsets[members] = found.mean(axis=1), len(chosen)
            se[members] = _drawn_error(found) if math.comb(count, m) > _LISTED else 0.0
    few = int((sets.count < m).sum())
    warnings = (*left_out(sets), *([f"{few} sets have fewer than {m} rows: no rarefied K*"] if few else ()))
    lead = sets.lead
    return Rarefied(value.reshape(lead), se.reshape(lead), n_subsets.reshape(lead), warnings)


def _drawn_error(found: Floats) -> Floats:
    return np.asarray(found.std(axis=1, ddof=1) / math.sqrt(found.shape[1]))


def _default_sizes(sets: Ordered) -> list[int]:
    most = int(sets.count.max(initial=0))
    if most <= 16:
        return list(range(2, most + 1))
    return [int(m) for m in np.geomspace(2, most, _SIZES).round()]


def _power_law(sizes: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """A and s by least squares of ln K* on ln m, over the sizes where the curve is defined."""
    defined = np.isfinite(curve)
    count = defined.sum(axis=-1)
    enough = count >= _FEWEST
    total = np.where(enough, count, 1)
    y = np.where(defined, np.log(np.where(defined, curve, 1.0)), 0.0)
    x = np.where(defined, np.log(sizes), 0.0)
    x_mean, y_mean = x.sum(axis=-1) / total, y.sum(axis=-1) / total
    x_off = np.where(defined, x - x_mean[..., None], 0.0)
    square = np.square(x_off).sum(axis=-1)
    s = np.where(enough, (x_off * y).sum(axis=-1) / np.where(enough, square, 1.0), np.nan)
    return np.exp(y_mean - s * x_mean), s


def _null_moments(noise: Floats, cosine: Floats) -> Floats:
    """Mean and standard deviation of K* under the null, shape (2, g), for mean cosines (g,) and noise (B, n, n)."""
    n = noise.shape[-1]
    own = (noise.sum(axis=(-2, -1)) - n) / (n * (n - 1))
    common = ((cosine[:, None] - own) / np.maximum(1.0 - own, 1e-12)).clip(0.0, 1.0)
    step = max(1, _ENTRIES // noise.size)
    parts = []
    for at in range(0, len(cosine), step):
        a = common[at : at + step, :, None, None]
        parts.append(k_star_of_gram(a + (1.0 - a) * noise, np.ones(noise.shape[:-1])))
    found = np.concatenate(parts)
    return np.stack([found.mean(axis=1), found.std(axis=1, ddof=1)])


def _inverse_pair_mean(z: ArrayLike, term: Callable[[Floats], Floats], undefined: str) -> Unbiased:
    cosines, present, dimension = gram(z)
    terms = term(cosines * (1.0 - np.eye(present.shape[-1])))
    count, total, rows = present.sum(axis=-1), terms.sum(axis=(-2, -1)), terms.sum(axis=-1)
    mean = np.where(count > 1, total / np.maximum(count * (count - 1), 1), np.nan)
    positive = mean > term(np.full((), 8 * dimension * np.finfo(np.float64).eps))  # the rest is rounding
    value = np.where(positive, 1.0 / np.where(positive, mean, 1.0), np.nan)
    rest = (total[..., None] - 2.0 * rows) / np.maximum((count - 1) * (count - 2), 1)[..., None]
    squares = (np.square(rest - mean[..., None]) * present).sum(axis=-1)
    error = np.where(count > 2, np.sqrt((count - 1) / np.maximum(count, 1) * squares) * value**2, np.nan)
    few, flat = int((count < 2).sum()), int(((count > 1) & ~positive).sum())
    missing = int(present.size - present.sum())
    warnings = [
        f"{missing} rows are missing and were left out" if missing else "",
        f"{few} sets have fewer than 2 rows: no pairs" if few else "",
        f"{flat} sets: {undefined}" if flat else "",
    ]
    return Unbiased(value, error, mean, tuple(filter(None, warnings)))
