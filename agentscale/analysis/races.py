"""Voting until somebody leads: the laws of first-to-k and ahead-by-k, and what a long chain of such votes costs.

A step of a chain is answered by a race: samples are drawn until one answer has k votes (first-to-k) or k more than
every other (ahead-by-k), the gambler's ruin. The two-candidate law of ahead-by-k is the worst case, in which all wrong
samples agree; it needs p > ½. Formulas of MAKER (arXiv 2511.09030).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import known, shares, together, whole, within
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import NOBODY, draw_races

Floats = NDArray[np.float64]
_NODES = 256  # of a Gauss–Legendre rule: the integrand is smooth, 1e-12 is reached long before
_BEYOND = 1e-18  # mass of the race that the integral may leave out


class Race(NamedTuple):
    """What comes of a race."""

    correct: Floats
    """Probability that the right answer wins."""
    samples: Floats
    """Expected samples until it is decided."""


class DrawnRace(NamedTuple):
    """What came of simulated races, with standard errors."""

    correct: float
    correct_se: float
    samples: float
    samples_se: float
    undecided: float
    """Share of races that were stopped at ``max_votes``; they count as not correct."""


def ahead_by_k(p: ArrayLike, k: ArrayLike) -> Race:
    """Two-candidate race that ends when one leads by k: P = 1/(1 + ((1−p)/p)^k), E = k(2P − 1)/(2p − 1).

    Args:
        p: Probability that a sample is right, ½ < p ≤ 1.
        k: Lead, ≥ 1; broadcast with p.

    Returns:
        Shape of the arguments, broadcast; 0 to 1.

    Raises:
        SpecError: p ≤ ½, where longer races only make errors surer, or k < 1.
    """
    p, k = together(p=within("p", p, 0.5, 1.0, ends="(]"), k=whole("k", k, 1))
    correct = 1.0 / (1.0 + ((1 - p) / p) ** k)
    return Race(np.asarray(correct), np.asarray(k * (2 * correct - 1) / (2 * p - 1)))


def first_to_k(theta: ArrayLike, k: int) -> Race:
    """Race that ends when one answer has k votes, for any number of answers; exact.

    Samples that arrive as a Poisson stream give answer v its k-th vote at a Gamma(k, θ_v) time, independently, so that
    P = ∫ f_0(t) Π_{v>0} Q(k, θ_v t) dt and E = ∫ Π_v Q(k, θ_v t) dt with Q the regularised upper gamma function [D].
    For two answers P is the majority of 2k − 1.

    Args:
        theta: Probability of each answer, shape (…, C); index 0 is right. What is missing from 1 is samples that are
            not votes (red flags, or errors that never repeat); they count as samples.
        k: Votes to win, ≥ 1.

    Returns:
        Shape (…); ``nan`` where no answer has any probability.

    Raises:
        SpecError: shares that are negative or add up to more than 1, or k < 1.
    """
    from scipy.special import gammaincc, gammainccinv, gammaln, xlogy

    rates, k = shares("theta", theta), int(whole("k", k, 1))
    fastest = rates.max(axis=-1, initial=0.0)
    scale = np.where(fastest > 0, fastest, np.nan)
    nodes, weights = _rule()
    end = gammainccinv(k, _BEYOND) / scale
    t = end[..., None] * (nodes + 1) / 2
    none_yet = gammaincc(k, rates[..., None] * t[..., None, :])
    arrival = rates[..., :1] * t
    right = rates[..., :1] * np.exp(xlogy(k - 1, arrival) - arrival - gammaln(k))
    half = end / 2
    correct = half * ((right * none_yet[..., 1:, :].prod(axis=-2)) @ weights)
    return Race(np.asarray(correct), np.asarray(half * (none_yet.prod(axis=-2) @ weights)))


def race_by_draws(
    theta: ArrayLike, k: int, *, races: int = 20_000, seed: int = 0, max_votes: int = 10_000
) -> DrawnRace:
    """Ahead-by-k with several candidates, by simulation: the law for two is the worst case of this.

    Args:
        theta: Probability of each answer, shape (C,), summing to 1; index 0 is right. No p > ½ is needed.
        k: Lead, ≥ 1.
        races: Simulated races.
        seed: Of the draws.
        max_votes: Where a race is stopped undecided.

    Raises:
        SpecError: shares that do not add up to 1, or k < 1.
    """
    chances, k = shares("theta", theta), int(whole("k", k, 1))
    if chances.ndim != 1 or not abs(chances.sum() - 1) < 1e-9:
        got = f"theta of shape {chances.shape} adds up to {chances.sum():g}"
        raise SpecError(got, key="theta", allowed="shape (C,), adding up to 1: every sample is a vote")
    drawn = draw_races(chances, k, races, keyed(seed, "race_by_draws"), max_votes=max_votes)
    right, undecided = drawn.winner == 0, float((drawn.winner == NOBODY).mean())
    return DrawnRace(*_mean_and_se(right), *_mean_and_se(drawn.samples), undecided)


def p_full(p: ArrayLike, k: ArrayLike, steps: ArrayLike, per_call: ArrayLike = 1) -> Floats:
    """Probability that a chain has no error: (1 + ((1−p)/p)^k)^(−s/m), every step settled by ahead-by-k.

    Args:
        p: Probability that a step is right, ½ < p ≤ 1.
        k: Lead, ≥ 1.
        steps: s ≥ 1.
        per_call: m ≥ 1, steps in one call.

    Returns:
        Shape of the arguments, broadcast; 0 to 1.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    p, k, races = together(p=within("p", p, 0.5, 1.0, ends="(]"), k=whole("k", k, 1), steps=_races(steps, per_call))
    return np.asarray(np.exp(-races * np.log1p(((1 - p) / p) ** k)))


