"""Does a metric (K*, N_eff) go with accuracy within datasets, and would it on a dataset that was not seen?

Pooled over datasets, their difficulty alone makes such a correlation; here each dataset is compared with itself.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.inference.permutation import Permuted, centred, correlation, permutation_test
from agentscale.errors import SpecError

Floats = NDArray[np.float64]


class Association(NamedTuple):
    """A metric and accuracy within datasets."""

    slope: float
    """Standard deviations of accuracy per standard deviation of the metric, both within datasets; −1 to 1 without
    covariates."""
    r2_within: float
    """Share of the variance within datasets that metric and covariates explain, in sample."""
    r2_gain: float
    """What of it the metric adds to the covariates."""
    r2_left_out: float
    """The same on datasets that took no part in the fit, one at a time; negative where it predicts worse than nothing.
    ``nan`` with one dataset."""
    permuted: Permuted
    """The metric's partial correlation with accuracy against shuffles inside strata."""
    n_points: int
    n_datasets: int
    warnings: tuple[str, ...]


def within_association(
    metric: ArrayLike,
    accuracy: ArrayLike,
    dataset: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    permutations: int = 1000,
    seed: int = 0,
) -> Association:
    """Association of a metric with accuracy over cells, with a fixed effect for every dataset.

    Args:
        metric: Shape (P,), one a cell; cells with a ``nan`` are left out.
        accuracy: Shape (P,).
        dataset: Labels, shape (P,).
        covariates: Shape (P, C), such as ln N and indicators of configurations.
        strata: Labels, shape (P,), within which the metric may be exchanged, such as dataset × N; the dataset by
            default.
        permutations: ≥ 1.
        seed: Of the permutations.

    Raises:
        SpecError: lengths that differ.
    """
    x, y = np.asarray(metric, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    others = _as_columns(covariates, x.shape)
    names = np.asarray(dataset)
    shuffle_in = names if strata is None else np.asarray(strata)
    _check(metric=x, accuracy=y, dataset=names, strata=shuffle_in, covariates=others)
    keep = np.isfinite(x) & np.isfinite(y) & np.isfinite(others).all(axis=1)
    group = np.unique(names[keep], return_inverse=True)[1].reshape(-1)
    x, y, others = (centred(part[keep], group) for part in (x, y, others))
    left_x, left_y = _residual(others, x), _residual(others, y)
    full, base = _r2(np.column_stack([others, x]), y), _r2(others, y)
    permuted = permutation_test(left_x, left_y, shuffle_in[keep], statistic=correlation, n=permutations, seed=seed)
    return Association(
        slope=_slope(left_x, left_y, x, y),
        r2_within=full,
        r2_gain=full - base,
        r2_left_out=_left_out(np.column_stack([others, x]), y, group),
        permuted=permuted,
        n_points=len(x),
        n_datasets=int(group.max(initial=-1)) + 1,
        warnings=_warnings(group, int((~keep).sum())),
    )


def _as_columns(covariates: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    """Shape (P, C), C = 0 without covariates."""
    if covariates is None:
        return np.empty((*shape, 0))
    given = np.asarray(covariates, dtype=np.float64)
    return given[:, None] if given.ndim == 1 else given


def _check(covariates: Floats, **columns: NDArray[Any]) -> None:
    rows = {column.shape for column in columns.values()} | {covariates.shape[:1]}
    if len(rows) > 1 or covariates.ndim != 2:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in {**columns, "covariates": covariates}.items())
        raise SpecError(shapes, key="dataset", allowed="one row a cell in each")


def _residual(columns: Floats, y: Floats) -> Floats:
    return np.asarray(y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]) if columns.shape[1] else y


def _r2(columns: Floats, y: Floats) -> float:
    total = float(y @ y)
    left = _residual(columns, y)
    return 1 - float(left @ left) / total if total > 1e-15 else np.nan


def _slope(left_x: Floats, left_y: Floats, x: Floats, y: Floats) -> float:
    """Partial slope of y on x in units of their spread within datasets."""
    power, scale = float(left_x @ left_x), float(np.sqrt((y @ y) / (x @ x))) if x @ x > 0 else 0.0
    return float(left_x @ left_y) / power / scale if power > 1e-15 and scale > 0 else np.nan


def _left_out(columns: Floats, y: Floats, group: NDArray[np.int64]) -> float:
    """1 − squared error over squares of the left-out datasets, about their own means."""
    total = float(y @ y)
    if group.max(initial=0) < 1 or total <= 1e-15:
        return np.nan
    error = 0.0
    for at in range(int(group.max()) + 1):
        out = group == at
        weights = np.linalg.lstsq(columns[~out], y[~out], rcond=None)[0]
        error += float(np.square(y[out] - columns[out] @ weights).sum())
    return 1 - error / total


def _warnings(group: NDArray[np.int64], lacking: int) -> tuple[str, ...]:
    said = [f"{lacking} cells are not defined and were left out"] if lacking else []
    alone = int((np.bincount(group) == 1).sum()) if len(group) else 0
    if alone:
        said.append(f"{alone} datasets have a single cell and say nothing")
    return tuple(said)
