"""Which request meets which fault: a plan that is the same wherever it is asked. No clock, no socket."""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from agentscale.randomness import keyed
from agentscale.schema.record import Record

Fault = Literal[
    "busy",
    "busy_skewed",
    "error",
    "hang",
    "hang_midway",
    "closed",
    "reset",
    "slow",
    "truncated",
    "malformed",
    "wrong_type",
    "not_json",
    "huge",
    "endless",
]
"""What may be wrong with an answer.

``busy`` is a 429 with ``Retry-After`` in seconds, ``busy_skewed`` a 503 with a date by a clock that is years off,
``error`` a 500. ``hang`` never answers, ``hang_midway`` falls silent in the middle of the body. ``closed`` closes
without an answer, ``reset`` resets the connection in the middle of the body. ``slow`` comes in drops, and whole.
``truncated`` ends in the middle of its JSON, ``malformed`` has the wrong quotes in it, ``wrong_type`` a number where
the text should be; ``not_json`` is a page of HTML. ``huge`` announces 100 MB, ``endless`` sends as much without
announcing it.
"""

FAULTS: tuple[Fault, ...] = get_args(Fault)

Share = Annotated[float, Field(ge=0, le=1)]


class FaultPlan(Record):
    """How often each fault happens, and what it looks like.

    Raises:
        ValueError: The shares sum to more than 1, or a storm is as long as the time between two.
    """

    seed: int = Field(default=0, ge=0)
    shares: dict[Fault, Share] = {}
    """The share of requests that meet a fault, by its name; together at most 1."""
    storm_every_s: float = Field(default=0.0, ge=0)
    """Seconds from the end of one storm, in which every request meets a 429, to the end of the next; 0 for none."""
    storm_s: float = Field(default=0.0, ge=0)
    """Seconds that a storm lasts."""
    retry_after_s: float = Field(default=1.0, ge=0)
    """Seconds that a busy server asks callers to wait."""
    slow_s: float = Field(default=1.0, ge=0)
    """Seconds that a slow answer takes."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"the shares of faults sum to {sum(self.shares.values()):g}; allowed: at most 1")
        if self.storm_every_s and self.storm_s >= self.storm_every_s:
            raise ValueError("storm_s must be below storm_every_s, or no request is ever answered")
        return self

    def fault(self, n: int, at_s: float = 0.0) -> Fault | None:
        """The fault of a request; ``None`` for a good answer.

        Args:
            n: Its number, counted from 0 in the order of arrival.
            at_s: Seconds since the server started: only storms go by the clock, since a limit of requests a minute
                does so too.
        """
        if self.storm_every_s and at_s % self.storm_every_s >= self.storm_every_s - self.storm_s:
            return "busy"
        draw = float(keyed(self.seed, "fault", n).random())
        bounds = accumulate(self.shares.values())
        return next((fault for fault, bound in zip(self.shares, bounds, strict=True) if draw < bound), None)
