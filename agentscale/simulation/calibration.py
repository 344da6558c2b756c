"""Fits a world to a recorded run by simulated moments, and says which of its parameters the run can tell.

The world's moments are computed from the laws of its configurations on many questions of several worlds, with the same
random numbers for every parameter, so that they change with the parameters alone. The distance to the run's moments is
weighed by their covariance over repeated worlds of the run's own size, which holds all chance: questions, agents, and
which channels a model happens to prefer. Every parameter enters with its range as a weak prior; one whose interval is
not much narrower than that is reported as not identified.

Method: D. McFadden, "A method of simulated moments for estimation of discrete response models without numerical
integration", Econometrica 57, 1989; here with a normal prior, so that what is not identified stays in its range.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation.flips import Changes, Copying, fit_copying
from agentscale.simulation.moments import Design, Moments, counted_moments, law_moments
from agentscale.simulation.parameters import WorldParameters
from agentscale.simulation.truth import answer_law

Floats = NDArray[np.float64]

_WORLDS, _QUESTIONS = 6, 1500  # behind the moments of a parameter
_REPEATS = 60  # worlds of the run's own size, behind the covariance
_STEPS = 8  # of Gauss and Newton
_STILL = 0.01  # a step this small is the last one
_NUDGE = 0.08  # of a transformed parameter, for its derivative: wide enough to move many thresholds
_RIDGE = 1e-7  # of a moment's variance: one that never varies must not weigh without end
_TELLING = 0.5  # an identified parameter's spread is below this share of its prior's
_Z = 1.959964


class Free(NamedTuple):
    """A parameter that is fitted, on a scale without ends."""

    name: str
    low: float
    high: float
    """Its usual range (theory.md, section 11.2): the central 95 % of its prior."""
    scale: str
    """``log`` or ``logit``."""

    def out(self, value: float) -> float:
        """To the scale without ends."""
        return math.log(value) if self.scale == "log" else math.log(value / (1.0 - value))

    def back(self, value: float) -> float:
        """From it."""
        return math.exp(value) if self.scale == "log" else 1.0 / (1.0 + math.exp(-value))

    @property
    def prior(self) -> tuple[float, float]:
        """Mean and spread on that scale."""
        low, high = self.out(self.low), self.out(self.high)
        return (low + high) / 2.0, (high - low) / (2.0 * _Z)


FREE = (
    Free("solvability", 0.1, 0.9, "logit"),
    Free("solvability_spread", 0.1, 0.7, "logit"),
    Free("monoculture", 0.05, 0.9, "logit"),
    Free("attractor", 0.1, 0.9, "logit"),
    Free("fresh", 0.05, 0.95, "logit"),
    Free("affinity", 0.2, 5.0, "log"),
    Free("fidelity_wrong", 0.6, 0.99, "logit"),
)
"""What is fitted: for a and b of the solvability its mean, a/(a+b), and its spread, 1/(1+a+b). The other parameters are
held at those of the starting point; rates of failure are counted, and copying has a likelihood of its own."""


def value_of(parameters: WorldParameters, name: str) -> float:
    """The value that a fitted parameter has in a world."""
    a, b = parameters.solvability_a, parameters.solvability_b
    derived = {"solvability": a / (a + b), "solvability_spread": 1.0 / (1.0 + a + b)}
    return derived[name] if name in derived else float(getattr(parameters, name))


class Fitted(NamedTuple):
    """One parameter."""

    name: str
    value: float
    low: float
    high: float
    """Its 95 % interval; for one that is not identified, what prior and run leave open."""
    identified: bool


class Fit(NamedTuple):
    """One moment."""

    name: str
    run: float
    world: float
    z: float
    """Run minus world, in standard deviations of worlds of the run's size."""


class Calibration(NamedTuple):
    """A world that votes like a run."""

    parameters: WorldParameters
    fitted: tuple[Fitted, ...]
    fits: tuple[Fit, ...]
    chi2: float
    """Σ of squared, decorrelated deviations of the moments."""
    degrees: float
    """Moments that vary, less the parameters' effective number, which counts one that the prior holds as none."""

    @property
    def p_value(self) -> float:
        """How often a true world would fit worse; small where no world of this kind votes like the run."""
        return float(special.chdtrc(max(1.0, self.degrees), self.chi2))


