"""Intervals of what is a smooth function of means over questions: 1/mean, a ratio, a correlation of correctness.

All resamples are one matrix product, leaving out a question is arithmetic, and the statistic is called twice in all: an
interval costs some milliseconds. What a column holds at a question must not depend on other questions.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.bootstrap import TOO_FEW
from agentscale.analysis.inference.studentised import Scale, studentised_ends
from agentscale.analysis.intervals import bca_ends, shape_of
from agentscale.analysis.rarefaction import d2_unbiased
from agentscale.analysis.resampling import resampled_means
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]
UNDEFINED = "not defined for these questions"
METHOD = "95 % BCa interval with t tails, from a bootstrap over questions"
STUDENTISED = "95 % studentised interval, from a bootstrap over questions"


def bootstrap_statistic(
    columns: ArrayLike,
    statistic: Callable[[Floats], Floats],
    *,
    seed: int,
    resamples: int = 2000,
    n_agents: int = 0,
    n_missing: int = 0,
    scale: Callable[[Floats], Scale] | None = None,
) -> Estimate:
    """A function of column means with its BCa interval over questions, or with a studentised one where it has a scale.

    Args:
        columns: Shape (Q, C), a row a question; rows with a ``nan`` are left out.
        statistic: Means (…, C) to values (…); ``nan`` where it is not defined.
        seed: Of the draw, keyed by it and ``"bootstrap"``.
        resamples: ≥ 1.
        n_agents: Told in the estimate.
        n_missing: Likewise.
        scale: From the means of all questions to the scale on which ``statistic`` is studentised. Where too few
            questions differ for that the interval is BCa's.

    Raises:
        SpecError: ``columns`` has not two axes, or ``resamples`` is below 1.
    """
    told = {"n_agents": n_agents, "n_missing": n_missing}
    (found,) = bootstrap_statistics(
        columns, lambda means: np.asarray(statistic(means))[..., None], seed=seed, resamples=resamples, **told
    )
    if scale is None or not np.isfinite(found.low):
        return found
    table = _whole_rows(columns)
    ends = studentised_ends(table, _resampler(seed, resamples), scale(table.mean(axis=0)))
    return found if ends is None else replace(found, low=ends[0], high=ends[1], method=STUDENTISED)


def bootstrap_statistics(
    columns: ArrayLike,
    statistics: Callable[[Floats], Floats],
    *,
    seed: int,
    resamples: int = 2000,
    n_agents: int = 0,
    n_missing: int = 0,
) -> tuple[Estimate, ...]:
    """Several functions of the same column means, from the same resamples: as `bootstrap_statistic` of each.

    Args:
        columns: Shape (Q, C).
        statistics: Means (…, C) to values (…, K).
        seed: As there.
        resamples: As there.
        n_agents: As there.
        n_missing: As there.

    Raises:
        SpecError: As there.
    """
    if np.ndim(columns) != 2 or resamples < 1:
        got = f"columns {np.shape(columns)}, {resamples} resamples"
        raise SpecError(got, allowed="shape (Q, C), 1 or more resamples")
    table = _whole_rows(columns)
    n = len(table)
    if n < 2:
        alone = statistics(table[0] if n else np.full(table.shape[1], np.nan))
        nan = float("nan")
        return tuple(Estimate(float(one), nan, nan, n, n_agents, n_missing, METHOD, (TOO_FEW,)) for one in alone)
    total = table.sum(axis=0)
    value = np.asarray(statistics(total / n), dtype=np.float64)
    drawn = statistics(_resampler(seed, resamples)(table))
    without = np.asarray(statistics((total - table) / (n - 1)), dtype=np.float64)
    influence = np.stack([jackknifed(column) for column in without.T], axis=1)
    low, high = bca_ends(drawn, value, shape_of([influence]))
    lost = (~np.isfinite(drawn)).sum(axis=0)
    return tuple(
        Estimate(
            float(one), float(below), float(above), n, n_agents, n_missing, METHOD, _said(one, int(gone), resamples)
        )
        for one, below, above, gone in zip(value, low, high, lost, strict=True)
    )


def _whole_rows(columns: ArrayLike) -> Floats:
    table = np.asarray(columns, dtype=np.float64)
    return np.asarray(table[np.isfinite(table).all(axis=1)])


def _resampler(seed: int, resamples: int) -> Callable[[Floats], Floats]:
    return partial(resampled_means, seed=seed, resamples=resamples, task="statistic")


def _said(value: float, lost: int, resamples: int) -> tuple[str, ...]:
    if not np.isfinite(value):
        return (UNDEFINED,)
    return (f"{lost} of {resamples} resamples are not defined",) if lost else ()


def d2_estimate(z: ArrayLike, *, seed: int, resamples: int = 2000) -> Estimate:
    """The unbiased D_2 of a set of questions, 1/mean U, with its interval over questions: ``d2_unbiased(z).pooled``.

    Args:
        z: Vectors, shape (Q, n, d): the agents of each question.
        seed: Of the draw.
        resamples: ≥ 1.

    Raises:
        SpecError: ``z`` has not three axes.
    """
    vectors = np.asarray(z)
    if vectors.ndim != 3:
        raise SpecError(f"vectors of shape {vectors.shape}", key="z", allowed="shape (Q, n, d)")
    pair_mean = d2_unbiased(vectors).pair_mean
    return bootstrap_statistic(pair_mean[:, None], _inverse, seed=seed, resamples=resamples, n_agents=vectors.shape[1])


def jackknifed(without: Floats) -> Floats:
    """Influence of each part from the statistic without it, shape (parts,); 0 where that is not defined."""
    defined = np.isfinite(without)
    middle = float(without[defined].mean()) if defined.any() else 0.0
    return np.where(defined, middle - without, 0.0)


def _inverse(means: Floats) -> Floats:
    mean = means[..., 0]
    return np.asarray(np.where(mean > np.finfo(np.float64).eps, 1.0 / np.where(mean > 0, mean, 1.0), np.nan))
