"""How many agents of one team match a reference: a distribution, not a number.

"2 diverse agents match 16 equal ones" is a crossing of two noisy curves. Here the crossing is found in every resample
of the questions, on curves made monotone, and what is told is how often there is one, and where.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.bootstrap import bootstrap_means, with_student_ends
from agentscale.analysis.intervals import quantiles
from agentscale.analysis.ranges import within
from agentscale.analysis.resampling import resampled_means
from agentscale.errors import SpecError

Floats = NDArray[np.float64]


class Match(NamedTuple):
    """How many agents are needed to match a reference."""

    size: float
    """Where the monotone curve reaches the reference, between sizes by interpolation; ``inf`` where it does not."""
    low: float
    """2.5 % point over resamples of the questions; ``inf`` counts as a size."""
    high: float
    p_match: float
    """Share of resamples in which a recorded size matches."""
    surely: float
    """Smallest recorded size from which on the paired difference's lower end is at least −ε; ``inf`` where none."""
    drawn: Floats
    """The sizes in the resamples, shape (B,)."""
    warnings: tuple[str, ...]


def n_match(
    sizes: ArrayLike,
    curve: ArrayLike,
    references: Mapping[str, ArrayLike],
    *,
    epsilon: float = 0.0,
    seed: int = 0,
    resamples: int = 2000,
) -> dict[str, Match]:
    """Agents needed to match each of several references, all from the same resamples of the questions.

    Args:
        sizes: N, increasing, shape (S,).
        curve: Accuracy by question and size, shape (Q, S).
        references: By name the reference's accuracy by question, shape (Q,): say which one is meant, such as the mean
            member, the best member, the largest homogeneous team, a team from the same pool.
        epsilon: How much worse still counts as a match, ≥ 0.
        seed: Of the resamples.
        resamples: ≥ 1.

    Returns:
        A match by name of the reference. Questions where the curve or a reference is not defined take no part.

    Raises:
        SpecError: shapes that do not fit, sizes that do not increase, or a negative ε.
    """
    n, table = np.asarray(sizes, dtype=np.float64), np.asarray(curve, dtype=np.float64)
    columns = {name: np.asarray(given, dtype=np.float64) for name, given in references.items()}
    _check(n, table, columns, float(within("epsilon", epsilon, 0.0, np.inf)))
    values = np.column_stack([table, *columns.values()])
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < 2:
        raise SpecError(f"{len(values)} questions are defined throughout", allowed="2 or more")
    means = resampled_means(values, seed=seed, resamples=resamples, task="match")
    whole = values.mean(axis=0)[None]
    found = {}
    for at, name in enumerate(columns, start=len(n)):
        drawn = _crossings(n, means[:, : len(n)], means[:, at] - epsilon)
        size = float(_crossings(n, whole[:, : len(n)], whole[:, at] - epsilon)[0])
        found[name] = _match(size, drawn, _surely(n, values, at, epsilon, seed, resamples))
    return found


def isotonic(curve: ArrayLike) -> Floats:
    """The nearest non-decreasing curve along the last axis (least squares): max over j ≤ i of min over k ≥ i of means.

    Args:
        curve: Shape (…, S).

    Raises:
        SpecError: ``curve`` has no axis.
    """
    y = np.asarray(curve, dtype=np.float64)
    if y.ndim == 0:
        raise SpecError("a curve of shape ()", key="curve", allowed="shape (…, S)")
    size = y.shape[-1]
    sums = np.concatenate([np.zeros((*y.shape[:-1], 1)), y.cumsum(axis=-1)], axis=-1)
    best = np.full(y.shape, -np.inf)
    for start in range(size):
        means = (sums[..., start + 1 :] - sums[..., start : start + 1]) / np.arange(1, size - start + 1)
        least = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
        best[..., start:] = np.maximum(best[..., start:], least)
    return best


def _check(n: Floats, table: Floats, columns: Mapping[str, Floats], epsilon: float) -> None:
    shapes = {name: column.shape for name, column in columns.items()}
    fits = table.ndim == 2 and n.shape == table.shape[1:] and all(of == table.shape[:1] for of in shapes.values())
    if not fits or not columns or not n.size:
        got = f"sizes {n.shape}, curve {table.shape}, references {shapes}"
        raise SpecError(got, key="curve", allowed="(S,), (Q, S), S ≥ 1, and at least one reference of (Q,)")
    if (np.diff(n) <= 0).any():
        raise SpecError(f"sizes {n.tolist()}", key="sizes", allowed="increasing numbers")


def _crossings(n: Floats, curves: Floats, level: Floats) -> Floats:
    """Where monotone curves (B, S) first reach their level (B,); ``inf`` where they do not."""
    smooth = isotonic(curves)
    reached = smooth >= level[:, None] - 1e-12
    first = reached.argmax(axis=1)
    rows, before = np.arange(len(curves)), np.maximum(first - 1, 0)
    rise = smooth[rows, first] - smooth[rows, before]
    part = np.where(rise > 0, (level - smooth[rows, before]) / np.where(rise > 0, rise, 1.0), 1.0)
    between = n[before] + np.clip(part, 0.0, 1.0) * (n[first] - n[before])
    return np.asarray(np.where(reached.any(axis=1), np.where(first == 0, n[0], between), np.inf))


def _surely(n: Floats, values: Floats, reference: int, epsilon: float, seed: int, resamples: int) -> float:
    """The smallest size from which on every paired difference's lower end is at least −ε."""
    differences = values[:, : len(n)] - values[:, reference : reference + 1]
    found = bootstrap_means(differences, seed=seed, resamples=resamples, task="match")
    low = with_student_ends(found, differences).low
    holds = np.logical_and.accumulate((low >= -epsilon)[::-1])[::-1]
    return float(n[holds.argmax()]) if holds.any() else np.inf


def _match(size: float, drawn: Floats, surely: float) -> Match:
    finite = np.where(np.isfinite(drawn), drawn, np.finfo(np.float64).max)[:, None]
    low, high = (float(quantiles(finite, np.array([level]))[0]) for level in (0.025, 0.975))
    share = float(np.isfinite(drawn).mean())
    text = f"{1 - share:.0%} of the resamples have no match at a recorded size"
    ends = [np.inf if end > 1e300 else end for end in (low, high)]
    return Match(size, ends[0], ends[1], share, surely, drawn, (text,) if share < 0.975 else ())
