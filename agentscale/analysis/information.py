"""How many bits about the right answer a team's answers carry, and where its accuracy is lost.

The usable-evidence curve Î_V(n) bounds I(Z_{1:n}; Y) from below by what a bounded observer can predict: one that weighs
the votes of each configuration. It needs Y uniform over the C options, so that H(Y) = log2 C: options are permuted per
call when they are asked, or no option is favoured; the predictor itself does not see labels.

Formulas and their sources: theory, section 7.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.agreement import count_answers
from agentscale.analysis.ranges import together, whole, within
from agentscale.analysis.votes import expected_accuracy
from agentscale.errors import SpecError
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_RIDGE = 1.0 / 9.0  # a N(0, 3²) prior on θ: it matters only where nothing ever contradicts a configuration
_STEPS = 50  # of Newton's method, which needs some six


class InformationCurve(NamedTuple):
    """Usable evidence of teams of n = 1 … N agents, in bits."""

    n: Ints
    """Team sizes, shape (S,)."""
    bits: Floats
    """Î(n), shape (S,); at most log2 C. Negative where the fit does worse than guessing on held-out questions."""
    by_item: Floats
    """log2 C + log2 q(y|Z) of each labelled question, shape (Q′, S): its mean is ``bits``, it is what is resampled."""
    alpha: Floats
    """α_n = 1 − (1 − Î/H)^(1/n), shape (S,): not constant for real voters, so it is a curve and not a number."""
    increments: Floats
    """Δ_n = Î(n) − Î(n−1), shape (S,); the first is Î(1), steps over several agents are shared among them."""
    redundancy: Floats
    """Î(1) − Δ_n, shape (S,): what the n-th agent tells less than the first."""
    synergy: NDArray[np.bool_]
    """Δ_n > Î(1) by more than two standard errors over questions, shape (S,)."""
    theta: Floats
    """Weight of a vote of each configuration, mean over folds, shape (S, B); 0 where it never voted."""
    warnings: tuple[str, ...] = ()


class Decomposition(NamedTuple):
    """Per question, shape (Q,): what the team holds and what each way of choosing makes of it; ``nan`` undefined."""

    any_correct: Floats
    """The oracle: somebody is right."""
    plurality: Floats
    """The vote is right, ties in expectation."""
    mean: Floats
    """A random agent is right; a missing answer is not."""
    mean_readable: Floats
    """A random readable answer is right."""
    modal: Floats
    """The likeliest answer is right: the de Finetti ceiling of any vote."""


def v_information_curve(
    answers: ArrayLike,
    truth: ArrayLike,
    config: ArrayLike,
    C: int,
    seed: int,
    *,
    sizes: ArrayLike | None = None,
    folds: int = 5,
) -> InformationCurve:
    """Î(n) = log2 C − mean(−log2 q(y|Z)), q(a|Z) ∝ exp Σ_b θ_b n_{b,a}, θ by logistic maximum likelihood.

    θ is cross-fitted: each question is predicted from other questions. A team of n is the first n agents in an order
    drawn anew for each question, so that teams are nested. Neither the order in which agents are given nor the names of
    options change a number. A symmetric voter with accuracy p has θ = ln(p(C − 1)/(1 − p)).

    Args:
        answers: Ids below C, shape (Q, N); −1 is missing and carries nothing.
        truth: Right ids, shape (Q,); −1 is unlabelled and leaves the question out.
        config: Configuration of each agent, whole numbers ≥ 0, shape (N,).
        C: Options of each question, ≥ 2.
        seed: Of the drawn orders and of the folds.
        sizes: n, increasing, 1 to N; all by default.
        folds: Of the cross-fitting, ≥ 2.

    Returns:
        All ``nan``, with a warning, with fewer labelled questions than folds or without a readable answer.

    Raises:
        SpecError: shapes that do not fit, ids or sizes out of range.
    """
    votes, group = _canonical(answers, truth, config, C)
    n_items, n_agents = votes.shape
    chosen = np.arange(1, n_agents + 1) if sizes is None else whole("sizes", np.atleast_1d(np.asarray(sizes)), 1)
    if (np.diff(chosen) <= 0).any() or chosen.max(initial=0) > n_agents:
        raise SpecError(f"sizes {chosen.tolist()}", key="sizes", allowed=f"increasing, 1 to {n_agents}")
    by_item = np.full((n_items, len(chosen)), np.nan)
    theta = np.full((len(chosen), int(np.max(config, initial=-1)) + 1), np.nan)
    if n_items < whole("folds", folds, 2) or (votes < 0).all():
        why = f"{n_items} labelled questions, {int((votes >= 0).sum())} readable answers, {folds} folds: undefined"
        return _curve(chosen, by_item, theta, C, (why,))
    order = keyed(seed, "v_information", "order").random(votes.shape).argsort(axis=1)
    fold = keyed(seed, "v_information", "folds").permutation(n_items) % folds
    drawn, owner = np.take_along_axis(votes, order, axis=1), np.take_along_axis(group, order, axis=1)
    for at, n in enumerate(chosen):
        counts = _counts_by_config(drawn[:, :n], owner[:, :n], theta.shape[1], C)
        by_item[:, at], theta[at] = _cross_fitted(counts, fold, folds)
    return _curve(chosen, by_item, theta, C, ())


def vote_information(counts: ArrayLike, theta: ArrayLike) -> Floats:
    """log2 C + log2 q(y|Z) of votes under given weights, in bits.

    Args:
        counts: Votes by configuration and option, shape (…, B, C); option 0 is right.
        theta: Weight of a vote, shape (B,).

    Returns:
        Shape (…), at most log2 C.

    Raises:
        SpecError: shapes that do not fit.
    """
    table, weights = np.asarray(counts, dtype=np.float64), np.asarray(theta, dtype=np.float64)
    if table.ndim < 2 or weights.shape != table.shape[-2:-1]:
        raise SpecError(f"counts {table.shape}, theta {weights.shape}", key="theta", allowed="(…, B, C) and (B,)")
    return np.asarray((np.log(table.shape[-1]) + _log_q(table, weights)[0]) / np.log(2))


def alpha_n(bits: ArrayLike, n: ArrayLike, entropy_bits: float) -> Floats:
    """α_n = 1 − (1 − Î(n)/H)^(1/n): the share of the missing evidence that each of n agents would have to find.

    Args:
        bits: Î(n) ≤ H; above H it is ``nan``.
        n: Team size, ≥ 1; broadcast.
        entropy_bits: H(Y) > 0, log2 C for C options.

    Returns:
        Shape of ``bits`` and ``n``, broadcast; at most 1.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    found, size = together(bits=np.asarray(bits, dtype=np.float64), n=within("n", n, 1.0, np.inf))
    left = 1.0 - found / entropy_bits
    left = np.where(left >= 0, left, np.nan)
    return np.asarray(1.0 - left ** (1.0 / size))


