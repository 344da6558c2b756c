"""How much agents agree, err together, and how many independent ones they are worth.

Answers are ids of shape (Q, N): questions by agents, −1 is a missing answer. Correctness is 0 or 1 of the same shape;
−1 or ``nan`` is missing. Missing entries take part in nothing here; what is undefined is ``nan``, never 0 or 1.

Formulas and their sources: theory, section 3.1 and 6.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together, whole, within
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HELM_71 = {
    "both_wrong": 0.603,
    "both_wrong_5": 0.381,
    "both_wrong_95": 0.732,
    "both_wrong_same_provider": 0.636,
    "both_wrong_other_provider": 0.600,
    "both_wrong_strong": 0.707,
    "phi": 0.419,
    "phi_5": 0.228,
    "phi_95": 0.539,
    "phi_same_provider": 0.460,
    "phi_strong": 0.507,
    "phi_weak": 0.303,
    "tetrachoric": 0.65,
}
"""What 71 language models do on MMLU, as a scale for the numbers of this file.

Means and 5th and 95th percentiles over their 2,485 pairs; ``strong`` is pairs of models that both have more than 75 %
right. From ``data/helm/model_correlations.csv`` of github.com/nikhgarg/llm_correlated_errors_public.
"""


class Agreement(NamedTuple):
    """Agreement of answers, and what chance would give."""

    observed: float
    """P_o: probability that two agents give the same answer; mean over questions with two readable answers."""
    expected: float
    """P_e: the same for answers drawn from the pooled labels; 0 where labels mean nothing across questions."""
    kappa: float
    """κ_F = (P_o − P_e)/(1 − P_e); ``nan`` where there is but one label."""
    by_item: Floats
    """P_o of each question, shape (Q,); ``nan`` with fewer than two readable answers. What a bootstrap resamples."""
    n_missing: int


class ErrorDiversity(NamedTuple):
    """Pairwise diversity of two agents' correctness; every field has the shape of the counts."""

    q: Floats
    """Yule's Q, −1 to 1."""
    phi: Floats
    """Correlation of correctness, −1 to 1."""
    disagreement: Floats
    """Share of questions that just one of the two has right."""
    double_fault: Floats
    """Share of questions that both have wrong."""
    kappa: Floats
    """Cohen's κ of correctness."""


class BothWrong(NamedTuple):
    """How often two agents that are both wrong give the same answer."""

    observed: float
    """P(a_i = a_j | both wrong), pooled over questions and pairs."""
    null: float
    """The same if wrong answers fell evenly: mean of 1/(C − 1); ``nan`` where C is not known."""
    adjusted: float
    """(observed − null)/(1 − null); ``nan`` for two options, where both-wrong agreement is certain."""
    n_pairs: int
    """Pairs of wrong answers behind it."""


class EffectiveSize(NamedTuple):
    """How many independent agents a team is worth."""

    value: Floats
    warnings: tuple[str, ...] = ()


class Ambiguity(NamedTuple):
    """Krogh–Vedelsby: ``ensemble = mean_error − ambiguity``."""

    ensemble: Floats
    mean_error: Floats
    ambiguity: Floats


class MajorityError(NamedTuple):
    """Brown–Kuncheva: ``majority = individual − good + bad``."""

    majority: float
    individual: float
    good: float
    """Disagreement with a majority that is right."""
    bad: float
    """Disagreement with a majority that is wrong."""


def agreement(a: ArrayLike, *, shared_labels: bool = True) -> Agreement:
    """Raw and chance-corrected agreement of answers.

    Of a question with n readable answers, n_k of them k: P_o = Σ n_k(n_k − 1)/(n(n − 1)), averaged over questions.
    P_e = Σ p_k² with p_k pooled over questions. P_o is the answer-level ρ of arXiv 2606.02646 [S].

    Args:
        a: Answer ids, shape (Q, N); −1 is missing.
        shared_labels: Whether a label means the same thing at every question (the letters of a multiple choice).
            Where ids are made per question, say ``False``: P_e is then 0.

    Raises:
        SpecError: ``a`` does not have two axes.
    """
    answers = _answers("a", a)
    counts = count_answers(answers)
    by_item = _same_pair_share(counts)
    observed = _mean(by_item)
    expected = _chance(counts.sum(axis=0)) if shared_labels else 0.0
    kappa = (observed - expected) / (1 - expected) if expected < 1 else np.nan
    return Agreement(observed, expected, kappa, by_item, int((answers < 0).sum()))


