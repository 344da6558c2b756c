"""Bootstrap of any statistic over nested data: dataset → question → replicate → agent slot.

What is resampled is said by name. By default it is the question, within its dataset and with all that hangs on it; a
team that is fixed is not a sample of anything, so its agents are not resampled unless they are asked for. It calls the
statistic once per resample: for means of many columns ``bootstrap_means`` is faster by orders of magnitude.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.inference.smooth import jackknifed
from agentscale.analysis.intervals import Shape, bca_ends, percentile_ends, shape_of
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["bca", "percentile"]
_LEFT_OUT = 200  # groups of questions that are left out in turn, for the acceleration


@dataclass(frozen=True, slots=True)
class _Level:
    name: str
    labels: Ints
    resampled: bool
    crossed: bool


def hier_bootstrap(
    fn: Callable[[NDArray[Any]], float],
    data: ArrayLike,
    levels: Mapping[str, ArrayLike],
    B: int = 2000,
    method: Method = "bca",
    *,
    seed: int = 0,
    resample: Collection[str] = ("question",),
    crossed: Collection[str] = (),
) -> Estimate:
    """A statistic of nested data with its 95 % interval.

    Args:
        fn: The statistic of rows of ``data``. A question that is drawn twice hands in its rows twice, so the statistic
            must treat rows as draws (means, correlations) and not as identities.
        data: Rows along axis 0, shape (R, …).
        levels: Labels of every row, from the outermost level to the innermost, each of shape (R,), such as
            ``{"dataset": …, "question": …, "replicate": …}``. A level is nested in those above it: question 1 of two
            datasets is two questions. Levels that are not resampled are strata.
        B: Resamples, ≥ 1.
        method: ``"bca"`` with t tails (see ``intervals``), or the plain ``"percentile"``.
        seed: Of the draws, keyed by it and ``"hier_bootstrap"``.
        resample: Names of the levels whose units are drawn with replacement within the unit above.
        crossed: Names of resampled levels that are the same units throughout (agents that answer every question): one
            draw serves the whole resample.

    Returns:
        ``n_items`` counts the units of the outermost resampled level; low and high are ``nan`` with fewer than two.

    Raises:
        SpecError: labels that do not fit the rows, an unknown level, or B < 1.
    """
    rows = np.asarray(data)
    nested = _levels(rows, levels, resample, crossed, B)
    rng = keyed(seed, "hier_bootstrap", method)
    value = float(fn(rows)) if rows.size else np.nan
    units = _units(nested, len(rows))
    n_units = int(units.max(initial=-1)) + 1
    tale = (
        f"95 % {method} interval of {B} resamples over {', '.join(level.name for level in nested if level.resampled)}"
    )
    if n_units < 2:
        drawn_level = next(level.name for level in nested if level.resampled)
        few = f"fewer than 2 units of {drawn_level}: no interval"
        return Estimate(value, np.nan, np.nan, n_units, 0, 0, tale, (few,))
    tree = _tree(nested, np.arange(len(rows)))
    drawn = np.array([fn(rows[_draw(tree, nested, rng)]) for _ in range(B)], dtype=np.float64)[:, None]
    if method == "percentile":
        low, high = percentile_ends(drawn)
    else:
        low, high = bca_ends(drawn, np.array([value]), _jackknife(fn, rows, units))
    lost = int((~np.isfinite(drawn)).sum())
    warnings = (f"{lost} of {B} resamples are not defined",) if lost else ()
    return Estimate(value, float(low[0]), float(high[0]), n_units, 0, 0, tale, warnings)


def _levels(
    rows: NDArray[Any], levels: Mapping[str, ArrayLike], resample: Collection[str], crossed: Collection[str], B: int
) -> list[_Level]:
    if B < 1:
        raise SpecError(f"B = {B}", key="B", allowed="1 or more")
    unknown = [name for name in (*resample, *crossed) if name not in levels]
    if unknown or not resample:
        got = f"resample {unknown[0]!r}" if unknown else "nothing to resample"
        raise SpecError(got, key="resample", allowed=f"names of levels: {', '.join(levels)}")
    found = []
    for name, given in levels.items():
        labels = np.asarray(given)
        if labels.shape != rows.shape[:1]:
            raise SpecError(f"labels of shape {labels.shape}", key=name, allowed=f"one a row: shape {rows.shape[:1]}")
        ids = np.unique(labels, return_inverse=True)[1].reshape(-1)
        found.append(_Level(name, ids, name in resample, name in crossed))
    return found


def _units(nested: list[_Level], n: int) -> Ints:
    """Unit of each row at the outermost resampled level; of a nested one counted over all strata."""
    ids = np.zeros(n, dtype=np.int64)
    for level in nested:
        if level.crossed:
            if level.resampled:
                return level.labels
            continue
        ids = np.unique(ids * (int(level.labels.max(initial=0)) + 1) + level.labels, return_inverse=True)[1].reshape(-1)
        if level.resampled:
            break
    return ids


_Tree = list["_Tree"] | Ints  # units of a level, each the tree of its rows; at the end the rows


def _tree(nested: list[_Level], rows: Ints) -> _Tree:
    """The rows by unit of every nested level down to the innermost one that is resampled."""
    inner = [level for level in nested if not level.crossed]
    while inner and not inner[-1].resampled:
        inner = inner[:-1]
    return _branches(inner, rows)


def _branches(levels: list[_Level], rows: Ints) -> _Tree:
    if not levels:
        return rows
    order = np.argsort(levels[0].labels[rows], kind="stable")
    labels = levels[0].labels[rows][order]
    starts = np.flatnonzero(np.diff(labels)) + 1
    return [_branches(levels[1:], part) for part in np.split(rows[order], starts)]


def _draw(tree: _Tree, nested: list[_Level], rng: np.random.Generator) -> Ints:
    """Rows of one resample."""
    rows = _drawn_rows(tree, [level for level in nested if not level.crossed], rng)
    for level in nested:
        if level.crossed and level.resampled:
            n = int(level.labels.max()) + 1
            times = np.bincount(rng.integers(0, n, size=n), minlength=n)
            rows = np.repeat(rows, times[level.labels[rows]])
    return rows


def _drawn_rows(tree: _Tree, levels: list[_Level], rng: np.random.Generator) -> Ints:
    if isinstance(tree, np.ndarray):
        return tree
    chosen = rng.integers(0, len(tree), size=len(tree)) if levels[0].resampled else range(len(tree))
    return np.concatenate([_drawn_rows(tree[at], levels[1:], rng) for at in chosen])


def _jackknife(fn: Callable[[NDArray[Any]], float], rows: NDArray[Any], units: Ints) -> Shape:
    """The statistic's shape, from leaving out units, or groups of them where there are many."""
    n = int(units.max()) + 1
    groups = units % min(n, _LEFT_OUT)
    without = np.array([fn(rows[groups != at]) for at in range(min(n, _LEFT_OUT))], dtype=np.float64)
    return shape_of([jackknifed(without)[:, None]])._replace(
        widening=np.array([np.sqrt(n / (n - 1))]), freedom=np.array([n - 1.0])
    )
