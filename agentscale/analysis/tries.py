"""What further tries are worth: coverage, a verifier that is not perfect, and where to stop.

Laws from a few parameters, and two estimates from recorded answers: :func:`coverage_betabinom` forecasts coverage,
:func:`best_of_k` averages a verifier's choice over all draws of k. The selector gap is ``pass_at_k`` − ``best_of_k``.

Formulas and their sources: theory, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.juries import beta_shape
from agentscale.analysis.ranges import known, shares, together, whole, within
from agentscale.analysis.votes import pass_at_k
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
_TRIES = 10_000  # within which the best finite number of tries is sought


class Resampling(NamedTuple):
    """What comes of asking again until a verifier accepts."""

    correct: Floats
    """A right answer was accepted."""
    false_accept: Floats
    """A wrong answer was accepted."""
    samples: Floats
    """Expected tries."""

    @property
    def gave_up(self) -> Floats:
        """Nothing was accepted."""
        return np.asarray(1.0 - self.correct - self.false_accept)


class BestTries(NamedTuple):
    """The number of tries with the best expected value."""

    k: float
    """≥ 1; ``inf`` where more is always better."""
    value: float


@dataclass(frozen=True, slots=True)
class BetaCoverage:
    """Coverage of repeated tries where the chance of success varies over questions as Beta(a, b)."""

    a: float
    b: float
    n_items: int = 0
    """Questions behind the fit."""
    warnings: tuple[str, ...] = ()

    def at(self, k: ArrayLike) -> Floats:
        """Expected share of questions with a right answer among k, see :func:`beta_coverage`."""
        return beta_coverage(self.a, self.b, k)


def beta_coverage(a: ArrayLike, b: ArrayLike, k: ArrayLike) -> Floats:
    """E[1 − (1 − p)^k] for p ~ Beta(a, b): 1 − B(a, b + k)/B(a, b), with the tail Γ(a + b)/Γ(b) · k^(−a).

    Args:
        a: > 0.
        b: > 0.
        k: Tries, ≥ 0; the three are broadcast.

    Returns:
        Shape of the arguments, broadcast; 0 to 1.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    from scipy.special import betaln

    a, b = (within(name, part, 0.0, np.inf, ends="()") for name, part in (("a", a), ("b", b)))
    a, b, k = together(a=a, b=b, k=within("k", k, 0.0, np.inf))
    return np.asarray(-np.expm1(betaln(a, b + k) - betaln(a, b)))


def coverage_betabinom(c: ArrayLike, n: ArrayLike) -> BetaCoverage:
    """Fits Beta(a, b) to right answers by maximum likelihood, to forecast coverage far beyond the recorded tries.

    Few questions say little of b and of the tail: the forecast leans on the family as k grows.

    Args:
        c: Right answers of each question, shape (Q,).
        n: Recorded answers, broadcast to c; questions without one are left out.

    Returns:
        a and b are ``nan``, with a warning, where all answers are right, all are wrong, or no question has two.

    Raises:
        SpecError: counts outside 0 ≤ c ≤ n.
    """
    c, n = together(c=whole("c", c), n=whole("n", n))
    if (c > n).any():
        raise SpecError("c exceeds n", key="c", allowed="0 ≤ c ≤ n at every question")
    c, n = c[n > 0].astype(np.float64), n[n > 0].astype(np.float64)
    if not len(n) or n.max() < 2 or c.sum() in (0, n.sum()):
        return BetaCoverage(np.nan, np.nan, len(n), ("all right, all wrong, or one answer a question: no spread",))
    mean, rho = _fit_beta(c, n)
    flat = ("the questions differ no more than chance: a and b are only lower bounds",) if rho < 1e-4 else ()
    a, b = beta_shape(mean, rho)
    return BetaCoverage(float(a), float(b), len(n), flat)


def coverage_union(c: ArrayLike, n: ArrayLike, k: ArrayLike) -> Floats:
    """Share of questions that some of k_b tries of each configuration b answers: 1 − Π_b (1 − pass@k_b), by question.

    Temperatures or models that solve different questions cover more together than one with as many tries; compare with
    ``pass_at_k`` of the best one at Σ k_b tries (arXiv 2510.02611).

    Args:
        c: Right answers by question and configuration, shape (…, B).
        n: Recorded answers, broadcast to c.
        k: Tries of each configuration, 0 ≤ k ≤ n, shape (B,).

    Returns:
        Shape (…), between 0 and 1: average it over questions.

    Raises:
        SpecError: counts that do not fit together.
    """
    return np.asarray(1.0 - (1.0 - pass_at_k(n, c, k)).prod(axis=-1))