def calibrate(
    counts: NDArray[np.integer],
    design: Design,
    changes: Changes | None = None,
    start: WorldParameters | None = None,
    seed: int = 0,
) -> Calibration:
    """The world whose votes have the moments of a run, and whose agents copy as those of the run did.

    Args:
        counts: The run's agents by answer, shape (Q, B, C + 1): 0 is right, what cannot be read last.
        design: Who voted.
        changes: Changes of answer in debates, where there were any.
        start: What is held, such as the number of channels; by default the usual world.
        seed: Of the random numbers that all parameters share.

    Raises:
        SpecError: for fewer than 20 questions, or no two agents.
    """
    if len(counts) < 20 or sum(design.sizes) < 2:
        raise SpecError(
            f"{len(counts)} questions to {sum(design.sizes)} agents",
            key="like",
            allowed="20 questions, 2 agents, or more",
        )
    n_options = counts.shape[2] - 1
    held = _held(start or WorldParameters(), counts, design)
    fitting = _Fitting(counted_moments(counts, design), design, n_options, len(counts), held, seed)
    found = fitting.report(fitting.search())
    return found if changes is None or not len(changes.turned) else _with_copying(found, fit_copying(changes))


def _with_copying(found: Calibration, copying: Copying) -> Calibration:
    """A calibration with the copying of debates."""
    kappa, (spread, spread_advantage) = copying.logit_kappa, copying.spreads
    ends = [float(special.expit(kappa + side * _Z * spread)) for side in (0, -1, 1)]
    telling = [own < _TELLING * prior for own, prior in zip(copying.spreads, copying.prior_spreads, strict=True)]
    reach = _Z * spread_advantage
    more = (
        Fitted("copying", ends[0], ends[1], ends[2], telling[0]),
        Fitted("truth_advantage", copying.advantage, copying.advantage - reach, copying.advantage + reach, telling[1]),
    )
    changed = {each.name: each.value for each in more}
    return found._replace(parameters=found.parameters.model_copy(update=changed), fitted=(*found.fitted, *more))


def _held(start: WorldParameters, counts: NDArray[np.integer], design: Design) -> WorldParameters:
    """The starting point with the run's number of models and their counted rates of failure."""
    lost = counts[:, :, -1].sum(axis=0)
    models = np.array(design.models)
    n_models = int(models.max()) + 1
    asked = np.array(design.sizes) * len(counts)
    rates = [float(lost[models == m].sum() / max(1, asked[models == m].sum())) for m in range(n_models)]
    return start.model_copy(update={"models": n_models, "parse_failure": tuple(rates)})


class _Fitting:
    """One fit: the run's moments, and the random numbers that all parameters share."""

    def __init__(
        self, run: Moments, design: Design, n_options: int, n_questions: int, held: WorldParameters, seed: int
    ) -> None:
        self.run, self.design, self.n_options, self.n_questions, self.held = run, design, n_options, n_questions, held
        self.seed = seed
        self.prior = np.array([free.prior for free in FREE])
        self.shared = [_Numbers(seed, world, _QUESTIONS, design, held, n_options) for world in range(_WORLDS)]

    def parameters(self, at: Floats) -> WorldParameters:
        """The world at a point of the scale without ends."""
        changed = {free.name: free.back(float(x)) for free, x in zip(FREE, at, strict=True)}
        mean, total = changed.pop("solvability"), 1.0 / changed.pop("solvability_spread") - 1.0
        return self.held.model_copy(
            update={**changed, "solvability_a": mean * total, "solvability_b": (1.0 - mean) * total}
        )

    def moments(self, at: Floats) -> Floats:
        """Of the world at a point."""
        parameters = self.parameters(at)
        means = [law_moments(each.theta(parameters), self.design).means for each in self.shared]
        return np.asarray(np.mean(means, axis=0))

    def covariance(self, at: Floats) -> Floats:
        """Of the moments over worlds of the run's own size."""
        parameters, means = self.parameters(at), []
        for repeat in range(_REPEATS):
            numbers = _Numbers(self.seed, 1000 + repeat, self.n_questions, self.design, self.held, self.n_options)
            counts = _voted(numbers.theta(parameters), self.design, keyed(self.seed, "voted", repeat))
            means.append(counted_moments(counts, self.design).means)
        spread = np.cov(np.array(means).T)
        return np.asarray(spread + np.diag(np.full(len(spread), _RIDGE)), np.float64)

    def slopes(self, at: Floats) -> Floats:
        """Derivatives of the moments, shape (moments, parameters)."""
        sides = [self.moments(at + step) - self.moments(at - step) for step in np.eye(len(at)) * _NUDGE]
        return np.stack(sides, axis=1) / (2.0 * _NUDGE)

    def search(self) -> Floats:
        """The point of least distance to run and prior, by damped Gauss–Newton steps."""
        at = self.prior[:, 0].copy()
        for _ in range(2):  # the covariance is that of the point found, so it is looked up again there
            weights = np.asarray(np.linalg.inv(self.covariance(at)), np.float64)
            for _ in range(_STEPS):
                before, at = at, self._stepped(at, weights)
                if np.abs(at - before).max() < _STILL:
                    break
        return at

    def _stepped(self, at: Floats, weights: Floats) -> Floats:
        slopes, off = self.slopes(at), self.run.means - self.moments(at)
        precision = np.diag(self.prior[:, 1] ** -2)
        gradient = slopes.T @ weights @ off - precision @ (at - self.prior[:, 0])
        step = np.linalg.solve(slopes.T @ weights @ slopes + precision, gradient)
        now = self._distance(at, weights)
        for shrunk in (1.0, 0.5, 0.25, 0.1):
            there = at + shrunk * np.clip(step, -1.0, 1.0)
            if self._distance(there, weights) < now:
                return np.asarray(there)
        return at

    def _distance(self, at: Floats, weights: Floats) -> float:
        off = self.run.means - self.moments(at)
        away = (at - self.prior[:, 0]) / self.prior[:, 1]
        return float(off @ weights @ off + away @ away)

    def report(self, at: Floats) -> Calibration:
        """What was found at a point, with intervals from the curvature there."""
        spread = self.covariance(at)
        slopes, weights = self.slopes(at), np.linalg.inv(spread)
        curvature = slopes.T @ weights @ slopes
        posterior = np.linalg.inv(curvature + np.diag(self.prior[:, 1] ** -2))
        errors = np.sqrt(np.diag(posterior))
        fitted = tuple(
            Fitted(
                free.name,
                free.back(x),
                free.back(x - _Z * error),
                free.back(x + _Z * error),
                bool(error < _TELLING * free.prior[1]),
            )
            for free, x, error in zip(FREE, at.tolist(), errors.tolist(), strict=True)
        )
        world = self.moments(at)
        off = self.run.means - world
        fits = tuple(
            Fit(name, float(run), float(ours), float(distance / error))
            for name, run, ours, distance, error in zip(
                self.run.names, self.run.means, world, off, np.sqrt(np.diag(spread)), strict=True
            )
        )
        degrees = float(np.sum(np.diag(spread) > 2.0 * _RIDGE) - np.trace(posterior @ curvature))
        return Calibration(self.parameters(at), fitted, fits, float(off @ weights @ off), degrees)