def increments(bits: ArrayLike, n: ArrayLike) -> Floats:
    """Δ_n per agent along the last axis: (Î(n_j) − Î(n_{j−1}))/(n_j − n_{j−1}), from Î(0) = 0.

    Args:
        bits: Î(n), shape (…, S).
        n: Sizes ≥ 1, increasing, shape (S,).

    Raises:
        SpecError: shapes that do not fit, or sizes that do not increase.
    """
    found, size = np.asarray(bits, dtype=np.float64), within("n", n, 1.0, np.inf)
    if size.ndim != 1 or found.shape[-1:] != size.shape or (np.diff(size) <= 0).any():
        raise SpecError(
            f"bits {found.shape}, n {size.tolist()}", key="n", allowed="(…, S), and increasing numbers (S,)"
        )
    return np.asarray(np.diff(found, prepend=0.0) / np.diff(size, prepend=0))


def vote_decomposition(answers: ArrayLike, truth: ArrayLike, pool: ArrayLike | None = None) -> Decomposition:
    """What is in the team's answers (oracle), what a vote makes of it, and the ceiling of all votes, by question.

    Args:
        answers: Ids, shape (Q, N); −1 is missing.
        truth: Right ids, shape (Q,); −1 is unlabelled.
        pool: All recorded answers of the same mixture, shape (Q, R), R ≥ N, from which the likeliest is taken; the
            team's own by default, and then ``modal`` equals ``plurality``.

    Returns:
        Unlabelled questions are ``nan``, and those without a readable answer, in every field.

    Raises:
        SpecError: shapes that do not fit.
    """
    counts = _right_first(answers, truth)
    all_counts = counts if pool is None else _right_first(pool, truth)
    n = counts.sum(axis=1)
    slots = np.asarray(answers).shape[1]
    undefined = (n == 0) | (np.asarray(truth) < 0)
    right = counts[:, 0]
    fields = [
        right > 0,
        expected_accuracy(counts),
        right / max(slots, 1),
        right / np.maximum(n, 1),
        np.where(all_counts.sum(axis=1) > 0, expected_accuracy(all_counts), np.nan),
    ]
    return Decomposition(*(np.where(undefined, np.nan, part) for part in fields))


def _curve(n: Ints, by_item: Floats, theta: Floats, n_options: int, warnings: tuple[str, ...]) -> InformationCurve:
    bits = by_item.mean(axis=0) if len(by_item) else np.full(len(n), np.nan)
    delta, first = increments(bits, n), bits[:1]
    excess = increments(by_item, n) - by_item[:, :1] / max(int(n[0]) if len(n) else 1, 1)
    error = excess.std(axis=0, ddof=1) / np.sqrt(len(excess)) if len(excess) > 1 else np.full(len(n), np.nan)
    alone = first / n[:1] if len(n) else first
    alpha = alpha_n(bits, n, float(np.log2(n_options)))
    synergy = delta - alone > np.maximum(2 * error, 1e-12)
    return InformationCurve(n, bits, by_item, alpha, delta, np.asarray(alone - delta), synergy, theta, warnings)


