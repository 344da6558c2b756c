"""How many different answers a team gives: Hill numbers and entropies of answer counts, corrected for few agents.

Counts have shape (…, C): votes by answer, missing answers in none. Entropies are in nats; :func:`bits` converts. With
n = 8 agents and four equally likely answers (1.386 nats) maximum likelihood gives 1.165 on average, Miller–Madow 1.328,
Grassberger 1.449, the jackknife 1.419, Chao–Shen 1.392 and NSB 1.206: print the corrected one and maximum likelihood
beside it. Mutual information between agents is never estimated within a question, only across questions.

Formulas and their sources: theory, section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.spectrum import hill_of_eigenvalues
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Method = Literal["default", "ml", "miller_madow", "grassberger", "jackknife", "chao_shen", "nsb"]
_FEW = 20  # below so many answers the default is Chao–Shen
_LOG_BETA = np.linspace(-16.0, 20.0, 721)  # NSB's nodes in ln β; outside lies less than 1e-7 of the prior


class Entropies(NamedTuple):
    """The same counts by every estimator, in nats; each of shape (…)."""

    ml: Floats
    miller_madow: Floats
    grassberger: Floats
    jackknife: Floats
    chao_shen: Floats
    nsb: Floats


def bits(nats: ArrayLike) -> Floats:
    """Converts nats, so that two to the power of the bits is exp of the nats.

    Returns:
        Shape of ``nats``.
    """
    return np.asarray(np.asarray(nats, dtype=np.float64) / np.log(2))


def answer_hill(counts: ArrayLike, orders: Sequence[float] = (0.0, 1.0, 2.0)) -> Floats:
    """Hill numbers D_q = (Σ p^q)^(1/(1−q)) of answer shares, uncorrected: distinct answers, exp H, inverse Simpson.

    Args:
        counts: Shape (…, C), ≥ 0.
        orders: q ≥ 0; ``inf`` is allowed.

    Returns:
        Shape (…, len(orders)), 1 to C; ``nan`` without an answer.
    """
    table = _counts(counts)
    n = table.sum(axis=-1)
    share = table / np.where(n > 0, n, 1.0)[..., None]
    share = np.where((n > 0)[..., None], share, 1.0)
    hill = [np.where(n > 0, hill_of_eigenvalues(share, float(order)), np.nan) for order in orders]
    return np.stack(hill, axis=-1) if hill else np.empty((*n.shape, 0))


def inverse_simpson(counts: ArrayLike) -> Floats:
    """Inverse Simpson index n(n − 1)/Σ n_k(n_k − 1), whose reciprocal is unbiased for Σ p².

    Args:
        counts: Shape (…, C), ≥ 0.

    Returns:
        Shape (…), ≥ 1; ``inf`` where all answers differ, ``nan`` with fewer than two.
    """
    table = _counts(counts)
    n, same = table.sum(axis=-1), (table * (table - 1)).sum(axis=-1)
    value = np.where(same > 0, n * (n - 1) / np.where(same > 0, same, 1.0), np.inf)
    return np.asarray(np.where(n > 1, value, np.nan))


def entropy(counts: ArrayLike, method: Method = "default", n_options: int | None = None) -> Floats:
    """Shannon entropy of the answers behind the counts, in nats.

    ``ml`` is the plug-in; ``miller_madow`` adds (K − 1)/2n for K seen answers; ``grassberger`` is
    ln n − Σ n_k G(n_k)/n, G(n) = ψ(n) + (−1)^n/2 · [ψ((n+1)/2) − ψ(n/2)] (Grassberger 2003); ``jackknife`` leaves one
    answer out; ``chao_shen`` weighs coverage-adjusted shares by Horvitz–Thompson; ``nsb`` is the posterior mean under
    the Nemenman–Shafee–Bialek prior on K options, right where K is known and a prior mean is welcome.

    Args:
        counts: Shape (…, C), ≥ 0.
        method: ``default`` is Chao–Shen below 20 answers and Grassberger from there on.
        n_options: K of ``nsb``, ≥ the answers seen; C by default. The others do not use it.

    Returns:
        Shape (…), ≥ 0; ``nan`` without an answer, and with one for all but ``ml`` and ``nsb``.

    Raises:
        SpecError: negative counts, an unknown method, or K too small.
    """
    table = _counts(counts)
    if method == "default":
        few = table.sum(axis=-1) < _FEW
        return np.asarray(np.where(few, _chao_shen(table), _grassberger(table)))
    if method == "nsb":
        return _nsb(table, table.shape[-1] if n_options is None else n_options)
    if method not in _ESTIMATORS:
        raise SpecError.unknown("method", method, ["default", "nsb", *_ESTIMATORS], key="method")
    return np.asarray(_ESTIMATORS[method](table))


def entropies(counts: ArrayLike, n_options: int | None = None) -> Entropies:
    """The counts by every estimator of :func:`entropy`, in nats.

    Args:
        counts: Answers by id, shape (…, C).
        n_options: K for NSB; C by default.

    Returns:
        A field an estimator, each of shape (…); ``nan`` without an answer.

    Raises:
        SpecError: counts that are negative or not whole.
    """
    table = _counts(counts)
    return Entropies._make([*(estimate(table) for estimate in _ESTIMATORS.values()), entropy(table, "nsb", n_options)])


def neff_answer_entropy(counts: ArrayLike, method: Method = "default") -> Floats:
    """Exponential of the corrected answer entropy: an effective number of answers, the alternative to Kish's N_eff.

    Args:
        counts: Answers by id, shape (…, C).
        method: As in :func:`entropy`.

    Returns:
        Shape (…), ≥ 1 up to the error of the correction; ``nan`` without an answer.

    Raises:
        SpecError: counts that are negative or not whole.
    """
    return np.asarray(np.exp(entropy(counts, method)))


def _counts(counts: ArrayLike) -> Floats:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim == 0 or not ((table >= 0) & (table == np.floor(table)) & np.isfinite(table)).all():
        raise SpecError(
            f"counts of shape {table.shape}",
            key="counts",
            allowed="whole numbers ≥ 0, votes by answer on the last axis",
        )
    return table if table.shape[-1] else np.zeros((*table.shape[:-1], 1))  # no option at all: nobody answered


def _ml(table: Floats) -> Floats:
    n = table.sum(axis=-1)
    share = table / np.where(n > 0, n, 1.0)[..., None]
    return np.asarray(np.where(n > 0, 0.0 - _x_log_x(share).sum(axis=-1), np.nan))


def _miller_madow(table: Floats) -> Floats:
    n = _at_least_two(table)
    return np.asarray(_ml(table) + ((table > 0).sum(axis=-1) - 1) / (2 * n))


def _grassberger(table: Floats) -> Floats:
    from scipy.special import digamma

    n, x = _at_least_two(table), np.where(table > 0, table, 1.0)
    sign = 1.0 - 2.0 * (x % 2)
    g = digamma(x) + sign / 2 * (digamma((x + 1) / 2) - digamma(x / 2))
    return np.asarray(np.maximum(np.log(n) - (table * g).sum(axis=-1) / n, 0.0))


def _jackknife(table: Floats) -> Floats:
    """Leave-one-out: n H − (n − 1)/n Σ n_k H(without one k), the latter from sums that all of them share."""
    n = _at_least_two(table)
    total, m = _x_log_x(table).sum(axis=-1), n - 1
    without = total[..., None] - _x_log_x(table) + _x_log_x(np.maximum(table - 1, 0))
    left = np.log(m)[..., None] - without / m[..., None]
    return np.asarray(n * _ml(table) - m / n * (table * left).sum(axis=-1) + 0.0)


def _chao_shen(table: Floats) -> Floats:
    n = _at_least_two(table)
    singles = (table == 1).sum(axis=-1)
    unseen = np.minimum(singles, n - 1) / n  # all different: one less, lest the coverage be 0
    share = (1 - unseen)[..., None] * table / n[..., None]
    seen = -np.expm1(n[..., None] * np.log1p(-np.minimum(share, 1 - 1e-16)))
    value = -(_x_log_x(share) / np.where(table > 0, seen, 1.0)).sum(axis=-1)
    return np.asarray(np.maximum(value, 0.0))


def _nsb(table: Floats, n_options: int) -> Floats:
    """Posterior mean for each distinct row of sorted counts: teams of 16 have few of them."""
    flat = -np.sort(-table.reshape(-1, table.shape[-1]), axis=1)
    most = int((flat > 0).sum(axis=1).max(initial=0))
    if n_options < max(most, 1):
        raise SpecError(f"n_options = {n_options}", key="n_options", allowed=f"at least the {most} answers seen")
    rows, which = np.unique(flat[:, :most], axis=0, return_inverse=True)
    values = np.array([_nsb_row(row[row > 0].astype(np.int64), n_options) for row in rows])
    return np.asarray(values[which.reshape(-1)].reshape(table.shape[:-1]))


def _nsb_row(seen: NDArray[np.int64], n_options: int) -> float:
    """∫ E[H | β] P(counts | β) dξ / ∫ P(counts | β) dξ over Dirichlet(β), ξ(β) = ψ(Kβ + 1) − ψ(β + 1)."""
    from scipy.special import digamma, polygamma

    n = int(seen.sum())
    if n == 0:
        return np.nan
    beta = np.exp(_LOG_BETA)
    total = n_options * beta
    log_rising = np.log(beta + np.arange(n)[:, None]).cumsum(axis=0)  # not gammaln: that cancels for large β
    evidence = log_rising[seen - 1].sum(axis=0) - np.log(total + np.arange(n)[:, None]).sum(axis=0)
    flat_in_entropy = (n_options * polygamma(1, total + 1) - polygamma(1, beta + 1)) * beta
    weight = np.exp(evidence - evidence.max()) * flat_in_entropy
    parts = (seen[:, None] + beta) * digamma(seen[:, None] + beta + 1)
    unseen = (n_options - len(seen)) * beta * digamma(beta + 1)
    mean = digamma(n + total + 1) - (parts.sum(axis=0) + unseen) / (n + total)
    return float((mean * weight).sum() / weight.sum()) if n_options > 1 else 0.0


def _at_least_two(table: Floats) -> Floats:
    """n, ``nan`` where there are fewer than two answers: nothing can be corrected there."""
    n = table.sum(axis=-1)
    return np.asarray(np.where(n > 1, n, np.nan))


def _x_log_x(x: Floats) -> Floats:
    return np.asarray(x * np.log(np.where(x > 0, x, 1.0)))


_ESTIMATORS: dict[str, Callable[[Floats], Floats]] = {
    "ml": _ml,
    "miller_madow": _miller_madow,
    "grassberger": _grassberger,
    "jackknife": _jackknife,
    "chao_shen": _chao_shen,
}
