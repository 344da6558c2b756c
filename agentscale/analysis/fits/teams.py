"""Laws of teams: effective sizes, juries, coverage of tries that differ in difficulty."""

from __future__ import annotations

import numpy as np

from agentscale.analysis.fits.base import Family, Floats, Parameter, split, stacked


def _ringelmann(n: Floats, theta: Floats) -> Floats:
    c, beta = split(theta)
    return np.asarray(n / (1 + (n - 1) * c * n**-beta))


def _ringelmann_slope(n: Floats, theta: Floats) -> Floats:
    c, beta = split(theta)
    rho, size = c * n**-beta, _ringelmann(n, theta)
    by_rho = -(size**2) * (n - 1) / n
    return stacked(by_rho * n**-beta, -by_rho * rho * np.log(n))


def _kish(n: Floats, theta: Floats) -> Floats:
    return np.asarray(n / (1 + (n - 1) * theta))


def _kish_slope(n: Floats, theta: Floats) -> Floats:
    return stacked(-(_kish(n, theta) ** 2) * (n - 1) / n)


def _kish_linear(n: Floats, theta: Floats) -> Floats:
    level, gain, rho = split(theta)
    return np.asarray(level + gain * n / (1 + (n - 1) * rho))


def _kish_linear_slope(n: Floats, theta: Floats) -> Floats:
    _, gain, rho = split(theta)
    size = n / (1 + (n - 1) * rho)
    return stacked(np.ones_like(size), size, -gain * size**2 * (n - 1) / n)


def _coverage(k: Floats, theta: Floats) -> Floats:
    from scipy.special import betaln

    a, b = split(theta)
    return np.asarray(-np.expm1(betaln(a, b + k) - betaln(a, b)))


def _coverage_slope(k: Floats, theta: Floats) -> Floats:
    from scipy.special import digamma

    a, b = split(theta)
    missed = 1 - _coverage(k, theta)
    both = digamma(a + b) - digamma(a + b + k)
    return stacked(-missed * both, -missed * (both + digamma(b + k) - digamma(b)))