def fleiss(a: ArrayLike) -> float:
    """Fleiss' κ of answers whose labels mean the same at every question; see :func:`agreement`.

    Args:
        a: Answer ids, shape (Q, N); −1 is missing.

    Returns:
        One number, at most 1; ``nan`` where there is but one label.

    Raises:
        SpecError: ``a`` does not have two axes.
    """
    return agreement(a).kappa


def count_answers(a: ArrayLike, n_options: int | None = None) -> Ints:
    """Votes by answer id, shape (Q, C), of answers (Q, N); −1 is in none of them.

    Args:
        a: Answer ids, shape (Q, N).
        n_options: C; one more than the largest id by default.

    Raises:
        SpecError: ``a`` does not have two axes, or an id is not below ``n_options``.
    """
    answers = _answers("a", a)
    largest = int(answers.max(initial=-1))
    size = largest + 1 if n_options is None else n_options
    if largest >= size:
        raise SpecError(f"answer id {largest}", key="a", allowed=f"−1 to {size - 1}: there are {size} options")
    cells = np.arange(len(answers))[:, None] * size + answers
    return np.bincount(cells[answers >= 0], minlength=len(answers) * size).reshape(len(answers), size)


def icc_correct(k: ArrayLike, n: ArrayLike) -> Floats:
    """Correlation of correctness of two agents at one question: the moment ICC.

    ρ = [Σ k(k−1)/Σ n(n−1) − p²]/(p(1 − p)), p = Σ k(n−1)/Σ n(n−1): every pair of agents weighs the same, so that ρ is
    the Pearson correlation over all pairs. With n equal for all questions p is the mean accuracy. p² makes it low by
    about (1 − ρ)·Var(p̂)/(p(1 − p)), which few questions make felt. Without communication it is
    Var(p_q)/(p(1 − p)) and measures the spread of difficulty, not dependence.

    Args:
        k: Right answers of each question, shape (…, Q).
        n: Readable answers, broadcast to k, ≥ k. Questions with n < 2 hold no pair.

    Returns:
        Shape (…), between −1/(n−1) and 1; ``nan`` without a pair and where all are right or all wrong.

    Raises:
        SpecError: a count is outside 0 ≤ k ≤ n.
    """
    k, n = together(k=np.asarray(k, dtype=np.float64), n=np.asarray(n, dtype=np.float64))
    if ((k < 0) | (k > n)).any():
        raise SpecError("k and n do not fit together", key="k", allowed="0 ≤ k ≤ n at every question")
    pairs = (n * (n - 1)).sum(axis=-1)
    p = _ratio((k * (n - 1)).sum(axis=-1), pairs)
    both = _ratio((k * (k - 1)).sum(axis=-1), pairs)
    return _ratio(both - p * p, p * (1 - p))


def error_diversity(n11: ArrayLike, n10: ArrayLike, n01: ArrayLike, n00: ArrayLike) -> ErrorDiversity:
    """Pairwise error diversity from 2 × 2 tables (both right, only the first, only the second, both wrong).

    Q = (N11·N00 − N10·N01)/(N11·N00 + N10·N01); φ the correlation; κ = (P_o − P_e)/(1 − P_e).

    Returns:
        Q, φ and κ are ``nan`` where an agent is always right or always wrong; all are without a question.

    Args:
        n11: Both right, ≥ 0; the four are broadcast.
        n10: Only the first right.
        n01: Only the second right.
        n00: Both wrong.

    Raises:
        SpecError: counts that are negative, or whose shapes do not fit together.
    """
    given = {"n11": n11, "n10": n10, "n01": n01, "n00": n00}
    a, b, c, d = together(**{name: within(name, part, 0.0, np.inf) for name, part in given.items()})
    n, cross = a + b + c + d, a * d - b * c
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    chance = (a + b) * (a + c) + (c + d) * (b + d)
    spread = np.where(margins > 0, a * d + b * c, 0.0)  # with a constant agent nothing can be told
    return ErrorDiversity(
        q=_ratio(cross, spread),
        phi=_ratio(cross, np.sqrt(margins)),
        disagreement=_ratio(b + c, n),
        double_fault=_ratio(d, n),
        kappa=_ratio(2 * cross, np.where(margins > 0, n * n - chance, 0.0)),
    )


