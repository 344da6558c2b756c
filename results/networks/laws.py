"""Laws of one parameter of how slips add up as networks grow, fitted on small ones and tried on large ones.

Each says P(solved) = exp(−θ · slip · x); they differ in what counts: agents, calls, or agents times the diameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from plays import Play

from agentscale.randomness import keyed

LAWS: dict[str, Callable[[Play], float]] = {
    "agents": lambda play: play.n,
    "calls": lambda play: play.n * (play.rounds + 1),
    "distance": lambda play: play.n * play.diameter,
}
RESAMPLES = 400
_THETA = np.geomspace(0.005, 8, 400)


class Fit(NamedTuple):
    """A law of one problem."""

    problem: str
    law: str
    theta: float
    low: float
    high: float
    drawn: np.ndarray
    """θ of every resample."""

    def chance(self, play: Play) -> float:
        """Of solving."""
        return float(np.exp(-self.theta * play.slip * LAWS[self.law](play)))


def fit(problem: str, law: str, plays: Sequence[Play]) -> Fit:
    """The likeliest θ on a grid, with its percentile interval over graphs, drawn within size and generator."""
    x = np.array([play.slip * LAWS[law](play) for play in plays])
    solved = np.array([play.solved for play in plays])
    each = np.where(solved[:, None], -np.outer(x, _THETA), np.log1p(-np.exp(-np.outer(x, _THETA))))
    drawn = _THETA[np.argmax(_weights(plays) @ each, axis=1)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Fit(problem, law, float(_THETA[np.argmax(each.sum(axis=0))]), float(low), float(high), drawn)


def _weights(plays: Sequence[Play]) -> np.ndarray:
    """How often every play is drawn in every resample, shape (resamples, plays); plays of one graph go together."""
    strata: dict[tuple[str, int], dict[int, list[int]]] = {}
    for at, play in enumerate(plays):
        strata.setdefault((play.topology, play.n), {}).setdefault(play.graph, []).append(at)
    weights = np.zeros((RESAMPLES, len(plays)))
    for (topology, n), graphs in strata.items():
        times = keyed(0, "laws", topology, n).multinomial(len(graphs), [1 / len(graphs)] * len(graphs), RESAMPLES)
        for column, places in enumerate(graphs.values()):
            weights[:, places] = times[:, [column]]
    return weights


def log_loss(law: Fit, play: Play) -> float:
    """Of what was forecast, for what came: nats, with chances kept one in ten thousand from 0 and 1."""
    chance = min(max(law.chance(play), 1e-4), 1 - 1e-4)
    return -float(np.log(chance if play.solved else 1 - chance))