def _jury_terms(n: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Weight × probability of k right votes, and its logarithmic derivatives by p and ρ, shape (…, P, n + 1).

    With rising factors Π_{i<k}(p(1 − ρ) + iρ) in place of the Beta function all stays sound as ρ → 0.
    """
    from scipy.special import gammaln

    p, rho = theta[..., 0, None], theta[..., 1, None]
    most = int(n.max())
    i, k = np.arange(most), np.arange(most + 1)
    right, wrong, either = (at * (1 - rho) + i * rho for at in (p, 1 - p, np.ones_like(p)))
    by_p = [_sums(sign * (1 - rho) / rising) for sign, rising in ((1, right), (-1, wrong))]
    by_rho = [_sums((i - at) / rising) for at, rising in ((p, right), (1 - p, wrong), (np.ones_like(p), either))]
    logs = [_sums(np.log(rising)) for rising in (right, wrong, either)]
    total = n.astype(np.int64)[:, None]
    rest = np.maximum(total - k, 0)
    places = (..., np.broadcast_to(k, rest.shape)), (..., rest), (..., np.broadcast_to(total, rest.shape))
    ways = gammaln(total + 1.0) - gammaln(k + 1.0) - gammaln(rest + 1.0)
    log_pmf = ways + logs[0][places[0]] + logs[1][places[1]] - logs[2][places[2]]
    weight = np.where(k > total, 0.0, np.heaviside(2.0 * k - total, 0.5))
    share = weight * np.exp(np.where(weight > 0, log_pmf, 0.0))
    d_p = by_p[0][places[0]] + by_p[1][places[1]]
    d_rho = by_rho[0][places[0]] + by_rho[1][places[1]] - by_rho[2][places[2]]
    return share, d_p, d_rho


def _jury(n: Floats, theta: Floats) -> Floats:
    return np.asarray(_jury_terms(n, theta)[0].sum(axis=-1))


def _jury_slope(n: Floats, theta: Floats) -> Floats:
    share, d_p, d_rho = _jury_terms(n, theta)
    return stacked((share * d_p).sum(axis=-1), (share * d_rho).sum(axis=-1))


def _peak(n: Floats, theta: Floats) -> Floats:
    easy_share, easy, hard = split(theta)
    return np.asarray(easy_share * _majority(n, easy) + (1 - easy_share) * _majority(n, hard))


def _peak_slope(n: Floats, theta: Floats) -> Floats:
    easy_share, easy, hard = split(theta)
    return stacked(
        _majority(n, easy) - _majority(n, hard),
        easy_share * _majority_slope(n, easy),
        (1 - easy_share) * _majority_slope(n, hard),
    )


def _majority(n: Floats, p: Floats) -> Floats:
    """Condorcet's majority: an even team, ties counting half, is worth the odd one below."""
    from scipy.special import betainc

    half = np.floor((n - 1) / 2)
    return np.asarray(betainc(half + 1, half + 1, p))


def _majority_slope(n: Floats, p: Floats) -> Floats:
    from scipy.special import betaln

    half = np.floor((n - 1) / 2)
    return np.asarray(np.exp(half * np.log(p * (1 - p)) - betaln(half + 1, half + 1)))


def _sums(terms: Floats) -> Floats:
    """Sums of the first 0, 1, 2, … terms along the last axis."""
    return np.concatenate([np.zeros((*terms.shape[:-1], 1)), terms.cumsum(axis=-1)], axis=-1)


RINGELMANN = Family(
    "ringelmann",
    "N/(1 + c (N − 1) N^(−β)): effective size under a correlation that falls with N (arXiv 2606.02646 [S])",
    (Parameter("c", "positive", 1e-6, 1.5, 0.02, 1.2), Parameter("beta", "real", -1.0, 2.0, -0.5, 1.5)),
    _ringelmann,
    _ringelmann_slope,
    given_at=(1.0,),
)
KISH = Family(
    "kish",
    "N/(1 + (N − 1) ρ): the Ringelmann law with β = 0, which has the ceiling 1/ρ",
    (Parameter("rho", "inside", 0.0, 1.0, 0.02, 0.98),),
    _kish,
    _kish_slope,
    given_at=(1.0,),
)
KISH_LINEAR = Family(
    "kish_linear",
    "a + b N/(1 + (N − 1) ρ): linear in Kish's effective size",
    (
        Parameter("a", "real", -10.0, 10.0, -0.5, 1.0, "y"),
        Parameter("b", "real", -10.0, 10.0, -0.5, 0.5, "y"),
        Parameter("rho", "inside", 0.0, 1.0, 0.02, 0.98),
    ),
    _kish_linear,
    _kish_linear_slope,
)
BETABINOM_COV = Family(
    "betabinom_cov",
    "1 − B(a, b + k)/B(a, b): coverage of k tries whose chance varies as Beta(a, b)",
    (Parameter("a", "positive", 1e-4, 1e4, 0.05, 10.0), Parameter("b", "positive", 1e-4, 1e4, 0.05, 30.0)),
    _coverage,
    _coverage_slope,
)
JURY = Family(
    "jury",
    "majority of N voters with mean accuracy p and correlation ρ, beta-binomial: see betabinom_jury",
    (Parameter("p", "inside", 0.0, 1.0, 0.05, 0.95), Parameter("rho", "inside", 0.0, 1.0, 0.01, 0.95)),
    _jury,
    _jury_slope,
)
PEAK = Family(
    "peak",
    "w M(N, p_easy) + (1 − w) M(N, p_hard), M the majority of N: easy and hard questions, not monotone",
    (
        Parameter("w", "inside", 0.0, 1.0, 0.05, 0.95),
        Parameter("p_easy", "inside", 0.5, 1.0, 0.52, 0.98),
        Parameter("p_hard", "inside", 0.0, 0.5, 0.02, 0.48),
    ),
    _peak,
    _peak_slope,
)


def as_correlation(law: Family) -> Family:
    """The correlation ρ_N = (N/N_eff − 1)/(N − 1) that a law of effective size says; it needs N > 1.

    What is estimated from answers is ρ, with errors that are nearly the same at every N; N_eff piles them up near its
    ceiling.
    """

    def value(n: Floats, theta: Floats) -> Floats:
        return np.asarray((n / law.value(n, theta) - 1) / (n - 1))

    def slope(n: Floats, theta: Floats) -> Floats:
        by_size = -n / law.value(n, theta) ** 2 / (n - 1)
        return np.asarray(by_size[..., None] * law.slope(n, theta))

    return Family(law.name, f"ρ of {law.formula}", law.parameters, value, slope, law.given_at)
