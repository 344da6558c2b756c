"""The probit world: right or wrong by a sum of normal effects, so that every correlation is known exactly.

An agent is right where η = θ_m − δ_q + F_fq + B_mq + P_sq + ε > 0: the ability of its model, the difficulty of the
question, and what its family, its model and its persona make of that question (theory.md, section 11.1). The parts of
the variance are given directly, and two agents' tetrachoric correlation is the sum of the parts that they share. It
knows no channels and no options: the world for tests of correlation and of effective numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy import special

from agentscale.randomness import keyed
from agentscale.schema.record import Record
from agentscale.simulation.seats import Moment, Seat
from agentscale.simulation.streams import Streams

_NODES = 200  # of the quadrature of the bivariate normal law: exact to 1e-9 for correlations up to .99
_PLAIN = Moment()


class ProbitParameters(Record):
    """A probit world in full. The variance of η is 1; what the parts leave of it is each agent's own."""

    seed: int = Field(default=0, ge=0)
    ability: tuple[float, ...] = Field(default=(0.35, 0.25, 0.15), min_length=1)
    """θ_m of every model: accuracy is Φ(θ_m)."""
    families: int = Field(default=0, ge=0, le=4096)
    """Families of models, dealt round-robin; 0: every model is its own."""
    difficulty: float = Field(default=0.55, ge=0, le=1)
    """Variance of δ: the tetrachoric correlation of any two agents. With the other parts within the .44 to .79 that
    were measured between models (HELM, theory.md, section 6.5)."""
    family: float = Field(default=0.05, ge=0, le=1)
    """Variance of F, what agents of one family share beside."""
    model: float = Field(default=0.15, ge=0, le=1)
    """Variance of B, what agents of one model share beside."""
    persona: float = Field(default=0.05, ge=0, le=1)
    """Variance of P, what agents of one persona share beside."""

    @model_validator(mode="after")
    def _possible(self) -> ProbitParameters:
        if self.shared > 1 + 1e-12:
            raise ValueError(
                f"difficulty, family, model and persona add up to {self.shared:g}, an impossible correlation of equal "
                "agents: at most 1"
            )
        if any(not -8 <= ability <= 8 for ability in self.ability):
            raise ValueError("every ability must be from -8 to 8")
        return self

    @property
    def shared(self) -> float:
        """The tetrachoric correlation of two copies of one configuration."""
        return self.difficulty + self.family + self.model + self.persona

    def family_of(self, model: int) -> int:
        """The family of a model, from 0."""
        return model % self.families if self.families else model


class ProbitVotes(NamedTuple):
    """Who was right, and the correlations behind it."""

    right: NDArray[np.bool_]
    """Shape (Q, N)."""
    tetrachoric: NDArray[np.float64]
    """The correlation of the agents' η, shape (N, N)."""
    phi: NDArray[np.float64]
    """The correlation of being right, shape (N, N); 0 with an agent that always or never is."""

    @property
    def n_eff(self) -> float:
        """Kish's effective number, N² / Σφ_ij."""
        return float(len(self.phi) ** 2 / self.phi.sum())


def probit_votes(
    parameters: ProbitParameters, questions: Sequence[str], seats: Sequence[Seat], moment: Moment = _PLAIN
) -> ProbitVotes:
    """All agents on all questions.

    Args:
        parameters: The world.
        questions: Q ≥ 1 ids. Draws belong to a question and an agent, and not to their company.
        seats: N ≥ 1 agents; their models must be among the world's.
        moment: When they are asked: seed and replicate.
    """
    right = np.empty((len(questions), len(seats)), np.bool_)
    ability = np.array([parameters.ability[seat.model] for seat in seats])
    own = math.sqrt(max(0.0, 1.0 - parameters.shared))
    streams = Streams.of_seats(
        questions, seats, lambda *who: keyed(parameters.seed, "probit own", moment.seed, moment.replicate, *who)
    )
    for q, question in enumerate(questions):
        common = _effects(parameters, question, seats)
        right[q] = ability + common + own * special.ndtri(streams.uniforms(q, moment.round, "own")[:, 0]) > 0
    tetrachoric = _tetrachoric(parameters, seats)
    return ProbitVotes(right, tetrachoric, phi_of(tetrachoric, ability))


def phi_of(tetrachoric: NDArray[np.float64], ability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations of being right from those of η, by the bivariate normal law.

    Args:
        tetrachoric: Shape (N, N), from 0 to 1, the diagonal 1.
        ability: θ, shape (N,): agent i is right with probability Φ(θ_i).

    Returns:
        Shape (N, N): φ_ij = ∫_0^ρ f(θ_i, θ_j; r) dr / √(p_i(1−p_i)p_j(1−p_j)), with f the bivariate normal density
        (Plackett 1954), by Gauss–Legendre quadrature in arcsin r.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    top = np.arcsin(np.clip(tetrachoric, 0.0, 1.0))
    a, b = ability[:, None], ability[None, :]
    covariance = np.zeros_like(tetrachoric)
    for node, weight in zip(nodes, weights, strict=True):
        angle = top * (node + 1.0) / 2.0
        r, rest = np.sin(angle), np.maximum(np.cos(angle) ** 2, 1e-300)
        covariance += weight * np.exp(-(a**2 - 2.0 * r * a * b + b**2) / (2.0 * rest))
    covariance *= top / (4.0 * math.pi)
    spread = np.sqrt(special.ndtr(ability) * special.ndtr(-ability))
    phi = covariance / np.maximum(np.outer(spread, spread), 1e-300)
    np.fill_diagonal(phi, 1.0)
    return np.asarray(phi)


def _effects(parameters: ProbitParameters, question: str, seats: Sequence[Seat]) -> NDArray[np.float64]:
    """−δ + F + B + P of every agent on one question, shape (N,)."""
    parts: tuple[tuple[str, float, list[str]], ...] = (
        ("difficulty", parameters.difficulty, ["all"] * len(seats)),
        ("family", parameters.family, [str(parameters.family_of(seat.model)) for seat in seats]),
        ("model", parameters.model, [str(seat.model) for seat in seats]),
        ("persona", parameters.persona, [seat.persona or "" for seat in seats]),
    )
    total = np.zeros(len(seats))
    for name, share, whose in parts:
        drawn = {each: keyed(parameters.seed, name, question, each).standard_normal() for each in set(whose)}
        total += math.sqrt(share) * np.array([drawn[each] for each in whose])
    return total


def _tetrachoric(parameters: ProbitParameters, seats: Sequence[Seat]) -> NDArray[np.float64]:
    """Shape (N, N). Agents without a persona share the lack of one."""
    family = np.array([parameters.family_of(seat.model) for seat in seats])
    model = np.array([seat.model for seat in seats])
    persona = np.array([seat.persona or "" for seat in seats])
    shared = np.full((len(seats), len(seats)), parameters.difficulty)
    for share, whose in ((parameters.family, family), (parameters.model, model), (parameters.persona, persona)):
        shared += share * (whose[:, None] == whose)
    np.fill_diagonal(shared, 1.0)
    return np.asarray(shared)
