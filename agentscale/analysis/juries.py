"""What a vote of independent or equally correlated agents is worth in theory, from a few probabilities.

Laws, not estimates: each gives the exact expectation, ties settled at random. The limit of :func:`plurality_accuracy`
for endlessly many agents is ``expected_accuracy(theta)``: 1 where the right answer is the likeliest, whatever its
probability.

Formulas and their sources: theory, section 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import shares, together, whole, within
from agentscale.analysis.votes import unit_rule
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
_NEGLIGIBLE = 1e-20  # mass of a number of right votes that is not worth a sum
_STATES = 1 << 20  # different totals of weights that are kept apart
_FLAT = 1e-8  # correlation below which a beta-binomial is a binomial


def condorcet(n: ArrayLike, p: ArrayLike) -> Floats:
    """Probability that the majority of n independent voters is right, a tie counting ½: maj(2m) = maj(2m − 1).

    Args:
        n: Voters, ≥ 0; 0 gives ``nan``.
        p: Probability that a voter is right; broadcast with n.

    Raises:
        SpecError: a number outside its range.
    """
    from scipy.stats import binom

    n, p = together(n=whole("n", n), p=within("p", p, 0.0, 1.0))
    tie = np.where(n % 2 == 0, 0.5 * binom.pmf(n // 2, n, p), 0.0)
    return np.asarray(np.where(n > 0, binom.sf(n // 2, n, p) + tie, np.nan))


def plurality_accuracy(theta: ArrayLike, n: int) -> Floats:
    """Probability that the plurality of n independent voters is right; exact for any n and number of answers.

    Votes are independent Poisson numbers with rates nθ_v on condition that they add up to n. For each number j of right
    votes the others are convolved up to j each, a tie of t others weighted by 1/(1 + t) = ∫₀¹ yᵗ dy; all terms are
    positive, so nothing cancels. Some n³·C operations where θ_0 is large.

    Args:
        theta: Probability of each answer, shape (…, C); index 0 is right. What is missing from 1 abstains.
        n: Voters, ≥ 0; 0 gives ``nan``.

    Returns:
        Shape (…); where all abstain nobody is right.

    Raises:
        SpecError: shares that are negative or add up to more than 1, or n < 0.
    """
    from scipy.stats import poisson

    rates, n = shares("theta", theta), int(whole("n", n))
    if n == 0 or rates.shape[-1] == 0:
        return np.full(rates.shape[:-1], np.nan)
    flat = rates.reshape(-1, rates.shape[-1])
    silent = np.maximum(1 - flat.sum(axis=-1), 0.0)
    steps = np.arange(n + 1)
    pmf = np.asarray(poisson.pmf(steps, n * flat[..., None]))  # (R, C, n + 1)
    mass = np.zeros(len(flat))
    for j in np.flatnonzero((pmf[:, 0] > _NEGLIGIBLE).any(axis=0) & (steps > 0)):
        start = np.asarray(poisson.pmf(steps[: n - j + 1], n * silent[:, None]))
        mass += pmf[:, 0, j] * _others_up_to(int(j), pmf[:, 1:], start)
    return np.asarray((mass / poisson.pmf(n, n)).reshape(rates.shape[:-1]))


def beta_shape(p: ArrayLike, rho: ArrayLike) -> tuple[Floats, Floats]:
    """(a, b) of the Beta law with mean p and correlation ρ of two voters: p(1 − ρ)/ρ, (1 − p)(1 − ρ)/ρ; 0 < ρ.

    Args:
        p: Mean, 0 to 1.
        rho: Correlation, 0 < ρ ≤ 1.

    Returns:
        Shape of the arguments, broadcast, each ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    p, rho = together(p=within("p", p, 0.0, 1.0), rho=within("rho", rho, 0.0, 1.0, ends="(]"))
    return np.asarray(p * (1 - rho) / rho), np.asarray((1 - p) * (1 - rho) / rho)


def betabinom_jury(p: ArrayLike, rho: ArrayLike, n: ArrayLike) -> Floats:
    """Accuracy of a majority whose voters share each question's difficulty, p_q ~ Beta with mean p and correlation ρ.

    Args:
        p: Mean accuracy.
        rho: ICC of correctness, 0 to 1; 0 is Condorcet, 1 one voter.
        n: Voters, ≥ 0; 0 gives ``nan``. The three are broadcast; ``jury_ceiling`` is the limit.

    Raises:
        SpecError: a number outside its range.
    """
    from scipy.special import gammaln

    p, rho, n = together(p=within("p", p, 0.0, 1.0), rho=within("rho", rho, 0.0, 1.0), n=whole("n", n))
    constant, most = _constant(p, rho), int(n.max(initial=0))
    mean, shared = np.where(constant, 0.5, p), np.where(constant, 0.5, rho)
    right, wrong, any_way = (_log_rising(at * (1 - shared), shared, most) for at in (mean, 1 - mean, np.ones(p.shape)))
    k, total = np.arange(most + 1), n[..., None]
    rest = np.maximum(total - k, 0)
    log_pmf = gammaln(total + 1) - gammaln(k + 1) - gammaln(rest + 1) + right
    log_pmf += np.take_along_axis(wrong, rest, axis=-1) - np.take_along_axis(any_way, total, axis=-1)
    weight = np.where(k > total, 0.0, np.heaviside(2.0 * k - total, 0.5))
    value = np.where(constant, p, (weight * np.exp(np.where(weight > 0, log_pmf, 0.0))).sum(axis=-1))
    return np.asarray(np.where((n > 0) & ~np.isnan(p + rho), value, np.nan))


