"""How a donor game stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from agentscale.environments.donor.ledger import Game, Generation
from agentscale.environments.faults import NONE_AT_FAULT, Faults

Phase = Literal["strategies", "gifts", "over"]


class Player(NamedTuple):
    """Who is on a place of the team for as many generations as it survives."""

    born: int
    """The generation in which it came, from 1."""
    place: int
    strategy: str = ""

    @property
    def name(self) -> str:
        """``2-7``: generation and place, both from 1."""
        return f"{self.born}-{self.place + 1}"


class Advice(NamedTuple):
    """What newcomers are told of one that has survived."""

    score: float
    strategy: str


@dataclass(frozen=True, slots=True)
class State:
    """A generation between two rounds."""

    players: tuple[Player, ...]
    generation: int
    """From 1."""
    phase: Phase
    games: tuple[Game, ...]
    """The games of this generation; the last one is being played."""
    advice: tuple[Advice, ...] = ()
    """The survivors of the last generation, the best first."""
    history: tuple[Generation, ...] = ()
    """All generations that are over."""
    faults: Faults = NONE_AT_FAULT
