"""What a mix of configurations comes to when its team grows without end, and how fast it gets there.

Formulas and their sources: theory, section 10.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.extrapolate.pilot import Floats, Ints, Pilot
from agentscale.analysis.ranges import within
from agentscale.errors import SpecError

_EVEN = 1e-9  # difference of two mixed shares that is rounding


def mixed(pilot: Pilot, weights: ArrayLike) -> Floats:
    """Θ̄ = Σ_b w_b Θ̂_b, shape (Q, C): the answers of a random agent of the mix, whatever the others were asked."""
    shares = _shares(pilot, weights)
    return np.asarray(np.einsum("b,qbc->qc", shares[shares > 0], pilot.of(np.flatnonzero(shares)).theta))


def limit(pilot: Pilot, weights: ArrayLike) -> Floats:
    """1 where the right answer is the likeliest of the mix, a share of it where it ties, else 0; shape (Q,)."""
    shares = mixed(pilot, weights)
    top = shares.max(axis=1, keepdims=True)
    winners = (shares > top - _EVEN) & (top > 0)
    return np.asarray(np.where(winners[:, 0], 1.0 / np.maximum(winners.sum(axis=1), 1), 0.0))


def margins(pilot: Pilot, weights: ArrayLike) -> Floats:
    """Δ_q = Θ̄_y − max over a ≠ y of Θ̄_a, shape (Q,), −1 to 1: how far a question is from changing its mind."""
    shares = mixed(pilot, weights)
    return np.asarray(shares[:, 0] - shares[:, 1:].max(axis=1, initial=0.0))


def margin_histogram(values: ArrayLike, bins: int = 20) -> tuple[Ints, Floats]:
    """How many margins fall into each of ``bins`` equal bins of [−1, 1], and the bins' edges; ``nan`` is left out.

    Args:
        values: Margins θ_y − max θ_a of any shape, −1 to 1; ``nan`` is left out.
        bins: How many, ≥ 1.

    Returns:
        Counts, shape (bins,), and edges, shape (bins + 1,).
    """
    x = np.asarray(values, dtype=np.float64)
    count, edges = np.histogram(x[np.isfinite(x)], bins=bins, range=(-1.0, 1.0))
    return count, edges


def approach(sizes: ArrayLike, gaps: ArrayLike, errors: ArrayLike) -> float:
    """Exponent γ of gap ∝ N^−γ by least squares on logarithms, over the sizes whose gap exceeds three errors.

    Args:
        sizes: N, shape (S,).
        gaps: Ceiling − accuracy at each size, of either sign.
        errors: Standard error of each gap.

    Returns:
        ``nan`` with fewer than three such sizes, or where the gap changes sign among them.
    """
    n, gap = np.asarray(sizes, dtype=np.float64), np.asarray(gaps, dtype=np.float64)
    clear = np.abs(gap) > np.maximum(3 * np.asarray(errors, dtype=np.float64), 1e-12)
    if clear.sum() < 3 or len(set(np.sign(gap[clear]))) > 1:
        return float("nan")
    return float(-np.polyfit(np.log(n[clear]), np.log(np.abs(gap[clear])), 1)[0])


def rounded(weights: NDArray[np.float64], size: int) -> tuple[int, ...]:
    """The team of that size nearest to the mix, by largest remainders; the first configuration first where equal."""
    ideal = weights / weights.sum() * size
    whole = np.floor(ideal + _EVEN).astype(np.int64)
    order = np.argsort(-(ideal - whole), kind="stable")
    whole[order[: size - int(whole.sum())]] += 1
    return tuple(int(m) for m in whole)


def _shares(pilot: Pilot, weights: ArrayLike) -> Floats:
    w = within("weights", weights, 0.0, np.inf)
    if w.shape != (pilot.n_configs,) or not w.sum() > 0:
        allowed = f"{pilot.n_configs} numbers ≥ 0, one a configuration, not all 0"
        raise SpecError(f"weights {w.tolist()}", key="weights", allowed=allowed)
    return np.asarray(w / w.sum())


def doubled(start: int, times: int) -> Sequence[int]:
    """start, 2·start, 4·start, …, ``times`` of them."""
    return [start * 2**at for at in range(times)]
