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

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation.cosines import Cosines, fit_weights
from agentscale.simulation.embedding import EmbeddingParameters
from agentscale.simulation.fitted import Block, Fit, Fitted, Free
from agentscale.simulation.flips import Changes, copying_block
from agentscale.simulation.moments import Design, Moments, counted_moments, law_moments
from agentscale.simulation.numbers import Company, Numbers
from agentscale.simulation.parameters import WorldParameters

Floats = NDArray[np.float64]

_WORLDS, _QUESTIONS = 6, 1500  # behind the moments of a parameter
_REPEATS = 60  # worlds of the run's own size, behind the covariance
_COMPANIES = 100  # worlds of that size, behind what pairs of agents have in common
_STEPS = 8  # of Gauss and Newton
_STILL = 0.01  # a step this small is the last one
_NUDGE = 0.08  # of a transformed parameter, for its derivative: wide enough to move many thresholds
_RIDGE = 1e-7  # of a moment's variance: one that never varies must not weigh without end


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


class Calibration(NamedTuple):
    """A world that votes, debates and writes like a run."""

    parameters: WorldParameters
    fitted: tuple[Fitted, ...]
    fits: tuple[Fit, ...]
    chi2: float
    """Σ of squared, decorrelated deviations of the moments; votes, changes and cosines count as independent."""
    degrees: float
    """Moments that vary, less the parameters' effective number, which counts one that the prior holds as none."""
    weights: EmbeddingParameters | None = None
    """The weights of the world's embeddings, where there were vectors."""
    absent: tuple[str, ...] = ()
    """The kinds of moments that the run does not have: of `CHANGES` and `COSINES`."""

    @property
    def p_value(self) -> float:
        """How often a true world would fit worse; small where no world of this kind votes like the run."""
        return float(special.chdtrc(max(1.0, self.degrees), self.chi2))


CHANGES, COSINES = "changes of answer", "mean cosines"


def calibrate(
    counts: NDArray[np.integer],
    design: Design,
    changes: Changes | None = None,
    cosines: Cosines | None = None,
    start: WorldParameters | None = None,
    seed: int = 0,
) -> Calibration:
    """The world whose votes have the moments of a run, and whose agents copy and write as those of the run did.

    Args:
        counts: The run's agents by answer, shape (Q, B, C + 1): 0 is right, what cannot be read last.
        design: Who voted.
        changes: Changes of answer in debates, where there were any.
        cosines: How alike what they said is, where there are vectors.
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
    at = fitting.search()
    curved = fitting.curved(at)
    found, absent = fitting.report(at, curved), []
    if changes is not None and len(changes.turned):
        block = copying_block(changes)
        copying = {each.name: each.value for each in block.fitted}
        found = _with(found, block)._replace(parameters=found.parameters.model_copy(update=copying))
    else:
        absent.append(CHANGES)
    if cosines is not None and cosines.names:
        block = fit_weights(cosines, fitting.companies(at, curved.posterior), design)
        weights = {each.name.removeprefix("embedding."): each.value for each in block.fitted}
        found = _with(found, block)._replace(weights=EmbeddingParameters(**weights))
    else:
        absent.append(COSINES)
    return found._replace(absent=tuple(absent))


def _with(found: Calibration, block: Block) -> Calibration:
    """A calibration with more evidence."""
    return found._replace(
        fitted=(*found.fitted, *block.fitted),
        fits=(*found.fits, *block.fits),
        chi2=found.chi2 + block.chi2,
        degrees=found.degrees + block.degrees,
    )


def _held(start: WorldParameters, counts: NDArray[np.integer], design: Design) -> WorldParameters:
    """The starting point with the run's number of models and their counted rates of failure."""
    lost = counts[:, :, -1].sum(axis=0)
    models = np.array(design.models)
    n_models = int(models.max()) + 1
    asked = np.array(design.sizes) * len(counts)
    rates = [float(lost[models == m].sum() / max(1, asked[models == m].sum())) for m in range(n_models)]
    return start.model_copy(update={"models": n_models, "parse_failure": tuple(rates)})


class _Curved(NamedTuple):
    """A point of the scale without ends, as run and prior hold it."""

    covariance: Floats
    """Of the moments."""
    curvature: Floats
    """Of the distance between run and world, over parameters."""
    posterior: Floats
    """Covariance of the parameters."""


class _Fitting:
    """One fit: the run's moments, and the random numbers that all parameters share."""

    def __init__(
        self, run: Moments, design: Design, n_options: int, n_questions: int, held: WorldParameters, seed: int
    ) -> None:
        self.run, self.design, self.n_options, self.n_questions, self.held = run, design, n_options, n_questions, held
        self.seed = seed
        self.prior = np.array([free.prior for free in FREE])
        self.shared = [Numbers(seed, world, _QUESTIONS, design, held, n_options) for world in range(_WORLDS)]

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
            numbers = Numbers(self.seed, 1000 + repeat, self.n_questions, self.design, self.held, self.n_options)
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
            weights = _precision(self.covariance(at))
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

    def companies(self, at: Floats, posterior: Floats) -> list[Company]:
        """Of worlds of the run's own size, as far as the run leaves their parameters open."""
        rng, made = keyed(self.seed, "companies"), []
        for repeat, point in enumerate(rng.multivariate_normal(at, posterior, size=_COMPANIES)):
            numbers = Numbers(self.seed, 2000 + repeat, self.n_questions, self.design, self.held, self.n_options)
            made.append(numbers.company(self.parameters(point)))
        return made

    def curved(self, at: Floats) -> _Curved:
        """How run and prior hold a point."""
        spread = self.covariance(at)
        slopes = self.slopes(at)
        curvature = slopes.T @ _precision(spread) @ slopes
        precision = np.diag(self.prior[:, 1] ** -2)
        return _Curved(spread, curvature, np.asarray(np.linalg.inv(curvature + precision), np.float64))

    def report(self, at: Floats, curved: _Curved) -> Calibration:
        """What was found at a point, with intervals from the curvature there."""
        spread, curvature, posterior = curved
        weights = _precision(spread)
        errors = np.sqrt(np.diag(posterior))
        fitted = tuple(free.found(*each) for free, *each in zip(FREE, at.tolist(), errors.tolist(), strict=True))
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


def _precision(covariance: Floats) -> Floats:
    """The inverse of a covariance of p moments that R repeats have estimated.

    The plain inverse is too large by (R − 1)/(R − p − 2) (Hartlap, Simon and Schneider, A&A 464, 2007): intervals would
    be too narrow, and true worlds would seem not to fit.
    """
    shrunk = (_REPEATS - len(covariance) - 2) / (_REPEATS - 1)
    return np.asarray(shrunk * np.linalg.inv(covariance), np.float64)


def _voted(theta: Floats, design: Design, rng: np.random.Generator) -> NDArray[np.int64]:
    """Counts of agents that vote by their laws, shape (Q, B, C + 1)."""
    lost = np.clip(1.0 - theta.sum(axis=2, keepdims=True), 0.0, 1.0)
    whole = np.concatenate([theta, lost], axis=2)
    return rng.multinomial(np.array(design.sizes), whole / whole.sum(axis=2, keepdims=True))
