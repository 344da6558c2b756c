"""The form of every number that analysis publishes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with what is needed to judge it.

    A dataclass and not a Pydantic record, since an undefined estimate is ``nan``, which records do not admit.
    """

    value: float
    low: float
    """Lower end of the 95 % interval; ``nan`` where there is none."""
    high: float
    n_items: int
    """Questions behind the number: the unit of resampling."""
    n_agents: int
    n_missing: int
    """Answers that could not be read."""
    method: str
    warnings: tuple[str, ...] = ()
