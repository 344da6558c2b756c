"""What a team becomes by its jobs: rules for the weights of its edges and for what its members are thought to know.

Reference: Y. Yang et al., "AgentNet: Decentralized evolutionary coordination for LLM-based multi-agent systems", arXiv
2504.00587. The paper and its released code have different rules; both are members, and so is the control without any.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from agentscale.rewiring import Weights, pruned, rescaled, smoothed
from agentscale.schema.record import Record


class Rule(Record):
    """How weights and skills follow from what came of a job."""

    @abstractmethod
    def rewired(self, weights: Weights, success: NDArray[np.float64], seconds: float) -> Weights:
        """The weights after a job, shape (n, n), nan where there is no edge.

        Args:
            weights: Before.
            success: Of what went along each edge, the share that came out right; nan where nothing went.
            seconds: What the job took.
        """

    @abstractmethod
    def learnt(self, skill: float, is_right: bool) -> float:
        """What an agent is thought to know of a book, ≥ 0, after it has executed a part of that book."""


class Paper(Rule):
    """As the paper says: w′ = αw + (1 − α)S on used edges, pruned at θ; c′ = βc + (1 − β)Δc of who executed.

    Δc is 1 for a part that was right and 0 for another one. The numbers of α, β and θ are ours.
    """

    rule: Literal["paper"] = "paper"
    alpha: float = Field(default=0.9, ge=0, le=1)
    beta: float = Field(default=0.9, ge=0, le=1)
    threshold: float = Field(default=0.1, ge=0)
    """θ: an edge that weighs so much or less is pruned."""

    def rewired(self, weights: Weights, success: NDArray[np.float64], seconds: float) -> Weights:
        """The paper's."""
        return _kept(weights, smoothed(weights, success, self.alpha), self.threshold)

    def learnt(self, skill: float, is_right: bool) -> float:
        """The paper's."""
        return self.beta * skill + (1 - self.beta) * is_right


class Code(Rule):
    """As the code does: w′ = clip(w · (1.1 | 0.9) · min(1, 10/t), 0.1, 2), pruned at 0.3; what is right adds 0.1 of 2.

    An edge succeeds where all that went along it came out right. The code takes t from the clock; here it is what the
    world says (``seconds`` a decision), so that a run can be made again. Beware of the damping: a job of more than 11
    seconds takes weight from its edges even where it succeeds, so that a slow team prunes what works.
    """

    rule: Literal["code"] = "code"
    threshold: float = Field(default=0.3, ge=0)

    def rewired(self, weights: Weights, success: NDArray[np.float64], seconds: float) -> Weights:
        """The code's."""
        return _kept(weights, rescaled(weights, np.floor(success), seconds), self.threshold)

    def learnt(self, skill: float, is_right: bool) -> float:
        """The code's."""
        return min(skill + 0.1, 2.0) if is_right else skill


class Frozen(Rule):
    """Nobody learns anything of anybody: the control without evolution."""

    rule: Literal["frozen"] = "frozen"

    def rewired(self, weights: Weights, success: NDArray[np.float64], seconds: float) -> Weights:
        """As they were."""
        return weights

    def learnt(self, skill: float, is_right: bool) -> float:
        """As it was."""
        return skill


def _named(value: object) -> object:
    return {"rule": value} if isinstance(value, str) else value


Learning = Annotated[
    Annotated[Paper | Code | Frozen, Field(discriminator="rule")], BeforeValidator(_named, json_schema_input_type=Any)
]
"""A rule, or its name: ``paper``, ``{rule: paper, alpha: 0.5}``."""


def _kept(before: Weights, after: Weights, threshold: float) -> Weights:
    """The weights that are left; the heaviest way out of an agent stays, so that nobody is ever cut off."""
    left = pruned(after, threshold)
    cut_off = np.isnan(left).all(axis=1) & ~np.isnan(before).all(axis=1)
    for agent in np.flatnonzero(cut_off):
        last = np.nanargmax(after[agent])
        left[agent, last] = after[agent, last]
    return left
