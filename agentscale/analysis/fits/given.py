"""What is given, made ready for a fit: points that count, and how far each may be off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.fits.base import Family, Floats
from agentscale.analysis.fits.objective import Link, linked
from agentscale.errors import SpecError

FEWEST = 4
"""Distinct x below which nothing is fitted."""
_FLOOR = 0.1  # of the median standard error: no point decides alone


def aligned(
    family: Family,
    x: ArrayLike,
    y: ArrayLike,
    draws: ArrayLike | None,
    sd: ArrayLike | None,
    given_at: Sequence[float] | None,
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """x, y, draws (B, P) and errors of the points that are fitted."""
    places, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    table = np.empty((0, *values.shape)) if draws is None else np.asarray(draws, dtype=np.float64)
    errors = None if sd is None else np.asarray(sd, dtype=np.float64)
    shapes = [part.shape for part in (places, values, table) if part is not table] + [table.shape[1:]]
    if places.ndim != 1 or len(set(shapes)) > 1 or (errors is not None and errors.shape != places.shape):
        got = f"x {places.shape}, y {values.shape}, draws {table.shape}, sd {None if errors is None else errors.shape}"
        raise SpecError(got, key="x", allowed="(P,), (P,), (B, P), (P,)")
    if not (places > 0).all():
        raise SpecError(f"x = {places[~(places > 0)][0]:g}", key="x", allowed="x > 0")
    left = family.given_at if given_at is None else given_at
    keep = np.isfinite(values) & ~np.isin(places, left)
    distinct = len(np.unique(places[keep]))
    if distinct < FEWEST:
        without = f", not counting {', '.join(f'{at:g}' for at in left)}: it holds by construction" if len(left) else ""
        raise SpecError(
            f"{distinct} distinct x for the family {family.name}",
            key="x",
            allowed=f"{FEWEST} or more{without}",
            remedy="Record more team sizes; below four points any curve fits.",
        )
    table = table[np.isfinite(table[:, keep]).all(axis=1)]
    return places[keep], values[keep], table[:, keep], None if errors is None else errors[keep]


def standard_errors(targets: Floats, table: Floats, errors: Floats | None, link: Link) -> Floats:
    """Standard errors on the scale of the link; the spread of the points themselves where nothing is known."""
    if len(table) > 1:
        found = linked(table, link).std(axis=0, ddof=1)
    elif errors is not None:
        found = errors / _slope_of_inverse(targets, link)
    else:
        return np.full(targets.shape, max(float(targets.std()), 1e-12))
    positive = found[found > 0]
    return np.asarray(np.maximum(found, _FLOOR * float(np.median(positive)) if positive.size else 1e-12))


def _slope_of_inverse(targets: Floats, link: Link) -> Floats:
    """∂y/∂g at g(y): errors of y over it are errors on the scale of the link."""
    if link == "identity":
        return np.ones_like(targets)
    value = np.exp(targets)
    return value if link == "log" else np.asarray(value / (1 + value) ** 2)
