"""The de Finetti extrapolator: every number about teams that were never asked, with its interval and its reach."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import bootstrap_means
from agentscale.analysis.extrapolate import limits, search
from agentscale.analysis.extrapolate.pilot import Floats, Ints, Pilot
from agentscale.analysis.extrapolate.predict import Prediction, beyond, predict, with_half
from agentscale.analysis.ranges import whole
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.estimate import Estimate

Team = tuple[int, ...]
FAR = 4.0  # times the pilot, past which a forecast is warned of
_APPROACH = 6  # doublings over which the approach to the ceiling is fitted
_TOO_FAR = f"more than {FAR:g} times the pilot: the forecast leans on the shape of few replicates"
_NO_HALVES = "one replicate of a configuration: how far its plugged-in shares are off cannot be told"
_LEFT_OUT = "questions to which a configuration was never put are left out"


class Forecast(NamedTuple):
    """The vote of one composition."""

    team: Team
    """Agents of each configuration."""
    accuracy: Estimate
    """Corrected by ``bias``; its interval is that of the bootstrap over questions, longer by |bias| at both ends."""
    bias: float
    """What plugged-in shares were too high (+) or too low (−) by, as splitting the replicates says; 0 where the
    forecast is unbiased as it is, ``nan`` where it cannot be told."""
    reach: float
    """Agents asked for over replicates recorded, of the configuration for which that is most."""
    draw_error: float
    """Standard error that comes from drawing teams; 0 where they were summed."""


class Ceiling(NamedTuple):
    """A mix of configurations with endlessly many agents."""

    weights: tuple[float, ...]
    accuracy: Estimate
    bias: float
    """As of a :class:`Forecast`."""


class BestTeam(NamedTuple):
    """The best composition under a budget."""

    forecast: Forecast
    cost: float
    held_out: float
    """Accuracy on each half of the questions of the team that the other half would choose among those looked at:
    without the luck of choosing and judging on the same questions."""
    n_teams: int
    """Compositions that were looked at."""


class DeFinetti:
    """Votes of any composition of independent agents, from the replicates of a pilot (theory: de Finetti).

    Acc(m) = E_q P(plurality of Σ_b Mult(m_b, Θ_b(q)) = y), ties in expectation, missing answers not voting. Of a
    configuration with m_b ≤ R the replicates are drawn without replacement, which is unbiased. For more, their shares
    are plugged in, without smoothing, which is biased by some points for few replicates. Half the replicates show how
    much: an error that falls like 1/R is as large again with half of them. It is taken off, and its size is added to
    the interval, since near ties between answers make the error fall more slowly.

    Args:
        pilot: What was recorded.
        seed: Of draws, splits and resamples.
        resamples: Of the bootstrap over questions.
        task: The stratum that the questions are, for the bootstrap's key.

    Raises:
        SpecError: there is no configuration.
    """

    def __init__(self, pilot: Pilot, *, seed: int = 0, resamples: int = 2000, task: str = "") -> None:
        if not pilot.n_configs:
            raise SpecError("the pilot has no configuration", key="pilot", allowed="counts of shape (Q, B, C), B ≥ 1")
        self.pilot = pilot
        self._seed, self._resamples, self._task = seed, resamples, task
        self._known: dict[Team, Prediction] = {}
        self._excesses: dict[Team, Floats] = {}

    @cached_property
    def recorded(self) -> Ints:
        """R of each configuration, at the question with the fewest, shape (B,); 0 without a complete question."""
        complete = self._complete
        return np.asarray(complete.recorded.min(axis=0) if len(complete.counts) else np.zeros(self.pilot.n_configs))

    def right(self, team: Sequence[int]) -> Floats:
        """Probability by question that the team's vote is right, not corrected, shape (Q,).

        ``nan`` where the pilot is not complete.

        Raises:
            SpecError: ``team`` is not one whole number ≥ 0 a configuration, or all 0.
        """
        return self._spread(self._predict(self._team(team)).right)

    def accuracy(self, teams: Iterable[Sequence[int]]) -> tuple[Forecast, ...]:
        """Forecasts of compositions, whose intervals share their resamples.

        Args:
            teams: Agents of each configuration, each of shape (B,).

        Raises:
            SpecError: as in :meth:`right`.
        """
        asked = [self._team(team) for team in teams]
        columns, biases = [self._corrected(team) for team in asked], [self._bias(team) for team in asked]
        estimates = self._estimates(columns, biases, [sum(team) for team in asked], [self._how(t) for t in asked])
        made = zip(asked, estimates, biases, strict=True)
        return tuple(
            Forecast(team, self._warned(estimate, team, bias), bias, self._reach(team), self._predict(team).draw_error)
            for team, estimate, bias in made
        )

    def surface(self, size: int) -> tuple[Forecast, ...]:
        """Forecasts of every composition of a team of ``size``."""
        return self.accuracy(search.compositions(int(whole("size", size, 1)), self.pilot.n_configs))

    def best(self, cost: ArrayLike, budget: float) -> BestTeam:
        """The composition with the greatest accuracy among those that cost no more than ``budget`` together.

        All of them are looked at where they are few, else those of a greedy growth and an exchange. A configuration
        with one replicate is taken at most once: what two of them do was not seen.

        Args:
            cost: Of one agent of each configuration: 1 for calls, its mean tokens, or its price; > 0, shape (B,).
            budget: In the same unit.

        Raises:
            SpecError: a cost that is not positive, a budget that is below the cheapest agent or without end, or a pilot
                without a complete question.
        """
        price = np.asarray(cost, dtype=np.float64)
        if price.shape != (self.pilot.n_configs,):
            raise SpecError(f"cost of shape {price.shape}", key="cost", allowed=f"shape ({self.pilot.n_configs},)")
        if not self.pilot.complete.any():
            raise SpecError(
                "no question was put to every configuration: no team is better than another",
                key="pilot",
                remedy="Record all configurations on the same questions, or forecast some of them alone.",
            )
        looked = search.visit(self._score, price, budget)
        teams = [team for team in looked if self._is_seen(team)] or looked[:1]
        (forecast,) = self.accuracy([teams[0]])
        return BestTeam(forecast, float(np.dot(teams[0], price)), self._held_out(teams), len(teams))

    def ceiling(self, weights: ArrayLike) -> Ceiling:
        """P(argmax Θ̄ = y): endlessly many agents in these proportions.

        Args:
            weights: Shape (B,), ≥ 0; scaled to sum to 1.
        """
        values = limits.limit(self._complete, weights)
        excess = np.zeros(len(values))
        if splits := bool(self.recorded[np.asarray(weights) > 0].min() > 1):
            excess = np.mean([limits.limit(half, weights) for half in self._halves], axis=0) - values
        bias = float(excess.mean()) if splits and len(excess) else float("nan")
        (estimate,) = self._estimates([values - excess], [bias], [0], ["endlessly many agents, shares plugged in"])
        return Ceiling(tuple(np.asarray(weights, dtype=np.float64).tolist()), estimate, bias)

    def margins(self, weights: ArrayLike) -> Floats:
        """Δ_q = Θ̄_y − max over a ≠ y of Θ̄_a by question, shape (Q,); see ``margin_histogram``."""
        return self._spread(limits.margins(self._complete, weights))

    def approach(self, weights: ArrayLike) -> float:
        """γ of ceiling − Acc(N) ∝ N^−γ over six doublings from twice the pilot; ``nan`` where it is no power.

        Where questions near a tie are as many on either side the gap closes like N^−1 or faster; a surplus of
        questions just on the wrong side makes the accuracy fall to its ceiling.
        """
        shares = np.asarray(weights, dtype=np.float64)
        ends = limits.limit(self._complete, shares)
        if not len(ends):
            return float("nan")
        ceiling = float(ends.mean())
        sizes = limits.doubled(2 * max(1, int(self.recorded.max())) + 1, _APPROACH)
        made = [self._predict(limits.rounded(shares, size)) for size in sizes]
        return limits.approach(sizes, [ceiling - one.right.mean() for one in made], [one.draw_error for one in made])

    @cached_property
    def _complete(self) -> Pilot:
        return self.pilot.at(self.pilot.complete)

    @cached_property
    def _halves(self) -> tuple[Pilot, Pilot]:
        return self._complete.halves(keyed(self._seed, "forecast", "halves"))

    def _team(self, team: Sequence[int]) -> Team:
        take = whole("team", team)
        if take.shape != (self.pilot.n_configs,) or not take.any():
            allowed = f"{self.pilot.n_configs} whole numbers, one a configuration, not all 0"
            raise SpecError(f"team {take.tolist()}", key="team", allowed=allowed)
        return tuple(int(m) for m in take)

    def _predict(self, team: Team) -> Prediction:
        if team not in self._known:
            self._known[team] = predict(self._complete, team, self._seed)
        return self._known[team]

    def _excess(self, team: Team) -> Floats:
        """What plugging in adds at each question: the vote at R/2 less that at R; 0 where nothing can be split."""
        if team not in self._excesses:
            outside = beyond(self._complete, team)
            excess = np.zeros(len(self._complete.counts))
            if outside.any() and self.recorded[outside].min() > 1:
                halves = [predict(with_half(self._complete, half, team), team, self._seed) for half in self._halves]
                excess = np.mean([half.right for half in halves], axis=0) - self._predict(team).right
            self._excesses[team] = excess
        return self._excesses[team]

    def _corrected(self, team: Team) -> Floats:
        return np.asarray(self._predict(team).right - self._excess(team))

    def _bias(self, team: Team) -> float:
        outside = beyond(self._complete, team)
        if outside.any() and self.recorded[outside].min() < 2:
            return float("nan")
        return float(self._excess(team).mean()) if len(self._complete.counts) else 0.0

    def _score(self, team: Team) -> float:
        return float(self._corrected(team).mean()) if self._is_seen(team) else -np.inf

    def _is_seen(self, team: Team) -> bool:
        """Whether it takes no two of a configuration with one replicate."""
        return all(m < 2 or r > 1 for m, r in zip(team, self.recorded, strict=True))

    def _reach(self, team: Team) -> float:
        return max((m / max(int(r), 1) for m, r in zip(team, self.recorded, strict=True)), default=0.0)

    def _how(self, team: Team) -> str:
        plugged = beyond(self._complete, team).any()
        drawn = "drawn" if self._predict(team).draw_error else "exact"
        return f"{'shares plugged in' if plugged else 'all sub-teams of the pilot'}, {drawn}"

    def _estimates(
        self, columns: Sequence[Floats], biases: Sequence[float], sizes: Sequence[int], how: Sequence[str]
    ) -> list[Estimate]:
        values = np.stack([self._spread(column) for column in columns], axis=1)
        found = bootstrap_means(values, seed=self._seed, resamples=self._resamples, task=self._task)
        warnings = () if self.pilot.complete.all() else (f"{(~self.pilot.complete).sum()} {_LEFT_OUT}",)
        n_missing = int(self._complete.missing.sum())
        off = [0.0 if math.isnan(bias) else bias for bias in biases]
        return [
            Estimate(
                value=float(np.clip(value, 0.0, 1.0)),
                low=float(np.clip(low - abs(bias), 0.0, 1.0)),
                high=float(np.clip(high + abs(bias), 0.0, 1.0)),
                n_items=int(n_items),
                n_agents=size,
                n_missing=n_missing,
                method=f"{told}; 95 % bootstrap over questions, longer by the correction",
                warnings=warnings,
            )
            for value, low, high, n_items, bias, size, told in zip(*found, off, sizes, how, strict=True)
        ]

    def _warned(self, estimate: Estimate, team: Team, bias: float) -> Estimate:
        said = [(_TOO_FAR, self._reach(team) > FAR), (_NO_HALVES, math.isnan(bias))]
        return replace(estimate, warnings=(*estimate.warnings, *(text for text, holds in said if holds)))

    def _held_out(self, teams: Sequence[Team]) -> float:
        values = np.stack([self._corrected(team) for team in teams])
        first = keyed(self._seed, "forecast", "folds").permutation(values.shape[1]) % 2 == 0
        if first.all() or not first.any():
            return float("nan")
        judged = [values[values[:, choose].mean(axis=1).argmax(), ~choose] for choose in (first, ~first)]
        return float(np.concatenate(judged).mean())

    def _spread(self, values: Floats) -> Floats:
        """Values of the complete questions at their places among all."""
        out = np.full(len(self.pilot.counts), np.nan)
        out[self.pilot.complete] = values
        return out
