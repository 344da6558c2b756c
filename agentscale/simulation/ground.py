"""What is fixed in a world before anybody is asked: its questions, who prefers which channel, and habits.

Every draw is keyed by the world's seed and by what it is for, and by nothing else, so that what was drawn for one run
is there for every other. What is remembered here may be forgotten: it is drawn again, the same. Knows no agents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation.parameters import WorldParameters

_QUESTIONS, _HABITS = 2**14, 2**16  # what is remembered (some 30 MB)
_LEAST = 1e-6  # of a family's preference, so that its members' Dirichlet law exists


class Questions(NamedTuple):
    """Q questions of the world, with K channels each."""

    solvability: NDArray[np.float64]
    """α, shape (Q,)."""
    targets: NDArray[np.int16]
    """What every channel finds, shape (Q, K); 0 where it succeeds."""
    n_options: NDArray[np.int64]
    """C, shape (Q,)."""

    def among(self, some: slice) -> Questions:
        """The questions of ``some``."""
        return Questions(self.solvability[some], self.targets[some], self.n_options[some])


class Habits(NamedTuple):
    """What the agents of one configuration do on Q questions unless they leave their habit."""

    channel: NDArray[np.int64]
    """k0, shape (Q,)."""
    luck: NDArray[np.float64]
    """Shape (Q,): the habit is unreadable where this is below the model's failure rate."""

    def among(self, some: slice) -> Habits:
        """The habits on the questions of ``some``."""
        return Habits(self.channel[some], self.luck[some])


class Preference(NamedTuple):
    """How likely a fresh agent is to use each channel."""

    share: NDArray[np.float64]
    """π_ms, shape (K,)."""
    cumulative: NDArray[np.float64]
    """Shape (K,), the last exactly 1."""


class Ground:
    """The facts of a world.

    Args:
        parameters: All that the world is.
    """

    def __init__(self, parameters: WorldParameters) -> None:
        self.parameters = parameters
        self.preference = lru_cache(_HABITS)(self._draw_preference)
        """The preference of a model, or of a model with a persona."""
        self.question = lru_cache(_QUESTIONS)(self._draw_question)
        """`questions` of one id and its number of options."""
        self._habit = lru_cache(_HABITS)(self._draw_habit)

    def questions(self, ids: Sequence[str], n_options: int | Sequence[int]) -> Questions:
        """The questions of these ids.

        Args:
            ids: Q ≥ 1.
            n_options: C ≥ 2 of all questions, or of each.

        Raises:
            SpecError: for fewer than two options.
        """
        sizes = [n_options] * len(ids) if isinstance(n_options, int) else n_options
        return Questions(*map(np.concatenate, zip(*map(self.question, ids, sizes), strict=True)))

    def habits(self, ids: Sequence[str], model: int, persona: str | None) -> Habits:
        """The habits of one configuration on these questions.

        Raises:
            SpecError: where the world has no such model.
        """
        draws = np.array([self._habit(question, model, persona) for question in ids])
        return Habits(self.preference(model, persona).cumulative.searchsorted(draws[:, 0], side="right"), draws[:, 1])

    def check_model(self, model: int) -> None:
        """Refuses a model that the world does not have.

        Raises:
            SpecError: where the world has no such model.
        """
        if not 0 <= model < self.parameters.models:
            raise SpecError(
                f"model {model} is not in this world of {self.parameters.models}",
                key="simulated.model",
                allowed=f"0 to {self.parameters.models - 1}, or raise `models` in the world's parameters",
            )

    def _draw_question(self, question: str, n_options: int) -> Questions:
        p = self.parameters
        if n_options < 2:
            raise SpecError(f"question {question!r} has {n_options} possible answer(s)", allowed="2 or more")
        rng = keyed(p.seed, "question", question)
        solvability = float(rng.beta(p.solvability_a, p.solvability_b))
        shared, *own = rng.standard_normal(p.channels + 1)
        skill = math.sqrt(p.monoculture) * shared + math.sqrt(1 - p.monoculture) * np.array(own)
        threshold = NormalDist().inv_cdf(min(max(solvability, 1e-300), 1 - 1e-16))
        common = _wrong(rng.random(), n_options)
        attracted = rng.random(p.channels) < p.attractor
        astray = np.where(attracted, common, _wrong(rng.random(p.channels), n_options))
        targets = np.where(skill < threshold, 0, astray).astype(np.int16)
        return Questions(np.array([solvability]), targets[None], np.array([n_options]))

    def _draw_habit(self, question: str, model: int, persona: str | None) -> tuple[float, float]:
        named = () if persona is None else (persona,)
        channel, luck = keyed(self.parameters.seed, "habit", question, model, *named).random(2).tolist()
        return channel, luck

    def _draw_preference(self, model: int, persona: str | None = None) -> Preference:
        self.check_model(model)
        p = self.parameters
        share = keyed(p.seed, "affinity", model).dirichlet(self._leaning(model))
        if persona is not None:
            share = share * np.exp(p.persona_tilt * keyed(p.seed, "persona", persona).standard_normal(p.channels))
            share = share / share.sum()
        cumulative = np.cumsum(share)
        cumulative[-1] = 1.0
        return Preference(share, cumulative)

    def _leaning(self, model: int) -> NDArray[np.float64]:
        """The weights of the Dirichlet law of a model's preference: its family's, where there are families."""
        p = self.parameters
        alone = np.full(p.channels, p.affinity)
        if p.families == 0:
            return alone
        family = keyed(p.seed, "family", model % p.families).dirichlet(alone)
        return p.family_affinity * np.maximum(family, _LEAST)


def _wrong(uniform: float | NDArray[np.float64], n_options: int) -> NDArray[np.int64]:
    """Uniform draws in [0, 1) to wrong options 1 … C−1."""
    return 1 + (np.asarray(uniform) * (n_options - 1)).astype(np.int64)