def k_min(p: ArrayLike, steps: ArrayLike, target: ArrayLike, per_call: ArrayLike = 1) -> NDArray[np.int64]:
    """Least lead that brings a whole chain to ``target``: ⌈ln(t^(−m/s) − 1)/ln((1−p)/p)⌉, at least 1; Θ(ln s).

    Args:
        p: Probability that a step is right, ½ < p < 1.
        steps: s ≥ 1.
        target: t, 0 < t < 1: wanted probability of no error at all.
        per_call: m ≥ 1, steps in one call.

    Returns:
        Shape of the arguments, broadcast; whole numbers.

    Raises:
        SpecError: a number outside its range.
    """
    p, t = within("p", p, 0.5, 1.0, ends="()"), within("target", target, 0.0, 1.0, ends="()")
    p, races, t = together(p=p, steps=_races(steps, per_call), target=t)
    needed = known("p, steps or target", np.log(np.expm1(-np.log(t) / races)) / np.log((1 - p) / p))
    return np.maximum(1, np.ceil(needed - 1e-9)).astype(np.int64)


class PilotK(NamedTuple):
    """The k that a pilot asks for."""

    p: float
    """Chance of a right step, by the share of right votes."""
    p_low: float
    """Lower end of its 95 % interval (Clopper–Pearson)."""
    k: int
    """For ``p``."""
    k_safe: int
    """For ``p_low``: that of the chain's cost if the pilot was lucky."""


def pilot_k(right: int, votes: int, steps: int, target: float, *, per_call: int = 1) -> PilotK:
    """The least k for a chain, from votes on steps of which it is known whether they are right.

    Args:
        right: Right votes of the pilot.
        votes: All its votes, ≥ 1; samples with red flags are none.
        steps: s ≥ 1, of the chain.
        target: t, 0 < t < 1: wanted probability of no error at all.
        per_call: m ≥ 1, steps in one call, in the pilot as in the chain.

    Raises:
        SpecError: a number outside its range, or a lower end of at most ½: then no k is sure to help.
    """
    from scipy.special import betaincinv

    n, c = int(whole("votes", votes, 1)), int(whole("right", right))
    if c > n:
        raise SpecError(f"right is {c} of {n} votes", key="right", allowed=f"0 to {n}")
    within("steps", steps, 1, np.inf)
    m = float(within("per_call", per_call, 1, np.inf))
    # A vote is right only if all its steps are, and the laws ask for the chance of one step.
    low = float(betaincinv(c, n - c + 1, 0.025)) if c else 0.0
    p, p_low = (min(share ** (1 / m), 1 - 1e-12) for share in (c / n, low))
    if p_low <= 0.5:
        raise SpecError(
            f"{c} of {n} votes are right: the chance of a right step may be as low as {p_low:.3f}",
            key="right",
            allowed="a share whose 95 % interval lies above ½",
            remedy="a larger pilot, or a better model: below ½ longer races only make errors surer",
        )
    at_p, at_low = (int(k_min(share, steps, target, per_call)) for share in (p, p_low))
    return PilotK(p, p_low, at_p, at_low)


def chain_samples(
    p: ArrayLike, k: ArrayLike, steps: ArrayLike, *, valid: ArrayLike = 1.0, per_call: ArrayLike = 1
) -> Floats:
    """Expected samples of a chain: (s/m) · k(2P − 1)/(2p − 1) / (v · p^(m−1)); times the price of one it is the cost.

    With k = ``k_min`` this grows as s·ln s, and c·s·k/(v(2p − 1)) is its bound from above. With m > 1 steps a call only
    the right continuation and one rival recur, with p^m and (1 − p)p^(m−1): the cost grows exponentially in m.

    Args:
        p: Probability that a step is right, ½ < p ≤ 1.
        k: Lead, ≥ 1.
        steps: s ≥ 1.
        valid: v, 0 < v ≤ 1: share of samples that no red flag discards.
        per_call: m ≥ 1, steps in one call.

    Returns:
        Shape of the arguments, broadcast, calls.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    v, m = within("valid", valid, 0.0, 1.0, ends="(]"), within("per_call", per_call, 1, np.inf)
    races, chance = _races(steps, m), np.asarray(p, dtype=np.float64)
    samples, v, m, races, chance = together(k=ahead_by_k(p, k).samples, valid=v, per_call=m, steps=races, p=chance)
    return np.asarray(races * samples / (v * chance ** (m - 1)))


def chain_cost(
    p: ArrayLike,
    k: ArrayLike,
    steps: ArrayLike,
    price: ArrayLike,
    *,
    valid: ArrayLike = 1.0,
    per_call: ArrayLike = 1,
) -> Floats:
    """:func:`chain_samples` times ``price``, the price of one call in any money.

    Args:
        p: As there.
        k: As there.
        steps: As there.
        price: Of one call, ≥ 0.
        valid: As there.
        per_call: As there.

    Returns:
        Shape of the arguments, broadcast, in the unit of ``price``.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    samples = chain_samples(p, k, steps, valid=valid, per_call=per_call)
    samples, price = together(samples=samples, price=within("price", price, 0.0, np.inf))
    return np.asarray(samples * price)


def _races(steps: ArrayLike, per_call: ArrayLike) -> Floats:
    """Races of a chain, s/m."""
    steps, per_call = together(
        steps=within("steps", steps, 1, np.inf), per_call=within("per_call", per_call, 1, np.inf)
    )
    return np.asarray(steps / per_call)


@functools.cache
def _rule() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)


def _mean_and_se(values: NDArray[np.generic]) -> tuple[float, float]:
    x = values.astype(np.float64)
    return float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else np.nan
