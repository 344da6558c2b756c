"""The state of a population: who is active when, who reads whom, what was said, and whom the news has reached."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.environments.population.reads import Ties

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Post(NamedTuple):
    """What a member said in a step, for all individuals that took its words."""

    member: int
    step: int
    text: str


class Step(NamedTuple):
    """What is known of a step that is over."""

    active: int
    """Individuals."""
    asked: int
    """Members."""
    posts: int
    """Members that said something."""
    words: int
    """Of all these posts together."""
    invalid: int
    """Lines that would do what is not allowed, or nothing."""
    distinct: float | None
    """Effective number of distinct posts, over the individuals whose posts they are; ``None`` where there are none."""
    prompts: float | None
    """Effective number of distinct prompts, over active individuals."""
    informed: int
    """Individuals that have posted the news by now."""


class PopulationState(NamedTuple):
    """A population between two steps; arrays over N individuals are kept as bytes, so that states can be compared."""

    step: int
    """How many steps are over; those in which nobody is active are passed by."""
    members: int
    news: str
    """The word that makes the news; empty where there is none."""
    seeds: tuple[int, ...]
    """The individuals that know it from the start."""
    active_bytes: bytes
    ties: Ties
    posts: tuple[Post, ...]
    last_bytes: bytes
    informed_bytes: bytes
    possible_bytes: bytes
    steps: tuple[Step, ...] = ()

    @property
    def active(self) -> Flags:
        """Who is active in which step, shape (steps, N)."""
        return np.frombuffer(self.active_bytes, np.bool_).reshape(-1, self.individuals)

    @property
    def last(self) -> Ints:
        """Which post is each individual's last, shape (N,); −1 where it has none."""
        return np.frombuffer(self.last_bytes, np.int64)

    @property
    def informed(self) -> Flags:
        """Who has posted the news, shape (N,)."""
        return np.frombuffer(self.informed_bytes, np.bool_)

    @property
    def possible(self) -> Flags:
        """Who could have, had all repeated it who could, shape (N,)."""
        return np.frombuffer(self.possible_bytes, np.bool_)

    @property
    def individuals(self) -> int:
        """N."""
        return len(self.informed_bytes)
