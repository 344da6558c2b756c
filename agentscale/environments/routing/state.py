"""The state of a stream of jobs: what has been decided, and what the team has become by it."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from agentscale.environments.routing.jobs import Codes, Job, Part
from agentscale.rewiring import Weights

Did = Literal["execute", "forward", "split", "silent", "unreadable", "invalid"]
Table: TypeAlias = tuple[tuple[float | None, ...], ...]
"""Weights of edges as plain values: row u, column v; ``None`` where there is no edge."""


class Item(NamedTuple):
    """What lies with an agent now."""

    parts: tuple[Part, ...]
    at: int
    hops: int
    """How often it was handed on before."""
    sender: int | None
    """Who handed it on; ``None`` where the world gave it."""


class Step(NamedTuple):
    """One decision."""

    agent: int
    parts: tuple[Part, ...]
    did: Did
    to: tuple[int, ...] = ()
    """To whom each part went, or all of them."""
    right: tuple[bool, ...] = ()
    """Of an execution: whether each part was right."""
    recalled: tuple[int, ...] = ()
    """Numbers of the earlier jobs that the agent was reminded of."""

    def heir(self, part: Part) -> int:
        """To whom a part went that was handed on."""
        return self.to[self.parts.index(part)] if self.did == "split" else self.to[0]


class Result(NamedTuple):
    """A job that is over."""

    job: int
    first: int
    """Who got it first."""
    steps: tuple[Step, ...]
    right: tuple[bool, ...]
    """Whether each part was translated rightly in the end."""

    @property
    def is_solved(self) -> bool:
        """Whether all parts were."""
        return all(self.right)


class RoutingState(NamedTuple):
    """A stream on its way."""

    codes: Codes
    jobs: tuple[Job, ...]
    items: tuple[Item, ...]
    """What is left of the present job; the first is decided on next. Empty once all jobs are over."""
    steps: tuple[Step, ...]
    """Decisions on the present job."""
    results: tuple[Result, ...]
    """Jobs that are over, in order."""
    weights: Table
    skills: tuple[tuple[float, ...], ...]
    """How well each agent is thought to know each book, shape (n, books)."""

    @property
    def job(self) -> int:
        """The number of the present job."""
        return len(self.results)

    def neighbours(self, agent: int) -> tuple[int, ...]:
        """To whom an agent can hand on."""
        return tuple(v for v, weight in enumerate(self.weights[agent]) if weight is not None)


def as_array(table: Table) -> Weights:
    """With nan where there is no edge."""
    return np.array([[np.nan if weight is None else weight for weight in row] for row in table])


def as_table(weights: Weights) -> Table:
    """With ``None`` where there is no edge."""
    return tuple(tuple(None if np.isnan(weight) else weight for weight in row) for row in weights.tolist())
