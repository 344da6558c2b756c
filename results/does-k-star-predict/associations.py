"""How a metric of teams goes with their accuracy: pooled over data sets, and within a data set and a size."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis import benjamini_hochberg, bootstrap_statistic, permutation_test, within_association

Floats = NDArray[np.float64]
Row = dict[str, Any]
STATISTICS = ("pooled", "within", "within, equal members")
SHUFFLES, RESAMPLES = 199, 400


class Cells(NamedTuple):
    """Cells as columns, each of shape (P,)."""

    dataset: NDArray[np.str_]
    size: NDArray[np.int64]
    accuracy: Floats
    member: Floats
    """Mean accuracy of the members alone."""
    metrics: dict[str, Floats]

    @classmethod
    def of(cls, rows: list[Row], metrics: tuple[str, ...]) -> Cells:
        """Of rows with those keys."""
        column = {key: np.array([row[key] for row in rows]) for key in ("dataset", "size", "accuracy", "member")}
        return cls(**column, metrics={name: np.array([row.get(name, np.nan) for row in rows]) for name in metrics})


def associations(panel: str, cells: Cells) -> list[Row]:
    """A row for every statistic and metric; ``q`` is p by Benjamini and Hochberg over the metrics of a statistic."""
    rows = []
    for statistic in STATISTICS:
        found = [_row(panel, statistic, name, values, cells) for name, values in cells.metrics.items()]
        for row, q in zip(found, benjamini_hochberg([row["p"] for row in found]), strict=True):
            rows.append({**row, "q": float(q)})
    return rows


def _row(panel: str, statistic: str, name: str, metric: Floats, cells: Cells) -> Row:
    keep = np.isfinite(metric)
    x, y, m = metric[keep], cells.accuracy[keep], cells.member[keep]
    dataset, size = cells.dataset[keep], cells.size[keep]
    strata = np.array([f"{one} {n}" for one, n in zip(dataset, size, strict=True)])
    if statistic == "pooled":
        parts, p = (x, y, np.zeros_like(x)), permutation_test(x, y, n=SHUFFLES).p
    else:
        x, y, m = (part - stratum_means(part, strata) for part in (x, y, m))
        parts = (x, y, m if statistic == STATISTICS[2] else np.zeros_like(x))
        rest = [part - parts[2] * slope(parts[2], part) for part in (x, y)]
        p = permutation_test(*rest, strata, n=SHUFFLES).p
    found = bootstrap_statistic(sums(dataset, *parts), partial_of_sums, seed=0, resamples=RESAMPLES)
    told = {"value": found.value, "low": found.low, "high": found.high, "p": p}
    return {"panel": panel, "statistic": statistic, "metric": name, "cells": int(keep.sum()), **told}


def stratum_means(values: Floats, strata: NDArray[Any]) -> Floats:
    """The mean of its stratum for every cell."""
    group = np.unique(strata, return_inverse=True)[1].reshape(-1)
    return np.asarray((np.bincount(group, values) / np.bincount(group))[group])


def slope(x: Floats, y: Floats) -> float:
    """Of centred y on centred x; 0 where x does not vary."""
    return float(x @ y / (x @ x)) if x @ x > 1e-12 else 0.0


def sums(dataset: NDArray[Any], x: Floats, y: Floats, m: Floats) -> Floats:
    """First and second moments, summed by data set: shape (data sets, 10)."""
    group = np.unique(dataset, return_inverse=True)[1].reshape(-1)
    columns = (np.ones_like(x), x, y, m, x * x, y * y, m * m, x * y, x * m, y * m)
    return np.stack([np.bincount(group, column) for column in columns], axis=1)


def partial_of_sums(moments: Floats) -> Floats:
    """The correlation of x and y at equal m, from sums or means of moments (…, 10); plain where m does not vary."""
    n, x, y, m, xx, yy, mm, xy, xm, ym = np.moveaxis(moments, -1, 0)
    xx, yy, mm = xx - x * x / n, yy - y * y / n, mm - m * m / n
    xy, xm, ym = xy - x * y / n, xm - x * m / n, ym - y * m / n
    held = np.where(mm > 1e-12, mm, np.inf)
    xx, yy, xy = xx - xm**2 / held, yy - ym**2 / held, xy - xm * ym / held
    scale = xx * yy
    return np.asarray(np.where(scale > 1e-18, xy / np.sqrt(np.where(scale > 1e-18, scale, 1.0)), np.nan))


def left_out(panel: str, cells: Cells) -> list[Row]:
    """Share of the variance within data sets that a metric predicts beyond size, in and out of sample."""
    sizes = np.unique(cells.size)[1:]
    by_size = (cells.size[:, None] == sizes).astype(float)
    rows = []
    for name, metric in cells.metrics.items():
        keep = np.isfinite(metric)
        where = (cells.accuracy[keep], cells.dataset[keep])
        known = by_size[keep][:, by_size[keep].any(axis=0) & ~by_size[keep].all(axis=0)]
        full = within_association(metric[keep], *where, covariates=known, permutations=1)
        base = within_association(np.zeros(int(keep.sum())), *where, covariates=known, permutations=1)
        rows.append(
            {
                "panel": panel,
                "metric": name,
                "cells": full.n_points,
                "r2_size": base.r2_within,
                "r2_gain": full.r2_gain,
                "r2_left_out_size": base.r2_left_out,
                "r2_left_out_gain": full.r2_left_out - base.r2_left_out,
            }
        )
    return rows