def resample_until_accept(k: ArrayLike, *, r: ArrayLike, p: ArrayLike, c: float = 1.0, s: float = 0.0) -> Resampling:
    """At most k tries, each checked by an imperfect verifier (fLaws, arXiv 2411.17501).

    Questions of type t are right with r_t; a try is rejected with β_t = (1 − c) r_t + s (1 − r_t). The share accepted
    and right is Σ p_t c r_t (1 − β_t^k)/(1 − β_t), and with (1 − r_t)(1 − s) for c r_t accepted and wrong.

    Args:
        k: Tries, ≥ 0, or ``inf``; any shape.
        r: Probability that a try is right, by type, shape (T,).
        p: Share of each type, shape (T,), summing to 1.
        c: Completeness: probability that a right answer is accepted.
        s: Soundness: probability that a wrong one is rejected.

    Raises:
        SpecError: a number outside its range.
    """
    right, share, beta = _types(r, p, c, s)
    tries = within("k", k, 0.0, np.inf)[..., None]
    with np.errstate(invalid="ignore"):  # 0 · inf where nothing is ever accepted, replaced next
        asked = np.where(beta < 1, (1 - beta**tries) / np.where(beta < 1, 1 - beta, 1.0), tries)
        accepts = [np.where(gain > 0, asked, 0.0) @ (share * gain) for gain in (c * right, (1 - right) * (1 - s))]
    return Resampling(accepts[0], accepts[1], np.asarray(np.where(share > 0, share * asked, 0.0).sum(axis=-1)))


def optimal_k(v: float, *, r: ArrayLike, p: ArrayLike, c: float = 1.0, s: float = 0.0) -> BestTries:
    """Tries k ≥ 1 with the greatest EV_k = P(accepted right) + v·P(accepted wrong); v < 0 is the cost of a wrong one.

    Args:
        v: Value of an accepted wrong answer, where a right one is worth 1 and giving up 0.
        r: As in :func:`resample_until_accept`, shape (types,), like p, c and s.
        p: Likewise.
        c: Likewise.
        s: Likewise.

    Returns:
        The least best k among 1 … 10,000, or ``inf`` where the limit is no worse.
    """
    right, share, beta = _types(r, p, c, s)
    law = resample_until_accept(np.append(np.arange(1.0, _TRIES + 1), np.inf), r=r, p=p, c=c, s=s)
    value = law.correct + v * law.false_accept
    gain = share * (c * right + v * (1 - right) * (1 - s))
    last = gain[beta == beta[gain != 0].max(initial=-1.0)].sum()  # the most stubborn type decides how it ends
    best = int(value[:-1].argmax())
    endless = last > 0 and beta[gain != 0].max() > 0 and value[-1] >= value[best] - 1e-12
    return BestTries(np.inf, float(value[-1])) if endless else BestTries(best + 1.0, float(value[best]))


def ttspm(n: ArrayLike, f_max: ArrayLike, p: ArrayLike) -> Floats:
    """Test-time scaling law F(N) = F_max (1 − (1 − p)^N), parallel or sequential (arXiv 2505.20522).

    Args:
        n: Tries, ≥ 0.
        f_max: Ceiling, 0 to 1.
        p: Gain rate of a try, 0 < p < 1; the three are broadcast.

    Returns:
        Shape of the arguments, broadcast; 0 to ``f_max``.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    n, p = within("n", n, 0.0, np.inf), within("p", p, 0.0, 1.0, ends="()")
    n, f_max, p = together(n=n, f_max=within("f_max", f_max, 0.0, 1.0), p=p)
    return np.asarray(f_max * -np.expm1(n * np.log1p(-p)))


def ttspm_stop(f_max: ArrayLike, p: ArrayLike, eps: ArrayLike) -> NDArray[np.int64]:
    """N* = ⌈ln(ε/(F_max p))/ln(1 − p)⌉: the least N from which one more try gains no more than ε; 0 if none ever does.

    Args:
        f_max: Ceiling, 0 < F_max ≤ 1.
        p: Gain rate of a try, 0 < p < 1.
        eps: ε, 0 < ε < 1; the three are broadcast.

    Returns:
        Shape of the arguments, broadcast.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    p, f_max = within("p", p, 0.0, 1.0, ends="()"), within("f_max", f_max, 0.0, 1.0, ends="(]")
    f_max, p, eps = together(f_max=f_max, p=p, eps=within("eps", eps, 0.0, 1.0, ends="()"))
    needed = known("f_max, p or eps", np.log(eps / (f_max * p)) / np.log1p(-p))
    return np.maximum(0, np.ceil(needed - 1e-9)).astype(np.int64)


