"""What two agents of a world have in common, by formula: how often both are right, and wrong alike.

Two agents of different configurations meet in a channel with probability s = Σ_k π_k π'_k, whatever the stickiness,
since habits of different configurations are drawn apart; two copies of one configuration with (1−ψ)² more of what is
left. In one channel they share its finding; in two, success is that of the copula, with
P(both succeed | α) = Φ₂(t, t; r) = α − 2·T(t, √((1−r)/(1+r))), t = Φ⁻¹(α), T of Owen (1956), averaged over α by
Gauss–Jacobi quadrature. Everything else is a sum over a few cases. Knows no draws and no estimators.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agentscale.errors import SpecError
from agentscale.simulation.parameters import WorldParameters
from agentscale.simulation.seats import Seat
from agentscale.simulation.world import World

Floats = NDArray[np.float64]

_NODES = 64  # of the quadrature; twice as many change nothing before the sixth digit


class PairLaw(NamedTuple):
    """Two agents that can be read, over all questions of a world's kind."""

    right: float
    """How often one of them is right, in [0, 1]."""
    phi: float
    """The correlation of their being right, in [−1, 1]."""
    both_wrong_agreement: float
    """How often they give the same answer where both are wrong, in [0, 1]."""


def pair_law(parameters: WorldParameters, n_options: int, overlap: float) -> PairLaw:
    """The law of two agents that meet in a channel with probability ``overlap``.

    With the values of theory.md, section 11.3, and the 1/K of two models in expectation, φ is .496 and the agreement
    where both are wrong .533. That section says .502 and .573: the first is one standard error of six worlds away, the
    second follows from no reading of section 11.1 that also gives its φ and its accuracies (README of
    ``results/estimator-scoreboard``).

    Args:
        parameters: The world; failures to be read are left out.
        n_options: C ≥ 2.
        overlap: s in [0, 1]; see `overlap`.

    Raises:
        SpecError: for fewer than two options, or a probability outside its range.
    """
    if n_options < 2:
        raise SpecError(f"{n_options} possible answer(s)", key="n_options", allowed="2 or more")
    if not 0 <= overlap <= 1:
        raise SpecError(f"got {overlap!r}", key="overlap", allowed="a probability, 0 to 1")
    joint = _joint(parameters, n_options, overlap)
    right = float(joint[0].sum())
    wrong = joint[1:, 1:]
    spread = right * (1.0 - right)
    return PairLaw(
        right,
        float(joint[0, 0] - right**2) / spread if spread > 0 else math.nan,
        float(np.trace(wrong) / wrong.sum()) if wrong.sum() > 0 else math.nan,
    )


def overlap(world: World, one: Seat, other: Seat) -> float:
    """How likely two agents use one channel on a question, in [0, 1].

    Args:
        world: Whose agents.
        one: An agent.
        other: Another agent; of the same configuration it is taken to be another copy, in a world where all can be
            read (f = 0), since copies that keep a habit fail together.

    Raises:
        SpecError: where the world has no such model.
    """
    shared = float(world.preference(one.model, one.persona) @ world.preference(other.model, other.persona))
    if one.config != other.config:
        return shared
    kept = (1.0 - world.parameters.fresh) ** 2
    return kept + (1.0 - kept) * shared


def _joint(p: WorldParameters, n_options: int, overlap: float) -> Floats:
    """How often the two give each pair of answers, shape (C, C); 0 is right, 1 the attractor."""
    found = np.full(n_options - 1, (1.0 - p.attractor) / (n_options - 1))
    found[0] += p.attractor
    said = _said(p, n_options)
    right, wrong = said[0], found @ said[1:]
    alike = (said[1:].T * found) @ said[1:]
    mean = p.solvability_a / (p.solvability_a + p.solvability_b)
    twice = _both_succeed(p)
    mixed = np.outer(right, wrong)
    apart = (
        twice * np.outer(right, right)
        + (mean - twice) * (mixed + mixed.T)
        + (1.0 - 2.0 * mean + twice) * np.outer(wrong, wrong)
    )
    together = mean * np.outer(right, right) + (1.0 - mean) * alike
    return np.asarray(overlap * together + (1.0 - overlap) * apart)


def _said(p: WorldParameters, n_options: int) -> Floats:
    """What agents say of a channel that finds each option, shape (C, C)."""
    fidelity = np.array([p.fidelity_right] + [p.fidelity_wrong] * (n_options - 1))
    said = np.repeat((1.0 - fidelity)[:, None] / (n_options - 1), n_options, axis=1)
    np.fill_diagonal(said, fidelity)
    return said


def _both_succeed(p: WorldParameters) -> float:
    """How often two channels of one question both succeed."""
    with np.errstate(invalid="ignore"):  # where both exponents add up to −1, scipy makes 0/0 and does not use it
        nodes, weights = special.roots_jacobi(_NODES, p.solvability_b - 1.0, p.solvability_a - 1.0)
    alpha = (1.0 + nodes) / 2.0
    apart = special.owens_t(special.ndtri(alpha), math.sqrt((1.0 - p.monoculture) / (1.0 + p.monoculture)))
    return float(weights @ (alpha - 2.0 * apart) / weights.sum())