def pair_tables(correct: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """N11, N10, N01, N00 of every pair of agents i < j over the questions that both answered, each shape (N(N−1)/2,).

    Args:
        correct: Shape (Q, N): 0 or 1; −1 or ``nan`` is missing.

    Raises:
        SpecError: another value, or not two axes.
    """
    right, wrong = _right_and_wrong(correct)
    upper = np.triu_indices(right.shape[1], 1)
    first, second = (right.T @ right)[upper], (right.T @ wrong)[upper]
    return first, second, (wrong.T @ right)[upper], (wrong.T @ wrong)[upper]


def mean_phi(correct: ArrayLike) -> float:
    """Mean correlation of correctness over pairs of agents.

    Args:
        correct: Shape (Q, N): 0 or 1; −1 or ``nan`` is missing. Pairs with an agent that is constant over their common
            questions are left out.

    Returns:
        −1 to 1; ``nan`` where no pair is left.
    """
    return _mean(error_diversity(*pair_tables(correct)).phi)


def both_wrong(a: ArrayLike, truth: ArrayLike, n_options: ArrayLike | None = None) -> BothWrong:
    """Both-wrong agreement: do agents that err give the same wrong answer?

    With w_k answers k ≠ y at a question, w = Σ w_k: Σ_q Σ_k w_k(w_k − 1) / Σ_q w(w − 1). The null 1/(C − 1) is averaged
    with the same weights. Language models have some 0.60 where the null is 1/3 (``HELM_71``).

    Args:
        a: Answer ids, shape (Q, N); −1 is missing.
        truth: Right ids, shape (Q,); −1 is unlabelled and leaves the question out.
        n_options: C, one number or shape (Q,), ≥ 2; ``None`` for open answers, which have no null.

    Raises:
        SpecError: shapes that do not fit, or C < 2.
    """
    answers, y = _answers("a", a), np.asarray(truth)
    if y.shape != answers.shape[:1]:
        raise SpecError(f"truth of shape {y.shape}", key="truth", allowed=f"shape {answers.shape[:1]}: one a question")
    wrong = count_answers(np.where((answers != y[:, None]) & (y[:, None] >= 0), answers, -1))
    total = wrong.sum(axis=1)
    pairs = (total * (total - 1)).astype(np.float64)
    same = (wrong * (wrong - 1)).sum()
    options = np.full(len(y), np.nan) if n_options is None else within("n_options", n_options, 2, np.inf)
    pairs, options = together(pairs=pairs, n_options=options)
    observed = float(_ratio(same, pairs.sum()))
    null = float(_ratio((pairs / (options - 1)).sum(), pairs.sum()))
    return BothWrong(observed, null, float(_ratio(observed - null, 1 - null)), int(pairs.sum()) // 2)


def kish(n: ArrayLike, rho: ArrayLike) -> EffectiveSize:
    """Kish's effective size N_eff = n/(1 + (n − 1) ρ): the independent agents with the same variance of the mean.

    With ρ = c·n^(−β) it is the Ringelmann law of arXiv 2606.02646 [S]; nine judges with ρ = .391 are worth 2.18
    (arXiv 2605.29800 [S]). It speaks of the mean, not of a vote: see ``jury_ceiling`` for that. A negative ρ is allowed
    and the value capped at n.

    Args:
        n: Agents, ≥ 0; 0 gives ``nan``.
        rho: Correlation, −1 to 1; broadcast with n.

    Raises:
        SpecError: a number outside its range.
    """
    n, rho = together(n=within("n", n, 0, np.inf), rho=within("rho", rho, -1.0, 1.0))
    spread = 1 + (n - 1) * rho
    capped = (spread < 1) & (n > 1)
    value = np.where(capped, n, _ratio(n, np.where(capped, 1.0, spread)))
    return EffectiveSize(np.asarray(np.where(n > 0, value, np.nan)), tuple(_kish_warnings(capped, spread)))


def kish_ceiling(rho: ArrayLike) -> Floats:
    """Kish's effective size of endlessly many agents, 1/ρ; ``inf`` for ρ ≤ 0.

    Args:
        rho: Correlation, −1 to 1.

    Returns:
        Shape of ``rho``; ≥ 1.

    Raises:
        SpecError: a correlation outside −1 to 1.
    """
    rho = within("rho", rho, -1.0, 1.0)
    return np.asarray(np.where(rho <= 0, np.inf, 1.0 / np.where(rho <= 0, 1.0, rho)))


def neff_weights(weights: ArrayLike, correlation: ArrayLike | None = None) -> Floats:
    """Effective size of a weighted mean, 1/(wᵀRw) with w scaled to sum to 1; 1/Σw² for independent parts.

    Of a linear opinion dynamic with influence rows w this is each agent's effective number of initial signals
    (arXiv 2607.03695 [S]).

    Args:
        weights: Shape (…, n); they may be negative, as those of a generalised least-squares mean can be.
        correlation: R, shape (…, n, n); the identity by default.

    Returns:
        Shape (…); ``nan`` where the weights sum to 0 or there are none.

    Raises:
        SpecError: shapes that do not fit.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim == 0:
        raise SpecError("weights of shape ()", key="weights", allowed="shape (…, n)")
    total = w.sum(axis=-1)
    if correlation is None:
        return _ratio(total**2, np.square(w).sum(axis=-1), of_zero=total == 0)
    r = np.asarray(correlation, dtype=np.float64)
    if r.shape[-2:] != (w.shape[-1], w.shape[-1]):
        raise SpecError(f"correlation of shape {r.shape}", key="correlation", allowed=f"(…, {w.shape[-1]}, same)")
    together(weights=total, correlation=r.sum(axis=(-2, -1)))
    return _ratio(total**2, np.einsum("...i,...ij,...j->...", w, r, w), of_zero=total == 0)


def ess(weights: ArrayLike) -> Floats:
    """Effective sample size of weights, (Σw)²/Σw² along the last axis: resample particles below n/2 (2502.01618).

    Returns:
        Shape (…); between 1 and n for weights ≥ 0.
    """
    return neff_weights(weights)


def gls_weights(correlation: ArrayLike) -> Floats:
    """Weights of the unbiased mean with the least variance, R⁻¹1 / 1ᵀR⁻¹1, shape (…, n); its size is 1ᵀR⁻¹1.

    Args:
        correlation: R, shape (…, n, n), of full rank.

    Raises:
        SpecError: R is not square, or singular: two agents that are one have no weights of their own.
    """
    r = np.asarray(correlation, dtype=np.float64)
    if r.ndim < 2 or r.shape[-1] != r.shape[-2]:
        raise SpecError(f"correlation of shape {r.shape}", key="correlation", allowed="(…, n, n)")
    if np.isfinite(r).all() and (np.linalg.matrix_rank(r) < r.shape[-1]).any():
        raise SpecError("a correlation is singular", key="correlation", allowed="agents of which none repeats others")
    raw = np.linalg.solve(r, np.ones((*r.shape[:-1], 1)))[..., 0]
    return np.asarray(raw / raw.sum(axis=-1, keepdims=True))


def ambiguity(forecasts: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> Ambiguity:
    """Squared error of a weighted mean: (f̄ − y)² = Σ w(f_i − y)² − Σ w(f_i − f̄)² (Krogh & Vedelsby).

    Args:
        forecasts: f, shape (…, n).
        truth: y, shape (…).
        weights: Shape (n,) or (…, n), scaled to sum to 1; equal by default.

    Raises:
        SpecError: shapes that do not fit.
    """
    f, y = np.asarray(forecasts, dtype=np.float64), np.asarray(truth, dtype=np.float64)[..., None]
    w = np.ones(f.shape[-1:]) if weights is None else np.asarray(weights, dtype=np.float64)
    if f.ndim == 0 or w.shape[-1:] != f.shape[-1:]:
        raise SpecError(f"forecasts {f.shape}, weights {w.shape}", key="weights", allowed="(…, n), and (n,) or (…, n)")
    together(forecasts=f, truth=y, weights=w)
    total = w.sum(axis=-1)
    mean = _ratio((w * f).sum(axis=-1), total)[..., None]
    error, spread = (_ratio((w * np.square(f - at)).sum(axis=-1), total) for at in (y, mean))
    return Ambiguity(np.square(mean - y)[..., 0], error, spread)


def majority_error(correct: ArrayLike) -> MajorityError:
    """0-1 counterpart of :func:`ambiguity` (Brown & Kuncheva): e_maj = e_ind − E[d; maj right] + E[d; maj wrong].

    d is the share that disagrees with the majority. Exact for right-or-wrong votes; a tie counts ½ and has no d.

    Args:
        correct: Shape (Q, N): 0 or 1; −1 or ``nan`` abstains. Questions without a vote are left out.
    """
    right, wrong = (part.sum(axis=1) for part in _right_and_wrong(correct))
    n = right + wrong
    majority = _ratio(np.where(right == wrong, 0.5, wrong > right), n > 0)
    good, bad = (_ratio(np.where(wins, n - np.maximum(right, wrong), 0), n) for wins in (right > wrong, wrong > right))
    return MajorityError(_mean(majority), _mean(_ratio(wrong, n)), _mean(good), _mean(bad))


def _answers(name: str, a: ArrayLike) -> Ints:
    answers = np.asarray(a)
    if answers.ndim != 2:
        raise SpecError(f"answers of shape {answers.shape}", key=name, allowed="shape (Q, N): questions by agents")
    return whole(name, answers, -1)


def _right_and_wrong(correct: ArrayLike) -> tuple[Floats, Floats]:
    """Indicators of right and of wrong, shape (Q, N); a missing entry is in neither."""
    c = np.asarray(correct, dtype=np.float64)
    if c.ndim != 2 or not (np.isnan(c) | np.isin(c, (-1.0, 0.0, 1.0))).all():
        raise SpecError(f"correct of shape {c.shape}", key="correct", allowed="shape (Q, N) of 0, 1, and −1 or nan")
    return (c == 1).astype(np.float64), (c == 0).astype(np.float64)


def _same_pair_share(counts: Ints) -> Floats:
    n = counts.sum(axis=-1)
    return _ratio((counts * (counts - 1)).sum(axis=-1), n * (n - 1))


def _chance(pooled: Ints) -> float:
    return float(_ratio(np.square(pooled.astype(np.float64)).sum(), float(pooled.sum()) ** 2))


def _kish_warnings(capped: NDArray[np.bool_], spread: Floats) -> list[str]:
    said = []
    if capped.any():
        said.append("the correlation is negative: N_eff is capped at n")
    if (capped & (spread <= 0)).any():
        said.append("1 + (n − 1) ρ ≤ 0: so many agents cannot all have this correlation")
    return said


def _mean(values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else np.nan


def _ratio(top: ArrayLike, bottom: ArrayLike, of_zero: ArrayLike = False) -> Floats:
    """top/bottom; ``nan`` where bottom is 0 or ``of_zero`` says so."""
    bottom = np.asarray(bottom, dtype=np.float64)
    undefined = (bottom == 0) | np.asarray(of_zero)
    return np.asarray(np.where(undefined, np.nan, np.asarray(top) / np.where(undefined, 1.0, bottom)))
