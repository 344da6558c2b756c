"""Do the stated 95 % intervals cover the truth? Simulated worlds whose truth is a formula, and how often it is inside.

    python results/derive.py interval-coverage

Every world is drawn from a key of its own, so a row can be derived alone and on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agentscale.analysis import betabinom_jury, bootstrap_means, d2_estimate, icc_estimate, paired_delta
from agentscale.randomness import keyed
from pages import Table
from writing import write_table

APART = "takes a quarter of an hour of one core"
WORLDS, RESAMPLES, QUESTIONS = 2000, 1000, (32, 126, 400)
COLUMNS = "estimand world agents questions worlds truth coverage below above width".split()
A, B = 1.1, 0.75
"""Difficulty: the chance p of a right answer is Beta(A, B) over questions (theory of the simulator, section 11)."""
MEAN, RHO = A / (A + B), 1 / (A + B + 1)


@dataclass(frozen=True)
class Case:
    """A world, an estimand and its truth."""

    estimand: str
    world: str
    agents: int
    truth: float
    draw: Callable[[np.random.Generator, int], Any]
    """A generator and a number of questions to data."""
    interval: Callable[[Any, int], tuple[float, float]]
    """Data and a seed to the ends of the interval."""


def right_answers(agents: int) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Right answers by question of exchangeable agents."""
    return lambda rng, questions: rng.binomial(agents, rng.beta(A, B, size=questions))


def votes(rng: np.random.Generator, questions: int) -> np.ndarray:
    """Scores of the vote of nine agents and of the first three of them, shape (questions, 2)."""
    right = rng.random((questions, 9)) < rng.beta(A, B, size=(questions, 1))
    return np.stack([right.sum(axis=1) > 4, right[:, :3].sum(axis=1) > 1], axis=1).astype(np.float64)


def easy(rng: np.random.Generator, questions: int) -> np.ndarray:
    """One agent that is right nine times in ten."""
    return rng.binomial(1, 0.9, size=questions)