def jury_ceiling(p: ArrayLike, rho: ArrayLike) -> Floats:
    """Accuracy of endlessly many voters, P(p_q > ½) = 1 − I_½(a, b): not the same as Kish's ceiling 1/ρ.

    Args:
        p: Mean accuracy.
        rho: ICC of correctness, 0 to 1; broadcast with p.

    Returns:
        Shape of the arguments, broadcast; 0 to 1.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    from scipy.special import betaincc

    p, rho = together(p=within("p", p, 0.0, 1.0), rho=within("rho", rho, 0.0, 1.0))
    a, b = beta_shape(*_inside(p, rho))
    value = np.where(rho < _FLAT, np.heaviside(p - 0.5, 0.5), betaincc(a, b, 0.5))
    return np.asarray(np.where(np.isnan(p + rho), np.nan, np.where(_constant(p, rho), p, value)))


def log_odds(p: ArrayLike) -> Floats:
    """Optimal weights of independent right-or-wrong voters, ln(p/(1 − p)); 0 < p < 1: smooth a perfect record first.

    Args:
        p: Chances of being right, 0 < p < 1.

    Returns:
        Shape of ``p``.

    Raises:
        SpecError: a chance that is not between 0 and 1.
    """
    p = within("p", p, 0.0, 1.0, ends="()")
    return np.asarray(np.log(p / (1 - p)))


def weighted_majority(p: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Accuracy of a weighted majority of independent right-or-wrong voters, exact; a tie counts ½.

    Args:
        p: Probability that each voter is right, shape (n,).
        weights: Shape (n,); the optimal :func:`log_odds` by default, which need 0 < p < 1.

    Returns:
        0 to 1; ``nan`` without a voter.

    Raises:
        SpecError: shapes that differ, or too many different totals (above some 20 voters with weights all different).
    """
    chances = within("p", p, 0.0, 1.0)
    w = log_odds(chances) if weights is None else np.asarray(weights, dtype=np.float64)
    if chances.ndim != 1 or w.shape != chances.shape:
        raise SpecError(f"p of shape {chances.shape}, weights {w.shape}", key="weights", allowed="both of shape (n,)")
    if not len(w):
        return np.nan
    scaled = w / max(float(np.abs(w).max()), np.finfo(float).tiny)
    totals: Floats = np.zeros(1)
    mass: Floats = np.ones(1)
    for weight, chance in zip(scaled, chances, strict=True):
        sums = np.round(np.concatenate([totals + weight, totals - weight]), 12)
        totals, where = np.unique(sums, return_inverse=True)  # equal weights leave few totals
        parts = np.concatenate([mass * chance, mass * (1 - chance)])
        mass = np.asarray(np.bincount(where.reshape(-1), weights=parts), dtype=np.float64)
        if len(totals) > _STATES:
            raise SpecError(f"{len(w)} voters", key="weights", allowed="some 20, or weights that repeat")
    near = np.abs(totals) < 1e-9
    return float(mass[(totals > 0) & ~near].sum() + 0.5 * mass[near].sum())


def _others_up_to(j: int, pmf: Floats, ways: Floats) -> Floats:
    """Mass in which the rest make n − j votes, no other answer more than j, ties weighted; shape (R,)."""
    y, weight = unit_rule(pmf.shape[1])
    ways = ways[:, None, :].repeat(len(y), axis=1)
    size = ways.shape[-1]
    for rival in range(pmf.shape[1]):
        factor = pmf[:, rival, : j + 1]
        out = ways * factor[:, None, :1]
        for i in range(1, min(j, size - 1) + 1):
            out[..., i:] += ways[..., : size - i] * (factor[:, None, i : i + 1] * (y[:, None] if i == j else 1.0))
        ways = out
    return np.asarray(ways[..., -1] @ weight)


def _log_rising(start: Floats, step: Floats, most: int) -> Floats:
    """Logarithms of Π_{i<k} (start + i·step) for k = 0 … most: the Beta function's ratios, but sound for any step."""
    factors = np.log(start[..., None] + np.arange(most) * step[..., None])
    return np.concatenate([np.zeros((*start.shape, 1)), factors.cumsum(axis=-1)], axis=-1)


def _inside(p: Floats, rho: Floats) -> tuple[Floats, Floats]:
    """Where the Beta law has a density; elsewhere numbers that are thrown away."""
    inner = (rho >= _FLAT) & ~_constant(p, rho)
    return np.where(inner, p, 0.5), np.where(inner, rho, 0.5)


def _constant(p: Floats, rho: Floats) -> NDArray[np.bool_]:
    """Where all voters agree at every question."""
    return np.asarray((rho == 1) | (p == 0) | (p == 1))
