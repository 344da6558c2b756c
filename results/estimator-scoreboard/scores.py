"""A score: what an estimator said in a world beside the truth; and what many scores say of the estimator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from agentscale.analysis import spearman

COLUMNS = "part estimator estimand kind layer agents worlds truth bias rmse coverage undefined rank".split()


class Score(NamedTuple):
    """One estimate in one cell of one world."""

    part: str
    """``votes``, ``forecasts``, ``texts`` or ``debates``."""
    estimator: str
    estimand: str
    kind: str
    """Of world."""
    layer: str
    """L1 to L4; for debates the topology."""
    agents: int
    world: int
    value: float
    truth: float
    low: float = np.nan
    high: float = np.nan

    @property
    def cell(self) -> tuple[str, int]:
        """Where in a world it was made."""
        return self.layer, self.agents


def cells(scores: Iterable[Score]) -> Iterator[dict[str, str]]:
    """A row for each estimator, kind of world, layer and size."""
    for (part, name, estimand, kind), of in _by(scores, lambda s: (s.part, s.estimator, s.estimand, s.kind)).items():
        for (layer, agents), here in _by(of, lambda s: s.cell).items():
            yield _row(part, name, estimand, kind, layer, str(agents), here)
        yield _row(part, name, estimand, kind, "all", "all", of)


def _row(part: str, name: str, estimand: str, kind: str, layer: str, agents: str, of: list[Score]) -> dict[str, str]:
    """Bias, error, coverage and the share that is undefined; over all cells also the rank correlation with truth."""
    value, truth, low, high = np.array([(s.value, s.truth, s.low, s.high) for s in of]).T
    off = (value - truth)[np.isfinite(value)]
    sound = np.isfinite(low) & np.isfinite(high)
    held = np.mean((low <= truth)[sound] & (truth <= high)[sound]) if sound.any() else np.nan
    numbers = (
        truth.mean(),
        off.mean() if len(off) else np.nan,
        np.sqrt(np.mean(off**2)) if len(off) else np.nan,
        held,
        np.mean(~np.isfinite(value)),
        _rank(of) if layer == "all" else np.nan,
    )
    n_worlds = len({s.world for s in of})
    told = ["" if np.isnan(number) else f"{number:.4f}" for number in numbers]
    return dict(zip(COLUMNS, (part, name, estimand, kind, layer, agents, str(n_worlds), *told), strict=True))


def _rank(of: list[Score]) -> float:
    """Mean over worlds of the rank correlation with truth over the cells of a world, where truth differs."""
    found = []
    for here in _by(of, lambda s: s.world).values():
        value, truth = np.array([(s.value, s.truth) for s in here if np.isfinite(s.value)]).reshape(-1, 2).T
        if len(value) >= 4 and np.ptp(truth) > 1e-9 and np.ptp(value) > 0:
            found.append(float(spearman(value, truth)))
    return float(np.mean(found)) if found else np.nan


def _by(scores: Iterable[Score], key) -> dict:  # type: ignore[no-untyped-def,type-arg]
    groups: dict = {}  # type: ignore[type-arg]
    for score in scores:
        groups.setdefault(key(score), []).append(score)
    return groups