def _canonical(answers: ArrayLike, truth: ArrayLike, config: ArrayLike, n_options: int) -> tuple[Ints, Ints]:
    """Votes and configurations of the labelled questions, (Q′, N) each, free of names and of the order of agents.

    Options become 0 for the right one, then by who voted for them; agents are sorted by configuration and vote.
    """
    whole("C", n_options, 2)
    a, y, group = whole("answers", answers, -1), whole("truth", truth, -1), whole("config", config)
    if a.ndim != 2 or y.shape != a.shape[:1] or group.shape != a.shape[1:]:
        shapes = f"answers {a.shape}, truth {y.shape}, config {group.shape}"
        raise SpecError(shapes, key="answers", allowed="(Q, N), (Q,), (N,)")
    if max(int(a.max(initial=-1)), int(y.max(initial=-1))) >= n_options:
        raise SpecError("an id is not below C", key="answers", allowed=f"−1 to {n_options - 1}")
    a, y = a[y >= 0], y[y >= 0]
    owners = np.broadcast_to(group, a.shape)
    table = _counts_by_config(a, owners, int(group.max(initial=-1)) + 1, n_options)
    keys = [-table[:, b] for b in range(table.shape[1])] + [np.arange(n_options) != y[:, None]]
    rank = np.lexsort(keys, axis=-1).argsort(axis=-1)
    votes = np.where(a >= 0, np.take_along_axis(rank, np.maximum(a, 0), axis=1), -1)
    order = np.lexsort([votes, owners], axis=-1)
    return np.take_along_axis(votes, order, axis=1), np.take_along_axis(owners, order, axis=1)


def _counts_by_config(votes: Ints, owner: Ints, n_configs: int, n_options: int) -> Ints:
    """Votes by configuration and option, shape (Q, B, C)."""
    cells = (np.arange(len(votes))[:, None] * n_configs + owner) * n_options + votes
    flat = np.bincount(cells[votes >= 0], minlength=len(votes) * n_configs * n_options)
    return flat.reshape(len(votes), n_configs, n_options)


def _cross_fitted(counts: Ints, fold: Ints, folds: int) -> tuple[Floats, Floats]:
    """Bits of every question under weights fitted to the other folds, and the mean weights."""
    table, which = _patterns(counts)
    each = np.stack([np.bincount(which[fold == at], minlength=len(table)) for at in range(folds)]).astype(np.float64)
    fitted = np.stack([_fit(table, each.sum(axis=0) - own) for own in each])
    bits = np.stack([vote_information(table, theta) for theta in fitted])
    return bits[fold, which], fitted.mean(axis=0)


def _patterns(counts: Ints) -> tuple[Floats, Ints]:
    """The distinct tables among counts (Q, B, C) and which one each question has: small teams have few."""
    flat = counts.reshape(len(counts), -1)
    which = np.zeros(len(flat), dtype=np.int64)
    for column in flat.T:
        which = np.unique(which * (int(column.max()) + 1) + column, return_inverse=True)[1].reshape(-1)
    first = np.unique(which, return_index=True)[1]
    return counts[first].astype(np.float64), which


def _fit(table: Floats, weight: Floats) -> Floats:
    """θ of the greatest penalised likelihood, by Newton's method with halved steps: the loss is convex."""
    theta = np.zeros(table.shape[1])
    loss, gradient, curvature = _loss(table, weight, theta)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, gradient)
        if np.abs(step).max(initial=0.0) < 1e-9:
            break
        while (new := _loss(table, weight, theta - step))[0] > loss and np.abs(step).max() > 1e-12:
            step = step / 2
        theta = theta - step
        loss, gradient, curvature = new
    return theta


def _loss(table: Floats, weight: Floats, theta: Floats) -> tuple[float, Floats, Floats]:
    """−ln likelihood with a ridge, its gradient and its second derivatives."""
    log_q, q = _log_q(table, theta)
    centred = table - np.einsum("pbc,pc->pb", table, q)[..., None]
    gradient = -weight @ centred[..., 0] + _RIDGE * theta
    spread = (centred * np.sqrt(weight[:, None] * q)[:, None, :]).transpose(1, 0, 2).reshape(len(theta), -1)
    curvature = spread @ spread.T + _RIDGE * np.eye(len(theta))
    return float(-weight @ log_q + _RIDGE * (theta @ theta) / 2), gradient, curvature


def _log_q(table: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Logarithm of q of option 0, shape (…), and q, shape (…, C)."""
    score = np.einsum("...bc,b->...c", table, theta)
    score = score - score.max(axis=-1, keepdims=True)
    total = np.exp(score).sum(axis=-1, keepdims=True)
    return (score - np.log(total))[..., 0], np.exp(score) / total


def _right_first(answers: ArrayLike, truth: ArrayLike) -> Ints:
    """Votes by option with the right one first, shape (Q, C); meaningless where there is no label."""
    a, y = whole("answers", answers, -1), whole("truth", truth, -1)
    if a.ndim != 2 or y.shape != a.shape[:1]:
        raise SpecError(f"answers {a.shape}, truth {y.shape}", key="truth", allowed="(Q, N) and (Q,)")
    own = y[:, None]
    renamed = np.where(a < 0, -1, np.where(a == own, 0, np.where(a < own, a + 1, a)))
    return count_answers(renamed, max(int(renamed.max(initial=-1)) + 1, 1))