def differing(share: float, up: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Scores of two teams that differ on this share of the questions, this share of those for the better one."""

    def draw(rng: np.random.Generator, questions: int) -> np.ndarray:
        differ, first = rng.random(questions) < share, rng.random(questions) < up
        return np.stack([~differ | first, ~differ | ~first], axis=1).astype(np.float64)

    return draw


def mostly_right(rng: np.random.Generator, questions: int) -> np.ndarray:
    """Right answers by question of three agents that are right nine times in ten, as alike as those of ``right_answers``."""
    return rng.binomial(3, rng.beta(0.9 * (A + B), 0.1 * (A + B), size=questions))


def channels(
    kinds: int, spread: float, likeness: float, agents: int
) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Unit vectors √r e_k + √(1−r) noise, channel k of each agent drawn from a Dirichlet law of the question."""

    def draw(rng: np.random.Generator, questions: int) -> np.ndarray:
        edges = rng.dirichlet(np.full(kinds, spread), size=questions).cumsum(axis=1)
        chosen = (rng.random((questions, agents, 1)) > edges[:, None, :-1]).sum(axis=-1)
        noise = rng.standard_normal((questions, agents, NOISE))
        noise /= np.linalg.norm(noise, axis=-1, keepdims=True)
        return np.concatenate([np.sqrt(likeness) * np.eye(kinds)[chosen], np.sqrt(1 - likeness) * noise], axis=-1)

    return draw


NOISE = 64


def d2(kinds: int, spread: float, likeness: float) -> float:
    """1/E[G²]: two agents share a channel with probability (κ + 1)/(Kκ + 1); isotropic noise adds (1 − r)²/d."""
    return 1 / (likeness**2 * (spread + 1) / (kinds * spread + 1) + (1 - likeness) ** 2 / NOISE)


def of_mean(agents: int) -> Callable[[np.ndarray, int], tuple[float, float]]:
    """The interval of accuracy."""

    def interval(right: np.ndarray, seed: int) -> tuple[float, float]:
        found = bootstrap_means(right[:, None] / agents, seed=seed, resamples=RESAMPLES)
        return float(found.low[0]), float(found.high[0])

    return interval


def of_mean_plainly(right: np.ndarray, seed: int) -> tuple[float, float]:
    """The percentile interval of accuracy, which is not what agentscale gives."""
    means = keyed(seed, "percentile").binomial(len(right), right.mean(), size=RESAMPLES) / len(right)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def of_delta(scores: np.ndarray, seed: int) -> tuple[float, float]:
    """The interval of a paired difference."""
    found = paired_delta(scores[:, 0], scores[:, 1], seed=seed, resamples=RESAMPLES)
    return found.low, found.high


def of_icc(agents: int) -> Callable[[np.ndarray, int], tuple[float, float]]:
    """The interval of ρ."""

    def interval(right: np.ndarray, seed: int) -> tuple[float, float]:
        found = icc_estimate(right, agents, seed=seed, resamples=RESAMPLES)
        return found.low, found.high

    return interval


def of_d2(vectors: np.ndarray, seed: int) -> tuple[float, float]:
    """The interval of D_2."""
    found = d2_estimate(vectors, seed=seed, resamples=RESAMPLES)
    return found.low, found.high


def jury(n: int) -> float:
    """Accuracy of the vote of n."""
    return float(betabinom_jury(MEAN, RHO, n))


CASES = (
    Case("accuracy", "mean of equal agents", 16, MEAN, right_answers(16), of_mean(16)),
    Case("accuracy", "vote", 9, jury(9), lambda rng, q: votes(rng, q)[:, 0], of_mean(1)),
    Case("accuracy", "one agent, right in 90 %", 1, 0.9, easy, of_mean(1)),
    Case("paired delta", "vote of 9 against 3 of them", 9, jury(9) - jury(3), votes, of_delta),
    Case("rho", "equal agents", 2, RHO, right_answers(2), of_icc(2)),
    Case("rho", "equal agents", 4, RHO, right_answers(4), of_icc(4)),
    Case("rho", "equal agents", 16, RHO, right_answers(16), of_icc(16)),
    Case("D_2", "12 channels, uneven", 4, d2(12, 0.6, 0.9), channels(12, 0.6, 0.9, 4), of_d2),
    Case("D_2", "4 channels, even", 16, d2(4, 2.0, 0.8), channels(4, 2.0, 0.8, 16), of_d2),
)


DIFFER, SELDOM, UP = 1 / 8, 0.03, 0.75
EDGES = (
    (Case("accuracy, by percentiles", "one agent, right in 90 %", 1, 0.9, easy, of_mean_plainly), 32),
    (Case("paired delta", "one in 8 differs", 1, DIFFER / 2, differing(DIFFER, UP), of_delta), 32),
    (Case("paired delta", "3 in 100 differ", 1, SELDOM / 2, differing(SELDOM, UP), of_delta), 64),
    (Case("rho", "right in 90 %", 3, RHO, mostly_right, of_icc(3)), 32),
    (Case("rho", "right in 90 %", 3, RHO, mostly_right, of_icc(3)), 64),
)
"""What agentscale gave up, and where what it gives falls short: cases and their questions."""


def row(case: Case, questions: int, worlds: int = WORLDS) -> dict[str, str]:
    """How often the interval holds the truth, lies below it, or above it."""
    ends = np.array([case.interval(*_world(case, questions, world)) for world in range(worlds)])
    low, high = ends[np.isfinite(ends).all(axis=1)].T  # a world in which all is right has no correlation
    below, above = float(np.mean(high < case.truth)), float(np.mean(low > case.truth))
    numbers = (case.truth, 1 - below - above, below, above, float(np.mean(high - low)))
    head = (case.estimand, case.world, str(case.agents), str(questions), str(worlds))
    return dict(zip(COLUMNS, (*head, *(f"{number:.4f}" for number in numbers)), strict=True))


def rows(worlds: int = WORLDS) -> Iterator[dict[str, str]]:
    """The table."""
    for case in CASES:
        for questions in QUESTIONS:
            yield row(case, questions, worlds)


def _world(case: Case, questions: int, world: int) -> tuple[Any, int]:
    return case.draw(keyed(1, "coverage", case.estimand, case.world, case.agents, questions, world), questions), world


def design() -> dict[str, Any]:
    """What was drawn, and how well a share of worlds is known."""
    return {
        "a": A,
        "b": B,
        "accuracy": MEAN,
        "rho_inverse": 1 / RHO,
        "worlds": WORLDS,
        "resamples": RESAMPLES,
        "level": 0.95,
        "two_errors": 2 * float(np.sqrt(0.95 * 0.05 / WORLDS)),
        "easy": 0.9,
        "differ": DIFFER,
        "seldom": SELDOM,
    }


def answer(coverages: list[float]) -> dict[str, Any]:
    """The line of the front page."""
    return {
        "question": "Do the stated intervals hold the truth as often as they say?",
        "answer": "Yes, for accuracy, paired differences, correlations and channels (share of worlds: mean and range of cases)",
        "value": float(np.mean(coverages)),
        "low": min(coverages),
        "high": max(coverages),
        "form": "percent",
        "measured": "simulated worlds, truth by formula",
    }


def derive(source: Path, out: Path) -> None:
    """Writes the tables."""
    write_table(out, "coverage", rows())
    write_table(out, "edges", [row(case, questions) for case, questions in EDGES])
    summarize(out)


def summarize(out: Path) -> None:
    """Writes what follows from the table ``coverage``."""
    write_table(out, "design", [design()])
    coverages = [each["coverage"] for each in Table(out / "tables" / "coverage.csv")]
    write_table(out, "answer", [answer(coverages)])


def _world(case: Case, questions: int, world: int) -> tuple[Any, int]:
    return case.draw(keyed(1, "coverage", case.estimand, case.world, case.agents, questions, world), questions), world
