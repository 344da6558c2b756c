"""What the curves of a run say about larger teams: laws with their rivals, and how many agents match a reference.

Curves come as the points of a run, with their columns by question in the ledger; all resamples are of questions, and
the sizes of a curve share them, as they share their calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agentscale.analysis.arrays import Floats
from agentscale.analysis.curves import Setting, setting
from agentscale.analysis.fits import Comparison, CurveFit, compare_families, growth
from agentscale.analysis.inference import n_match
from agentscale.analysis.ledger import Ledger
from agentscale.analysis.reading import ReadCell
from agentscale.analysis.resampling import resampled_means
from agentscale.analysis.ringelmann import correlation_curve, fit_ringelmann
from agentscale.analysis.tables import Point, Row

LAWS = (growth.CONSTANT, growth.EXP_SAT, growth.POWER_GAP, growth.LOGISTIC)
"""Laws of accuracy against N that are fitted side by side, where there are points enough to compare them by AICc."""

_FEWEST = 4  # distinct sizes under which nothing is fitted (theory, section 9)
_RESAMPLES = 200  # each is fitted anew
_REACH = 2  # times the largest N, to which a fit is carried on
_DRAWN = 17  # points of a law that is drawn


class Curve(NamedTuple):
    """Points of one curve, by size."""

    setting: Setting
    """With size 0: what all its points share."""
    sizes: Floats
    table: Floats
    """Accuracy by question and size, shape (Q, S)."""


def curves(points: Iterable[Point], ledger: Ledger) -> Iterator[Curve]:
    """The curves over N of a run's points: two sizes or more."""
    found: dict[Setting, list[Point]] = {}
    for point in points:
        found.setdefault(point.setting._replace(size=0), []).append(point)
    for shared, along in found.items():
        along.sort(key=lambda point: point.setting.size)
        sizes = np.array([point.setting.size for point in along], dtype=np.float64)
        if len(sizes) > 1:
            yield Curve(shared, sizes, np.stack([ledger.values(point.accuracy) for point in along], axis=1))


class Fitted(NamedTuple):
    """Laws of one curve, the best first."""

    setting: Setting
    quantity: str
    told: Comparison
    largest: float
    """N up to which there are points."""


def fitted(points: Sequence[Point], read: Sequence[ReadCell], ledger: Ledger) -> Iterator[Fitted]:
    """Laws of accuracy by curve, then laws of the effective size by team."""
    for curve in curves(points, ledger):
        if len(curve.sizes) >= _FEWEST:
            draws = resampled_means(curve.table, seed=ledger.seed, resamples=_RESAMPLES, task=curve.setting.task)
            means = np.nanmean(curve.table, axis=0)
            laws = [law for law in LAWS if len(law.names) + 1 < len(curve.sizes)]
            told = compare_families(curve.sizes, means, laws, draws=draws, seed=ledger.seed)
            yield Fitted(curve.setting, "accuracy", told, float(curve.sizes.max()))
    for team, cells in _teams(read).items():
        yield from _effective_sizes(team, cells, ledger)


def fit_rows(found: Iterable[Fitted]) -> Iterator[Row]:
    """A row a law; the best of each curve first."""
    for one in found:
        for fit, delta, weight in zip(one.told.fits, one.told.delta, one.told.weight, strict=True):
            yield {**_named(one), **_fit(fit, delta, weight, one.largest)}


def law_rows(found: Iterable[Fitted]) -> Iterator[Row]:
    """Points of every law of accuracy for drawing it, from one agent to where its forecast stands."""
    for one in found:
        sizes = np.geomspace(1.0, _REACH * one.largest, _DRAWN)
        for fit in one.told.fits if one.quantity == "accuracy" else ():
            made = fit.at(sizes)
            for size, value, low, high in zip(sizes, made.value, made.low, made.high, strict=True):
                yield {**_named(one), "family": fit.family.name, "size": size, "value": value, "low": low, "high": high}


def match_rows(points: Sequence[Point], ledger: Ledger) -> Iterator[Row]:
    """Agents that each curve needs to match its own mean member and the largest team of equal agents."""
    along = {curve.setting: curve for curve in curves(points, ledger)}
    for shared, curve in along.items():
        references = _references(curve, along.get(shared._replace(layer="L1")))
        if np.isfinite(np.column_stack([curve.table, *references.values()])).all(axis=1).sum() < 2:
            continue
        found = n_match(curve.sizes, curve.table, references, seed=ledger.seed, resamples=ledger.resamples)
        for name, match in found.items():
            yield {
                **_place(shared),
                "reference": name,
                "size": match.size,
                "low": match.low,
                "high": match.high,
                "p_match": match.p_match,
                "surely": match.surely,
                "warnings": "; ".join(match.warnings),
            }


def _references(curve: Curve, equal: Curve | None) -> Mapping[str, Floats]:
    references = {f"its own {int(curve.sizes[0])}": curve.table[:, 0]}
    if equal is not None and equal.setting != curve.setting:
        references[f"L1 × {int(equal.sizes[-1])}"] = equal.table[:, -1]
    return references


def _teams(read: Iterable[ReadCell]) -> dict[Setting, list[ReadCell]]:
    """The cells of every team under one protocol, by size; two agents or more."""
    found: dict[Setting, list[ReadCell]] = {}
    for one in read:
        if one.cell.size > 1:
            found.setdefault(setting(one.cell, team=True)._replace(size=0), []).append(one)
    return found


def _effective_sizes(team: Setting, cells: list[ReadCell], ledger: Ledger) -> Iterator[Fitted]:
    """Kish's size of correctness against N: the law of Ringelmann and its rivals."""
    cells.sort(key=lambda one: one.cell.size)
    sizes = np.array([one.cell.size for one in cells])
    if len(sizes) < _FEWEST:
        return
    right = np.stack([one.measures.agent_accuracy.sum(axis=1) for one in cells], axis=1)
    right = right[np.isfinite(right).all(axis=1)]
    if len(right) < 2:
        return
    found = correlation_curve(right, sizes, seed=ledger.seed, resamples=_RESAMPLES)
    if not np.isfinite(found.rho).all():
        return
    fit = fit_ringelmann(sizes, found.rho, found.draws, seed=ledger.seed)
    yield Fitted(team, "rho_correct", fit.rivals, float(sizes.max()))


def _named(one: Fitted) -> Row:
    return {**_place(one.setting), "team": one.setting.team, "quantity": one.quantity}


def _fit(fit: CurveFit, delta: float, weight: float, largest: float) -> Row:
    ahead = fit.at([_REACH * largest])
    return {
        "family": fit.family.name,
        "parameters": "; ".join(f"{name} = {value:.4g}" for name, value in fit.params.items()),
        "intervals": "; ".join(f"{name} {ends.low:.4g} to {ends.high:.4g}" for name, ends in fit.bootstrap.items()),
        "aicc": fit.aicc,
        "delta": float(delta),
        "weight": float(weight),
        "r2": fit.r2,
        "held_out": fit.held_out,
        "n_points": len(fit.x),
        "reach": _REACH * largest,
        "forecast": float(ahead.value[0]),
        "low": float(ahead.low[0]),
        "high": float(ahead.high[0]),
        "warnings": "; ".join((*fit.warnings, *ahead.warnings)),
    }


def _place(at: Setting) -> Row:
    return {name: getattr(at, name) for name in ("task", "layer", "protocol", "topology")}
