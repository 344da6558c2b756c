"""Diversity of the right and of the wrong answers, held against chance.

K* of the right answers rises with their number, so K*_c, K*_w and their ratio follow accuracy even where the vectors
have nothing to do with correctness (theory, section 1.6, E2). What can be published is K* minus its mean over the
relabellings of the same vectors with the same counts, or K* brought to pairs; never the raw ratio alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.rarefaction import Ordered, left_out, shuffled, subset_kstar, subsets
from agentscale.analysis.spectrum import hill_of_eigenvalues, k_star_of_gram
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_MOST_EXACT = 200_000  # labellings that are worth listing; 16 agents have at most 12,870


class _Side(NamedTuple):
    """The right ones, or the wrong ones, of g questions, each of shape (g,)."""

    k_star: Floats
    adjusted: Floats
    variance: Floats
    rarefied: Floats


@dataclass(frozen=True, slots=True)
class Conditioned:
    """K* of the right (c) and of the wrong (w) answers, by question; shapes (…) are those of the questions."""

    k_star_c: Floats
    """K* of the right ones; ``nan`` with fewer than two."""
    k_star_w: Floats
    adj_c: Floats
    """K*_c − E_π[K*_c | n_c]; also ``nan`` where all are right, since then there is nothing to compare with."""
    adj_w: Floats
    var_c: Floats
    """Var of ``adj_c`` if labels are exchangeable: Var_π, times 1 + 1/B where B labellings stand for all."""
    var_w: Floats
    rarefied_c: Floats
    """Mean K* over the pairs of right ones (m = 2), between 1 and 2; comparable to ``rarefied_w``."""
    rarefied_w: Floats
    n_c: Ints
    """Right ones that have a vector."""
    n_w: Ints
    warnings: tuple[str, ...]

    @property
    def z_c(self) -> float:
        """Σ adj_c / √Σ var_c over the questions: about standard normal where correctness tells nothing of vectors."""
        return _pooled(self.adj_c, self.var_c)

    @property
    def z_w(self) -> float:
        """The same of the wrong ones; not independent of ``z_c``."""
        return _pooled(self.adj_w, self.var_w)


def kstar_conditioned(
    z: ArrayLike, correct: ArrayLike, *, permutations: int | Literal["exact"] = 50, seed: int = 0
) -> Conditioned:
    """K* of right and wrong answers with its permutation null, question by question.

    The null keeps a question's vectors and the number of right ones and relabels at random. All labellings are listed
    where there are at most ``permutations``, else so many keyed ones are drawn. The draw belongs to the question's
    place (give questions in an order of their own, by id) and does not depend on the order of the agents.

    Args:
        z: Vectors, shape (…, n, d), one leading axis for the questions. Zero and non-finite rows are missing.
        correct: Shape (…, n) in the order of the rows: true, false, or ``nan`` (or masked) where an answer is missing.
            Agents without an answer or without a vector take no part.
        permutations: B ≥ 2 labellings, or ``"exact"`` for all of them.
        seed: Of the draw.

    Raises:
        SpecError: the shapes do not fit, ``correct`` holds something else, fewer than two permutations, or an exact
            null has more than 200,000 labellings.
    """
    if permutations != "exact" and permutations < 2:
        raise SpecError(f"permutations = {permutations}", allowed='2 or more, or "exact"')
    labels = _labels(correct, np.shape(z)[:-1])
    sets = shuffled(z, np.isfinite(labels), seed=seed)
    labels = np.take_along_axis(labels.reshape(sets.order.shape), sets.order, axis=-1)
    kept = np.arange(labels.shape[-1]) < sets.count[:, None]
    right, wrong = kept & (labels == 1), kept & (labels == 0)
    found = np.full((8, len(labels)), np.nan)
    n_c = right.sum(axis=-1)
    for count, size in sorted(set(zip(sets.count.tolist(), n_c.tolist(), strict=True))):
        members = np.flatnonzero((sets.count == count) & (n_c == size))
        chosen, exact = _labellings(count, size, permutations, seed)
        others = _complement(count, chosen)
        cosines = sets.cosines[members]
        found[:4, members] = _side(cosines, _places(right[members], size), chosen, exact)
        found[4:, members] = _side(cosines, _places(wrong[members], count - size), others, exact)
    n_w = sets.count - n_c
    k_c, adj_c, var_c, pair_c, k_w, adj_w, var_w, pair_w = found.reshape(8, *sets.lead)
    warnings = _warnings(sets, n_c, n_w)
    counts = n_c.reshape(sets.lead), n_w.reshape(sets.lead)
    return Conditioned(k_c, k_w, adj_c, adj_w, var_c, var_w, pair_c, pair_w, *counts, warnings)


def _labels(correct: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """1 right, 0 wrong, ``nan`` missing."""
    labels = np.asarray(np.ma.filled(np.ma.asarray(correct).astype(np.float64), np.nan))
    if labels.shape != shape:
        raise SpecError(f"correct of shape {labels.shape}", allowed=f"one entry a row of z: shape {shape}")
    if not np.isin(labels[~np.isnan(labels)], (0.0, 1.0)).all():
        raise SpecError("correct holds other numbers", allowed="true, false, or nan where an answer is missing")
    return labels


def _labellings(count: int, size: int, permutations: int | Literal["exact"], seed: int) -> tuple[Ints, bool]:
    """Which of ``count`` rows are called right, shape (S, size), and whether these are all labellings."""
    possible = math.comb(count, size)
    if permutations == "exact" and possible > _MOST_EXACT:
        raise SpecError(
            f"{size} right of {count} agents have {possible} labellings",
            allowed=f"at most {_MOST_EXACT} for an exact null",
            remedy="Give a number of permutations.",
        )
    most = possible if permutations == "exact" else permutations
    rng = keyed(seed, "relabelling", count, size)
    return subsets(count, size, listed=most, drawn=most, rng=rng), possible <= most


def _complement(count: int, chosen: Ints) -> Ints:
    mask = np.ones((len(chosen), count), dtype=np.bool_)
    mask[np.arange(len(chosen))[:, None], chosen] = False
    return _places(mask, count - chosen.shape[1])


def _places(mask: NDArray[np.bool_], size: int) -> Ints:
    """Where each row of the mask is true, shape (g, size)."""
    return np.argsort(~mask, axis=-1, kind="stable")[:, :size]


def _side(cosines: Floats, own: Ints, labellings: Ints, exact: bool) -> _Side:
    undefined = np.full(len(cosines), np.nan)
    if own.shape[1] < 2:
        return _Side(undefined, undefined, undefined, undefined)
    every = np.arange(len(cosines))[:, None, None]
    inside = cosines[every, own[:, :, None], own[:, None, :]]
    k_star, pairs = k_star_of_gram(inside, np.ones(own.shape)), _pairs(inside)
    if len(labellings) == 1:
        return _Side(k_star, undefined, undefined, pairs)
    null = subset_kstar(cosines, labellings)
    variance = null.var(axis=1) if exact else null.var(axis=1, ddof=1) * (1.0 + 1.0 / len(labellings))
    return _Side(k_star, k_star - null.mean(axis=1), variance, pairs)


def _pairs(cosines: Floats) -> Floats:
    """Mean K* of the pairs of rows; two rows with cosine r have the eigenvalues (1 ± r)/2."""
    r = cosines[:, *np.triu_indices(cosines.shape[-1], 1)].clip(-1.0, 1.0)
    return np.asarray(hill_of_eigenvalues(np.stack([1.0 + r, 1.0 - r], axis=-1) / 2.0, 1.0).mean(axis=-1))


def pooled_z(sums: Floats) -> Floats:
    """Σ adjusted/√Σ variance, of the two sums over questions, shape (…, 2); ``nan`` where nothing varies."""
    total, variance = sums[..., 0], sums[..., 1]
    varies = variance > np.finfo(np.float64).eps
    return np.asarray(np.where(varies, total / np.sqrt(np.where(varies, variance, 1.0)), np.nan))


def _pooled(adjusted: Floats, variance: Floats) -> float:
    both = np.stack([adjusted, variance], axis=-1).reshape(-1, 2)
    return float(pooled_z(both[np.isfinite(both).all(axis=1)].sum(axis=0)))


def _warnings(sets: Ordered, n_c: Ints, n_w: Ints) -> tuple[str, ...]:
    few = [
        (int((n_c < 2).sum()), "have fewer than 2 right answers: no K*_c"),
        (int((n_w < 2).sum()), "have fewer than 2 wrong answers: no K*_w"),
        (int((np.minimum(n_c, n_w) < 1).sum()), "have only right or only wrong answers: nothing to adjust by"),
    ]
    return (*left_out(sets), *(f"{count} questions {text}" for count, text in few if count))
