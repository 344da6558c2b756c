"""What simulated answers would cost: tokens, and the time that a server of a few slots needs for them.

Tokens are log-normal by model; an answer waits for a free slot, first come, first served, and then takes its time by
its length (theory.md, section 11.1). Knows neither answers nor money.
"""

from __future__ import annotations

import heapq
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field
from scipy.special import ndtri

from agentscale.errors import SpecError
from agentscale.schema.record import Record


def _listed(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else [value]


PerModel = Annotated[tuple[float, ...], BeforeValidator(_listed), Field(min_length=1)]


class TrafficParameters(Record):
    """How long answers are and how fast they come; all defaults are choices of agentscale's own, without a source."""

    log_mean: PerModel = (5.5,)
    """μ of ln tokens, one for all models or one for each, dealt round; e^5.5 is 245 tokens."""
    log_sd: PerModel = (0.5,)
    """σ ≥ 0 of ln tokens, likewise."""
    slots: int = Field(default=8, ge=1, le=1_000_000)
    """Answers that the server works on at once."""
    tokens_per_s: float = Field(default=50.0, gt=0, le=1e9)
    """Speed of one slot."""
    overhead_s: float = Field(default=0.2, ge=0, le=1e6)
    """Time of an answer beside its tokens, in seconds."""


def tokens(
    parameters: TrafficParameters, models: NDArray[np.int64], uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Tokens of answers.

    Args:
        parameters: Laws of length.
        models: The model of every answer, any shape.
        uniforms: Draws in [0, 1) of that shape.

    Returns:
        Whole numbers of at least 1, of that shape.

    Raises:
        SpecError: for a negative spread.
    """
    if min(parameters.log_sd) < 0:
        raise SpecError(f"got {min(parameters.log_sd)}", key="traffic.log_sd", allowed="0 or more")
    mean, sd = (np.array(law)[models % len(law)] for law in (parameters.log_mean, parameters.log_sd))
    length = np.exp(mean + sd * ndtri(np.clip(uniforms, 1e-16, 1 - 1e-16)))
    return np.asarray(np.maximum(1, np.rint(length)), np.int64)


def latencies_s(parameters: TrafficParameters, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds from the asking to the end of every answer of one round, all asked at once in this order.

    Args:
        parameters: The server.
        counts: Tokens of the answers, shape (N,).

    Returns:
        Shape (N,); its largest is the time of the round.
    """
    free = [0.0] * min(parameters.slots, max(1, len(counts)))
    ends = np.empty(len(counts))
    for place, count in enumerate(counts.tolist()):
        begun = heapq.heappop(free)
        ends[place] = begun + parameters.overhead_s + count / parameters.tokens_per_s
        heapq.heappush(free, float(ends[place]))
    return ends
