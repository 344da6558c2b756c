"""The coverage world: channels that reveal bits of evidence, for which the contraction theorem holds with equality.

The answer is M independent fair bits; channel k reveals bit j with probability α, independently over channels
(assumptions A2 and A3 of arXiv 2602.03794; theory.md, section 1.2). What K channels leave open is (1−α)^K of the
answer's entropy in expectation. An erasure channel, the best case: real voters contract more slowly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.randomness import keyed
from agentscale.schema.record import Record

UNREVEALED = -1
"""What a channel says of a bit that it does not reveal."""


class CoverageParameters(Record):
    """A coverage world in full."""

    seed: int = Field(default=0, ge=0)
    bits: int = Field(default=8, ge=1, le=4096)
    """M, bits of evidence of a question; its entropy is M·ln 2 nats (a choice of agentscale's own)."""
    channels: int = Field(default=4, ge=1, le=4096)
    """K, channels."""
    alpha: float = Field(default=0.3, ge=0, le=1)
    """α, the complementarity rate."""


class Coverage(NamedTuple):
    """What channels reveal, and what is known beforehand."""

    bits: NDArray[np.int8]
    """The answer, shape (Q, M)."""
    said: NDArray[np.int8]
    """What every channel says, shape (Q, K, M): the bit, or `UNREVEALED`."""
    expected: NDArray[np.float64]
    """1 − (1−α)^k for k = 1 … K, shape (K,): the expected share of the entropy that k channels recover."""
    bound: NDArray[np.float64]
    """1 − e^{−αk}, shape (K,): the theorem's lower bound of it."""

    def recovered(self) -> NDArray[np.float64]:
        """The share of the answer's entropy that the first k channels recover, shape (Q, K)."""
        seen = np.logical_or.accumulate(self.said != UNREVEALED, axis=1)
        shares: NDArray[np.float64] = seen.mean(axis=2)
        return shares


def covered(parameters: CoverageParameters, questions: Sequence[str]) -> Coverage:
    """All channels on all questions.

    Args:
        parameters: The world.
        questions: Q ≥ 1 ids. Draws belong to a question and not to its company.
    """
    p, k = parameters, np.arange(1, parameters.channels + 1)
    bits = np.empty((len(questions), p.bits), np.int8)
    said = np.empty((len(questions), p.channels, p.bits), np.int8)
    for q, question in enumerate(questions):
        bits[q] = keyed(p.seed, "bits", question).integers(0, 2, p.bits)
        revealed = keyed(p.seed, "revealed", question).random((p.channels, p.bits)) < p.alpha
        said[q] = np.where(revealed, bits[q], UNREVEALED)
    return Coverage(
        bits, said, expected=np.asarray(1.0 - (1.0 - p.alpha) ** k, np.float64), bound=-np.expm1(-p.alpha * k)
    )


def entropy_nats(parameters: CoverageParameters) -> float:
    """H(Y), M·ln 2."""
    return parameters.bits * math.log(2)
