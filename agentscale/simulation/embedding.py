"""Embeddings of a world's answers: unit vectors in which every cause of likeness has a part of known weight.

z ∝ w_q·c_q + w_k·v_k + w_m·u_m + w_s·p_s + w_a·t_qa + σ·ξ/√d, normalised (theory.md, section 11.1): the question, the
channel, the model, the persona, the answer given, and noise of the agent's own. Knows no texts and no estimators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.record import Record
from agentscale.simulation.seats import MISSING, Drawn, Moment, Seat
from agentscale.simulation.world import World

_PLAIN = Moment()


class EmbeddingParameters(Record):
    """The weights of the parts; the defaults reproduce the K* of the ARC study (theory.md, section 11.2)."""

    question: float = Field(default=2.2, ge=0, le=100)
    """w_q, the same for all answers to a question."""
    channel: float = Field(default=0.55, ge=0, le=100)
    """w_k."""
    model: float = Field(default=0.25, ge=0, le=100)
    """w_m."""
    persona: float = Field(default=0.25, ge=0, le=100)
    """w_s; agents without a persona have no such part."""
    answer: float = Field(default=0.2, ge=0, le=100)
    """w_a; an answer that cannot be read has no such part."""
    noise: float = Field(default=0.35, ge=0, le=100)
    """σ, the length of the noise."""
    dimensions: int = Field(default=256, ge=2, le=65536)
    """d."""


def embeddings(
    world: World,
    parameters: EmbeddingParameters,
    questions: Sequence[str],
    seats: Sequence[Seat],
    drawn: Drawn,
    moment: Moment = _PLAIN,
) -> NDArray[np.float32]:
    """The vectors of answers.

    Args:
        world: Whose answers.
        parameters: Weights.
        questions: Q ids.
        seats: N agents.
        drawn: Their answers and channels, as `World.draw` gives them.
        moment: When they were asked.

    Returns:
        Shape (Q, N, d), rows of length 1. The directions of channels and models are orthonormal; those of personas are
        orthogonal to these, and to each other but for chance, since a persona is known by its name alone.

    Raises:
        SpecError: where d is too small to keep channels and models apart.
    """
    shared = _Directions(world, parameters)
    agents = np.stack([shared.agent(seat) for seat in seats])
    vectors = np.empty((len(questions), len(seats), parameters.dimensions), np.float32)
    for q, question in enumerate(questions):
        here = agents + parameters.channel * shared.channels[drawn.channels[q]]
        here += parameters.question * _unit(world, parameters, "topic", question)
        here += _answer_parts(world, parameters, question, drawn.answers[q])
        here += parameters.noise / math.sqrt(parameters.dimensions) * _noise(world, parameters, question, seats, moment)
        vectors[q] = here / np.linalg.norm(here, axis=1, keepdims=True)
    return vectors


class _Directions:
    """What does not depend on the question."""

    def __init__(self, world: World, parameters: EmbeddingParameters) -> None:
        n_channels, n_models = world.parameters.channels, world.parameters.models
        d = parameters.dimensions
        if n_channels + n_models >= d:
            raise SpecError(
                f"{n_channels} channels and {n_models} models in {d} dimensions",
                key="embedding.dimensions",
                allowed=f"{n_channels + n_models + 1} or more, so that their directions are orthogonal",
            )
        drawn = keyed(world.parameters.seed, "directions", d).standard_normal((d, n_channels + n_models))
        self._basis = np.linalg.qr(drawn)[0].T
        self.channels, self._models = self._basis[:n_channels], self._basis[n_channels:]
        self._world, self._parameters = world, parameters

    def agent(self, seat: Seat) -> NDArray[np.float64]:
        """The parts of model and persona, shape (d,)."""
        part: NDArray[np.float64] = self._parameters.model * self._models[seat.model]
        if seat.persona is None:
            return part
        free = _unit(self._world, self._parameters, "persona direction", seat.persona)
        free = free - self._basis.T @ (self._basis @ free)
        return part + self._parameters.persona * free / np.linalg.norm(free)


def _answer_parts(
    world: World, parameters: EmbeddingParameters, question: str, answers: NDArray[np.int16]
) -> NDArray[np.float64]:
    """w_a·t_qa of every agent, shape (N, d)."""
    parts = np.zeros((len(answers), parameters.dimensions))
    for answer in np.unique(answers):
        if answer != MISSING:
            said = _unit(world, parameters, "answer direction", question, int(answer))
            parts[answers == answer] = parameters.answer * said
    return parts


def _noise(
    world: World, parameters: EmbeddingParameters, question: str, seats: Sequence[Seat], moment: Moment
) -> NDArray[np.float64]:
    """ξ of every agent, shape (N, d): a copy's noise stands at its own place of its configuration's stream."""
    drawn = np.empty((len(seats), parameters.dimensions))
    for config in {seat.config for seat in seats}:
        places = [place for place, seat in enumerate(seats) if seat.config == config]
        copies = [seats[place].copy for place in places]
        who: tuple[Any, ...] = (moment.seed, question, config, moment.replicate, moment.round, moment.mark)
        stream = keyed(world.parameters.seed, "noise", *who)
        drawn[places] = stream.standard_normal((max(copies) + 1, parameters.dimensions))[copies]
    return drawn


def _unit(world: World, parameters: EmbeddingParameters, *purpose: str | int) -> NDArray[np.float64]:
    drawn = keyed(world.parameters.seed, *purpose).standard_normal(parameters.dimensions)
    return np.asarray(drawn / np.linalg.norm(drawn))
