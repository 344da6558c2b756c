"""Intervals over questions: one set of resampling weights, drawn once, serves every curve.

The question is the unit of resampling, stratified by task; agents, rounds and replicates stay inside their question.
Since all curves share the weights, their intervals and differences carry the dependence of cells that share calls.
A weight says how often a question was drawn, so a resampled mean of many curves is a matrix product. What the draws
make of an interval is told in ``intervals``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.intervals import bca_ends, shape_of
from agentscale.analysis.resampling import resampled_means
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]
METHOD = "95 % BCa interval with t tails, from a bootstrap over questions, stratified by task"
PAIRED = f"paired; the wider of Student's interval and the {METHOD}"
TOO_FEW = "fewer than 2 questions: no interval"
_FEW = 6  # questions that differ, below which intervals of a paired difference miss too often


class Intervals(NamedTuple):
    """Means of many columns with their 95 % intervals, each of shape (columns,)."""

    value: Floats
    low: Floats
    high: Floats
    n_items: NDArray[np.int64]
    """Questions at which the column is defined."""


def bootstrap_means(values: ArrayLike, *, seed: int, resamples: int = 2000, task: str = "") -> Intervals:
    """Means over questions with BCa intervals, for many columns that share one set of resamples.

    Args:
        values: Shape (Q, columns); ``nan`` where a column is not defined at a question, which leaves it out of that
            column only. Questions in an order of their own (by id), so that the draw belongs to the question.
        seed: Seed of the run; the draw is keyed by it, ``"bootstrap"`` and the task.
        resamples: How many, ≥ 1.
        task: The stratum that these questions are.

    Returns:
        Value, low and high per column; low and high are ``nan`` with fewer than 2 questions, all with none.

    Raises:
        SpecError: ``values`` has not two axes, or ``resamples`` is below 1.
    """
    return bootstrap_mean_of_means({task: np.asarray(values, dtype=np.float64)}, seed=seed, resamples=resamples)


def bootstrap_mean_of_means(by_task: Mapping[str, Floats], *, seed: int, resamples: int = 2000) -> Intervals:
    """Mean over tasks of the mean over each task's questions, resampled within every task.

    Args:
        by_task: For each task values of shape (Q of the task, columns), as in :func:`bootstrap_means`. A column that
            is defined at no question of a task is averaged over the other tasks.
        seed: Seed of the run.
        resamples: How many, ≥ 1.

    Raises:
        SpecError: no task, values without two axes, or ``resamples`` below 1.
    """
    if resamples < 1:
        raise SpecError(f"resamples = {resamples}", allowed="1 or more")
    if not by_task or any(values.ndim != 2 for values in by_task.values()):
        raise SpecError("values need two axes", allowed="shape (questions, columns) for each task")
    drawn = [
        resampled_means(values, seed=seed, task=task, resamples=resamples) for task, values in sorted(by_task.items())
    ]
    n_items = np.sum([np.isfinite(values).sum(axis=0) for values in by_task.values()], axis=0)
    means = [_means(values) for values in by_task.values()]
    value = _mean_defined(means)
    low, high = bca_ends(_mean_defined(drawn), value, shape_of(_influence(list(by_task.values()), means)))
    enough = n_items >= 2
    return Intervals(value, np.where(enough, low, np.nan), np.where(enough, high, np.nan), n_items)


def with_student_ends(found: Intervals, differences: Floats, where: ArrayLike = True) -> Intervals:
    """Intervals of paired differences: the wider of the bootstrap's ends and mean ± t·s/√n.

    Where few questions differ the resamples hold few as well, and the bootstrap says too little: with 32 questions of
    which 13 % differ BCa covers 84 times in 100, this one 95.

    Args:
        found: From :func:`bootstrap_means` of the differences.
        differences: Shape (Q, columns), ``nan`` where a column is not defined.
        where: Which of the columns are such differences, shape (columns,); the others keep their ends.
    """
    from scipy.special import stdtrit

    n = found.n_items.astype(np.float64)
    squares = np.nansum(np.square(differences - found.value), axis=0)
    error = np.sqrt(squares / np.maximum(n * (n - 1), 1.0))
    reach = np.where(n >= 2, stdtrit(np.maximum(n - 1, 1.0), 0.975) * error, np.nan)
    reach = np.where(where, reach, -np.inf)
    return found._replace(
        low=np.minimum(found.low, found.value - reach), high=np.maximum(found.high, found.value + reach)
    )


def few_differ(differences: Floats) -> tuple[str, ...]:
    """A warning where fewer than six of the differences, shape (Q,), are not 0: no interval of them covers."""
    count = int((np.abs(differences[np.isfinite(differences)]) > 1e-12).sum())
    return (f"only {count} questions differ: the interval is too narrow",) if count < _FEW else ()


def paired_delta(a: ArrayLike, b: ArrayLike, *, seed: int, resamples: int = 2000, task: str = "") -> Estimate:
    """Mean of a − b over the questions at which both are defined, with its interval.

    Args:
        a: Scores by question, shape (Q,), ``nan`` where there is none.
        b: The same questions in the same order.
        seed: Seed of the run.
        resamples: How many, ≥ 1.
        task: The stratum that these questions are.

    Raises:
        SpecError: the two have different lengths.
    """
    difference = _difference(a, b)
    found = mean_estimates(difference[:, None], seed=seed, resamples=resamples, task=task, paired=True)[0]
    return replace(found, n_agents=2, n_missing=len(difference) - found.n_items)


def mean_estimates(
    values: ArrayLike,
    *,
    seed: int,
    resamples: int = 2000,
    task: str = "",
    n_agents: int = 0,
    n_missing: int = 0,
    paired: ArrayLike = False,
) -> tuple[Estimate, ...]:
    """:func:`bootstrap_means` as an estimate for every column.

    Args:
        values: Shape (Q, columns); ``nan`` leaves a question out of that column.
        seed: Seed of the run.
        resamples: How many, ≥ 1.
        task: The stratum that these questions are.
        n_agents: Told in every estimate.
        n_missing: Likewise.
        paired: Which columns are differences of two scores, whose intervals are :func:`with_student_ends`; broadcast.

    Raises:
        SpecError: as :func:`bootstrap_means`.
    """
    table = np.asarray(values, dtype=np.float64)
    found = bootstrap_means(table, seed=seed, resamples=resamples, task=task)
    differences = np.broadcast_to(np.asarray(paired, dtype=np.bool_), found.value.shape)
    found = with_student_ends(found, table, differences)
    return tuple(
        Estimate(
            float(mean),
            float(low),
            float(high),
            int(n),
            n_agents,
            n_missing,
            PAIRED if apart else METHOD,
            (TOO_FEW,) if n < 2 else few_differ(column) if apart else (),
        )
        for mean, low, high, n, apart, column in zip(*found, differences, table.T, strict=True)
    )


def mcnemar(a: ArrayLike, b: ArrayLike) -> float:
    """Exact two-sided McNemar test: do a and b differ where they disagree?

    2·P(X ≤ min(wins, losses)), X binomial with p = ½ over the questions where one is better, at most 1. With scores
    between 0 and 1 (ties in expectation, means of replicates) it is the exact sign test on questions.

    Args:
        a: Scores by question, shape (Q,); ``nan`` leaves the question out.
        b: The same questions in the same order.

    Returns:
        The p-value; 1 where the two never differ, ``nan`` without a question that both have.

    Raises:
        SpecError: the two have different lengths.
    """
    difference = _difference(a, b)
    difference = difference[np.isfinite(difference)]
    if not difference.size:
        return float("nan")
    wins, losses = int((difference > 1e-12).sum()), int((difference < -1e-12).sum())
    tail = sum(math.comb(wins + losses, i) for i in range(min(wins, losses) + 1))
    return min(1.0, tail / 2 ** (wins + losses - 1)) if wins + losses else 1.0


def _difference(a: ArrayLike, b: ArrayLike) -> Floats:
    """A − b by question."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        got = f"shapes {first.shape} and {second.shape}"
        raise SpecError(got, key="b", allowed="the same questions for both, shape (Q,)")
    return np.asarray(first - second)


def _means(values: Floats) -> Floats:
    """Means of the columns over the questions where they are defined, shape (columns,)."""
    return np.asarray(values.mean(axis=0)) if len(values) and np.isfinite(values).all() else _mean_defined(values)


def _mean_defined(values: Floats | list[Floats]) -> Floats:
    """Means over the first axis of what is defined; ``nan`` where nothing is."""
    stacked = np.asarray(values)
    defined = np.isfinite(stacked)
    count = defined.sum(axis=0)
    total = np.where(defined, stacked, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _influence(by_task: list[Floats], means: list[Floats]) -> list[Floats]:
    """What each question moves the mean of means by, per unit of weight: (x − mean of its task)/(n · tasks)."""
    n = np.stack([np.isfinite(values).sum(axis=0) for values in by_task])
    tasks = np.maximum((n > 0).sum(axis=0), 1)
    return [
        (values - mean) / (np.maximum(count, 1) * tasks) for values, mean, count in zip(by_task, means, n, strict=True)
    ]
