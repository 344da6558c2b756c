"""Exact expectations of a vote: plurality with random ties, from the counts of recorded answers.

Nothing here samples: a tie that would be settled by chance counts with its probability, and a smaller team drawn from
the recorded agents is averaged over all such teams.

Formulas and their sources: theory, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together, whole
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def expected_accuracy(counts: ArrayLike) -> Floats:
    """Probability that plurality is right where ties are settled at random.

    1/#winners if the right answer is among the winners, else 0; 0 where nobody has a readable answer.

    Args:
        counts: Votes by answer, shape (…, C); index 0 is the right answer. Abstentions are in none of them.

    Returns:
        Shape (…), between 0 and 1.

    Raises:
        SpecError: no axis of answers, or a count that is negative or ``nan``.
    """
    votes = np.asarray(counts)
    if votes.ndim == 0 or not (votes >= 0).all():
        raise SpecError(f"counts of shape {votes.shape}", key="counts", allowed="numbers ≥ 0 of shape (…, C)")
    if votes.shape[-1] == 0:
        return np.zeros(votes.shape[:-1])
    top = votes.max(axis=-1)
    winners = (votes == top[..., None]).sum(axis=-1)
    return np.asarray(np.where((votes[..., 0] == top) & (top > 0), 1.0 / winners, 0.0))


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Probability that at least one of k answers, drawn from n without replacement, is among the c right ones.

    1 − C(n−c, k)/C(n, k) = 1 − Π_{i=n−c+1..n} (1 − k/i), in the product form that neither overflows nor cancels
    (arXiv 2107.03374, 2407.21787). Unbiased for 1 − (1 − p)^k.

    Args:
        n: Recorded answers, ≥ 1.
        c: Right ones, 0 ≤ c ≤ n.
        k: Answers drawn, 0 ≤ k ≤ n. The three are broadcast.

    Raises:
        SpecError: a number is outside its range.
    """
    n, c, k = together(n=whole("n", n), c=whole("c", c), k=whole("k", k))
    if ((c > n) | (k > n)).any():
        raise SpecError("n, c and k do not fit together", allowed="0 ≤ c ≤ n and 0 ≤ k ≤ n")
    steps = np.arange(int(n.max(initial=0))) + 1.0
    inside = (steps > (n - c)[..., None]) & (steps <= n[..., None])
    factors = np.where(inside, 1.0 - np.minimum(k[..., None] / steps, 1.0), 1.0)
    return np.asarray(1.0 - factors.prod(axis=-1))


def maj_at_k(counts: ArrayLike, k: int) -> Floats:
    """Probability that the plurality of k answers, drawn without replacement, is right; random ties in expectation.

    The unbiased (U-statistic) estimate of the accuracy of a team of k from n ≥ k exchangeable answers. For each
    number j of right votes: the multivariate hypergeometric mass in which no other answer has more, each tie of t
    others weighted by 1/(1 + t) = ∫₀¹ yᵗ dy, whose integral a Gauss–Legendre rule gives exactly.

    Args:
        counts: Recorded answers, shape (…, C); index 0 is the right one. For abstentions see ``subteam_accuracy``.
        k: Team size, 0 ≤ k ≤ the total of every row.

    Returns:
        Shape (…), between 0 and 1.

    Raises:
        SpecError: k exceeds the recorded answers of a row, or a count is negative.
    """
    table = whole("counts", counts)
    if table.ndim == 0 or k < 0 or (table.sum(axis=-1) < k).any():
        raise SpecError(f"k = {k}", allowed="0 ≤ k ≤ the number of recorded answers, counts ≥ 0")
    rows = table.reshape(int(np.prod(table.shape[:-1])), table.shape[-1])
    return maj_with_abstentions(rows, np.zeros(len(rows), dtype=np.int64), [k])[:, 0].reshape(table.shape[:-1])


def maj_with_abstentions(counts: Counts, abstained: Counts, sizes: Sequence[int]) -> Floats:
    """:func:`maj_at_k` for many rows and team sizes at once, where some recorded agents abstain.

    Args:
        counts: Shape (Q, C), the right answer first.
        abstained: Recorded agents without a readable answer, shape (Q,).
        sizes: Team sizes k; none may exceed a row's ``counts.sum() + abstained``.

    Returns:
        Shape (Q, len(sizes)).
    """
    mass = np.zeros((len(counts), len(sizes)))
    if not sizes or counts.shape[-1] == 0:
        return mass
    right, wrong = counts[:, 0], -np.sort(-counts[:, 1:], axis=1)
    for j in range(1, min(max(sizes), int(right.max(initial=0))) + 1):
        reached = [at for at, k in enumerate(sizes) if k >= j]
        rest = _others_below(j, wrong, abstained, max(sizes) - j)
        mass[:, reached] += draws(right, j)[:, j:] * rest[:, [sizes[at] - j for at in reached]]
    return np.asarray(mass / draws(counts.sum(axis=1) + abstained, max(sizes))[:, list(sizes)])


def _others_below(j: int, wrong: Counts, abstained: Counts, most: int) -> Floats:
    """Ways to draw i = 0 … most others of whom no answer has more than j votes, ties weighted; shape (Q, most + 1)."""
    rivals = np.where(wrong >= j, wrong, 0)  # the rest cannot reach j: they count like abstentions
    ways = draws(abstained + (wrong - rivals).sum(axis=1), most)[:, None, :]
    y, y_weight = unit_rule(int((rivals > 0).sum(axis=1).max(initial=0)))
    ways = ways.repeat(len(y), axis=1)
    for rival in rivals.T[(rivals > 0).any(axis=0)]:
        factor = draws(rival, min(j, most))[:, None, :].repeat(len(y), axis=1)
        factor[..., j:] *= y[:, None]
        ways = _product(ways, factor)
    return np.asarray(np.einsum("qyi,y->qi", ways, y_weight))


def unit_rule(degree: int) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1] that integrate polynomials up to ``degree`` exactly (Gauss–Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    return (nodes + 1) / 2, weights / 2


def draws(n: Counts, most: int) -> Floats:
    """Binomial coefficients C(n, i) for i = 0 … most, shape (*n.shape, most + 1), as float64 (n < 1,000)."""
    steps = np.arange(1, most + 1)
    ratios = np.maximum(n[..., None] - steps + 1, 0) / steps
    return np.concatenate([np.ones((*n.shape, 1)), np.cumprod(ratios, axis=-1)], axis=-1)


def _product(a: Floats, b: Floats) -> Floats:
    """Product of polynomials along the last axis, cut to the length of ``a``."""
    out = a * b[..., :1]
    for i in range(1, min(a.shape[-1], b.shape[-1])):
        out[..., i:] += a[..., :-i] * b[..., i : i + 1]
    return np.asarray(out)