def best_of_k(scores: ArrayLike, correct: ArrayLike, k: int) -> Floats:
    """Probability that the best-scored of k answers, drawn from n without replacement, is right: unbiased.

    An answer that g others beat and e − 1 others equal is chosen with [top(g + e) − top(g)]/e, where top(m) is
    ``pass_at_k`` of the m best. A verifier that knows gives ``pass_at_k``, one that knows nothing the mean accuracy.

    Args:
        scores: Verifier scores, shape (…, n); higher is better, ``nan`` is worst.
        correct: Shape (…, n), 0 or 1; a missing answer is not right.
        k: Answers drawn, 1 ≤ k ≤ n.

    Raises:
        SpecError: shapes that differ, or k out of range.
    """
    x, right = np.asarray(scores, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if x.ndim == 0 or x.shape != right.shape or not np.isin(right, (0.0, 1.0)).all():
        raise SpecError(f"scores {x.shape}, correct {right.shape}", key="correct", allowed="the same shape; 0 or 1")
    n = x.shape[-1]
    if not 1 <= k <= n:
        raise SpecError(f"k = {k}", key="k", allowed=f"1 ≤ k ≤ n = {n}")
    x = np.where(np.isnan(x), -np.inf, x)
    beaten_by = (x[..., None, :] > x[..., :, None]).sum(axis=-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(axis=-1)
    chosen = (pass_at_k(n, beaten_by + equal, k) - pass_at_k(n, beaten_by, k)) / equal
    return np.asarray((chosen * right).sum(axis=-1))


def verified_best_of_k(p: ArrayLike, auc: ArrayLike, k: ArrayLike) -> Floats:
    """Law of best-of-k under a verifier with equal-variance normal scores, d′ = √2 Φ⁻¹(AUC) [D].

    ∫ k p φ(x − d′) [p Φ(x − d′) + (1 − p) Φ(x)]^(k−1) dx: AUC ½ gives p, AUC 1 gives 1 − (1 − p)^k.

    Args:
        p: Probability that an answer is right.
        auc: Probability that a right answer scores above a wrong one.
        k: Answers, ≥ 1; the three are broadcast.

    Returns:
        Shape of the arguments, broadcast; 0 to 1.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    from scipy.special import ndtr, ndtri

    p, auc, k = together(p=within("p", p, 0.0, 1.0), auc=within("auc", auc, 0.0, 1.0), k=whole("k", k, 1))
    shift = np.clip(np.sqrt(2) * ndtri(auc), -20.0, 20.0)[..., None]
    x = np.linspace(-30.0, 30.0, 6001)
    below = p[..., None] * ndtr(x - shift) + (1 - p[..., None]) * ndtr(x)
    density = np.exp(-0.5 * np.square(x - shift)) / np.sqrt(2 * np.pi)
    return np.asarray(k * p * (density * below ** (k[..., None] - 1)).sum(axis=-1) * (x[1] - x[0]))


def _types(r: ArrayLike, p: ArrayLike, c: float, s: float) -> tuple[Floats, Floats, Floats]:
    """r, p and the probability β that a try is rejected, each shape (T,)."""
    right, share = within("r", np.atleast_1d(np.asarray(r)), 0.0, 1.0), shares("p", p)
    within("c", c, 0.0, 1.0), within("s", s, 0.0, 1.0)
    if right.shape != share.shape or right.ndim != 1 or abs(share.sum() - 1) > 1e-9:
        raise SpecError(f"r {right.shape}, p {share.shape}", key="p", allowed="one share a type, adding up to 1")
    return right, share, (1 - c) * right + s * (1 - right)


def _fit_beta(c: Floats, n: Floats) -> tuple[float, float]:
    """Mean and correlation of the likeliest Beta law; both on logit scales, so that nothing leaves its range."""
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, logit

    def loss(x: Floats) -> float:
        a, b = beta_shape(expit(x[0]), expit(x[1]))
        return float((betaln(a, b) - betaln(c + a, n - c + b)).sum())

    starts = [np.array([logit(c.sum() / n.sum()), at]) for at in (-3.0, 0.0, 2.0)]
    found = [minimize(loss, start, method="L-BFGS-B", bounds=[(-14, 14), (-14, 14)]) for start in starts]
    best = min(found, key=lambda one: float(one.fun)).x
    return float(expit(best[0])), float(expit(best[1]))
