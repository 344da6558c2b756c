"""Whom everybody reads: what that follows from, what agents may do about it, and how it changes from step to step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.schema.record import Record
from agentscale.schema.worlds import Edges

Ints = NDArray[np.int64]


class Ties(NamedTuple):
    """Who reads whom, and what that follows from; arrays as bytes, so that states can be compared and kept."""

    pair_bytes: bytes
    trait_bytes: bytes
    n_traits: int

    @classmethod
    def of(cls, pairs: NDArray[np.integer], traits: NDArray[np.floating] | None = None) -> Ties:
        """From edges, shape (E, 2) by reader, and traits, shape (N, d)."""
        kept = b"" if traits is None else np.asarray(traits, np.float64).tobytes()
        return cls(np.asarray(pairs, np.int32).tobytes(), kept, 0 if traits is None else traits.shape[1])

    @property
    def pairs(self) -> NDArray[np.int32]:
        """Shape (E, 2): v reads u."""
        return np.frombuffer(self.pair_bytes, np.int32).reshape(-1, 2)

    @property
    def traits(self) -> NDArray[np.float64]:
        """Shape (N, d): a position, or what is held."""
        return np.frombuffer(self.trait_bytes, np.float64).reshape(-1, self.n_traits)


class Act(NamedTuple):
    """What some individuals do beside what they say."""

    who: Ints
    """Individuals, shape (k,): all that took these words."""
    what: Any


class Reads(Record):
    """A rule of who reads whom."""

    legend: ClassVar[str]
    """What agents are told of it, and how they write what they do."""

    def unfit(self, individuals: int, members: int) -> str | None:
        """Why so many individuals, for whom so many members speak, cannot be joined by it; ``None`` where they can."""
        return None

    @abstractmethod
    def start(self, individuals: int, edges: Edges, rng: np.random.Generator) -> Ties:
        """The first ties; ``edges`` are those of the members."""

    @abstractmethod
    def told(self, ties: Ties, who: Ints) -> str:
        """What individuals are told of their own place; empty where there is nothing to be told."""

    @abstractmethod
    def acts(self, text: str, individuals: int) -> tuple[list[Any], int]:
        """What a text does, and how many lines of it do nothing that is allowed."""

    @abstractmethod
    def after(self, ties: Ties, acts: Iterable[Act], active: NDArray[np.bool_], rng: np.random.Generator) -> Ties:
        """The ties after what was done in a step by those who were active."""

    @property
    @abstractmethod
    def marks(self) -> Sequence[str]:
        """The words with which lines begin that do something and say nothing."""