class _Numbers:
    """The random numbers of one world and its questions, from which every parameter makes its own world."""

    def __init__(
        self, seed: int, world: int, n_questions: int, design: Design, held: WorldParameters, n_options: int
    ) -> None:
        rng, k = keyed(seed, "calibration", world), held.channels
        self.design, self.n_options = design, n_options
        self.solvability = rng.random(n_questions)
        self.common, self.own = rng.standard_normal((n_questions, 1)), rng.standard_normal((n_questions, k))
        self.attracted, self.astray = rng.random((n_questions, k)), rng.integers(1, n_options, (n_questions, k))
        self.attractor = rng.integers(1, n_options, (n_questions, 1))
        self.leaning = rng.random((held.models, k))
        names = sorted({name for name in design.personas if name is not None})
        self.tilt = dict(zip(names, rng.standard_normal((len(names), k)), strict=True))
        self.habit, self.luck = (
            rng.random((len(design.models), n_questions)),
            rng.random((len(design.models), n_questions)),
        )

    def theta(self, p: WorldParameters) -> Floats:
        """Θ of all configurations, shape (Q, B, C)."""
        alpha = special.betaincinv(p.solvability_a, p.solvability_b, self.solvability)
        skill = math.sqrt(p.monoculture) * self.common + math.sqrt(1.0 - p.monoculture) * self.own
        failing = np.where(self.attracted < p.attractor, self.attractor, self.astray)
        targets = np.where(skill < special.ndtri(alpha)[:, None], 0, failing).astype(np.int16)
        options = np.full(len(targets), self.n_options)
        laws = []
        for b, (model, persona) in enumerate(zip(self.design.models, self.design.personas, strict=True)):
            share = self._share(p, model, persona)
            habit = np.minimum(np.cumsum(share).searchsorted(self.habit[b], side="right"), len(share) - 1)
            failure = p.failure_of(model)
            laws.append(answer_law(p, targets, options, share, habit, self.luck[b] < failure, failure))
        return np.stack(laws, axis=1)

    def _share(self, p: WorldParameters, model: int, persona: str | None) -> Floats:
        """π_ms: Dirichlet by gamma quantiles, so that it moves smoothly with its parameter."""
        # In logarithms, since a small affinity leaves most channels a share below what a number can hold.
        gamma = np.log(np.maximum(special.gammaincinv(p.affinity, self.leaning[model]), 1e-300))
        if persona is not None:
            gamma = gamma + p.persona_tilt * self.tilt[persona]
        share = np.exp(gamma - gamma.max())
        return np.asarray(share / share.sum())


def _voted(theta: Floats, design: Design, rng: np.random.Generator) -> NDArray[np.int64]:
    """Counts of agents that vote by their laws, shape (Q, B, C + 1)."""
    lost = np.clip(1.0 - theta.sum(axis=2, keepdims=True), 0.0, 1.0)
    whole = np.concatenate([theta, lost], axis=2)
    return rng.multinomial(np.array(design.sizes), whole / whole.sum(axis=2, keepdims=True))
