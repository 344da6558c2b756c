"""Who is asked, when, and what comes back: the records of the world's two doors. Nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.simulation.truth import Truth

MISSING = -1
"""The answer of an agent that cannot be read."""

Layer = Literal["L1", "L2", "L3", "L4"]
"""L1: one model, no persona. L2: one model with personas. L3: all models, no persona. L4: both."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent as the world sees it."""

    config: str
    """Identity of the configuration: agents of one configuration differ in their copy only."""
    model: int
    """Which model of the world, from 0."""
    persona: str | None = None
    """The persona's name, or ``None``."""
    copy: int = 0
    """The how-many-eth agent of its configuration, from 0."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When an agent is asked: what tells one draw of the same agent on the same question from another."""

    seed: int = 0
    """The run's seed."""
    replicate: int = 0
    round: int = 0
    mark: str = ""
    """What else sets the asking apart, such as a second attempt; empty for an agent's plain answer."""


class Given(NamedTuple):
    """One answer of one agent."""

    answer: int
    """The option, 0 is right; `MISSING` where it cannot be read."""
    channel: int
    """The channel that was used."""
    wording: float
    """A uniform draw in [0, 1) for whoever puts the answer into words."""


class Drawn(NamedTuple):
    """What `Given` is for one answer, for N agents on Q questions."""

    answers: NDArray[np.int16]
    """Shape (Q, N): options, 0 is right, `MISSING` cannot be read."""
    channels: NDArray[np.int16]
    """Shape (Q, N)."""
    wording: NDArray[np.float64]
    """Shape (Q, N)."""


class Votes(NamedTuple):
    """Many answers, and the truth behind them."""

    answers: NDArray[np.int16]
    """Shape (Q, N): options, 0 is right, `MISSING` cannot be read."""
    truth: Truth


def deal(layer: Layer, n: int, *, models: int, personas: int, model: int = 0) -> tuple[Seat, ...]:
    """A team of a layer, dealt round-robin over models and personas, so that the smaller team is a prefix.

    Args:
        layer: Which of the two vary.
        n: Agents, at least 0.
        models: M, models to deal from.
        personas: S, personas to deal from; they are called ``persona-0``, ``persona-1``, …
        model: The model of L1 and L2.
    """
    met: dict[str, int] = {}
    seats = []
    for i in range(n):
        which = i % models if layer in ("L3", "L4") else model
        persona = f"persona-{i % personas}" if layer in ("L2", "L4") else None
        config = f"{which}/{persona or '-'}"
        met[config] = met.get(config, -1) + 1
        seats.append(Seat(config, which, persona, met[config]))
    return tuple(seats)
