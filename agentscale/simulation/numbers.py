"""The random numbers of a world and its questions, from which every choice of parameters makes a world of its own.

The numbers stay while the parameters change, so what is computed from them changes with the parameters alone. Used to
fit worlds to runs; the worlds that agents are asked in draw theirs elsewhere (`Ground`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agentscale.randomness import keyed
from agentscale.simulation.moments import Design
from agentscale.simulation.parameters import WorldParameters
from agentscale.simulation.truth import answer_law

Floats = NDArray[np.float64]


class Company(NamedTuple):
    """Two agents of configurations a and b that can both be read: shares of all pairs, averaged over questions.

    First those that give the same answer, then those that do not; of one configuration they are two copies.
    """

    pairs: Floats
    """Shape (2, B, B)."""
    in_channel: Floats
    """Those of them that use one channel, shape (2, B, B)."""


class Numbers:
    """The random numbers of one world and its questions, from which every parameter makes its own world."""

    def __init__(
        self, seed: int, world: int, n_questions: int, design: Design, held: WorldParameters, n_options: int
    ) -> None:
        rng, k = keyed(seed, "calibration", world), held.channels
        self.design, self.held, self.n_options = design, held, n_options
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
        targets = self._targets(p)
        options = np.full(len(targets), self.n_options)
        laws = [
            answer_law(p, targets, options, share, habit, fails, p.failure_of(model))
            for model, (share, habit, fails) in zip(self.design.models, self._configs(p), strict=True)
        ]
        return np.stack(laws, axis=1)

    def company(self, p: WorldParameters) -> Company:
        """How often two agents that can be read meet in a channel, and say the same."""
        targets, theta, k = self._targets(p), self.theta(p), self.held.channels
        rows, used = np.arange(len(targets)), []
        for model, (share, habit, fails) in zip(self.design.models, self._configs(p), strict=True):
            uses = np.broadcast_to(p.fresh * (1.0 - p.failure_of(model)) * share, (len(targets), k)).copy()
            uses[rows, habit] += (1.0 - p.fresh) * ~fails
            used.append(uses)
        channels = np.stack(used, axis=1)
        said = np.where(targets == 0, p.fidelity_right, p.fidelity_wrong)
        alike = said**2 + (1.0 - said) ** 2 / (self.n_options - 1)
        readable = theta.sum(axis=2)
        return Company(
            np.stack([_met(theta), _met(readable[:, :, None]) - _met(theta)]),
            np.stack([_met(channels * np.sqrt(alike)[:, None]), _met(channels * np.sqrt(1.0 - alike)[:, None])]),
        )

    def _targets(self, p: WorldParameters) -> NDArray[np.int16]:
        """What every channel finds, shape (Q, K)."""
        alpha = special.betaincinv(p.solvability_a, p.solvability_b, self.solvability)
        skill = math.sqrt(p.monoculture) * self.common + math.sqrt(1.0 - p.monoculture) * self.own
        failing = np.where(self.attracted < p.attractor, self.attractor, self.astray)
        return np.where(skill < special.ndtri(alpha)[:, None], 0, failing).astype(np.int16)

    def _configs(self, p: WorldParameters) -> Iterator[tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]]:
        """Of every configuration π (K,), the habits (Q,), and whether these cannot be read (Q,)."""
        for b, (model, persona) in enumerate(zip(self.design.models, self.design.personas, strict=True)):
            share = self._share(p, model, persona)
            habit = np.minimum(np.cumsum(share).searchsorted(self.habit[b], side="right"), len(share) - 1)
            yield share, habit, self.luck[b] < p.failure_of(model)

    def _share(self, p: WorldParameters, model: int, persona: str | None) -> Floats:
        """π_ms: Dirichlet by gamma quantiles, so that it moves smoothly with its parameter."""
        # In logarithms, since a small affinity leaves most channels a share below what a number can hold.
        gamma = np.log(np.maximum(special.gammaincinv(p.affinity, self.leaning[model]), 1e-300))
        if persona is not None:
            gamma = gamma + p.persona_tilt * self.tilt[persona]
        share = np.exp(gamma - gamma.max())
        return np.asarray(share / share.sum())


def _met(parts: Floats) -> Floats:
    """Σ over the last axis of what two configurations both do, averaged over questions, shape (B, B)."""
    return np.asarray(np.einsum("qak,qbk->ab", parts, parts, optimize=True) / len(parts))
