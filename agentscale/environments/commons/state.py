"""How a commons stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from agentscale.environments.commons.ledger import Month
from agentscale.environments.faults import NONE_AT_FAULT, Faults

Phase = Literal["harvest", "talk", "summary", "notes", "over"]


class Said(NamedTuple):
    """One turn of a talk."""

    who: int
    words: str
    """Empty where nothing was said."""


@dataclass(frozen=True, slots=True)
class State:
    """A commons between two batches of requests."""

    n: int
    """Agents of the team; those on the first ``present`` places are there."""
    present: int
    pool: int
    """Units before the next harvest; after one, before the pool has grown, those before it."""
    phase: Phase
    months: tuple[Month, ...] = ()
    """All harvests."""
    lost: int = 0
    """Units that were taken from outside at the start of this month."""
    joined: int = 0
    """Agents that have come at the start of this month."""
    talk: tuple[Said, ...] = ()
    """The talk of this month, or until the next one begins of the last."""
    speaker: int = 0
    """Who has the word."""
    summary: str = ""
    """The last talk in a sentence."""
    agreed: str = ""
    """What was agreed on in it as the limit for each; empty where nothing was."""
    notes: tuple[str, ...] = ()
    """What each has written down for itself: nobody else is told."""
    turns: int = 0
    """Turns of all talks in which something was said."""
    talks: int = 0
    faults: Faults = NONE_AT_FAULT

    @property
    def month(self) -> int:
        """The month that is to be harvested, or whose harvest is talked about, from 1."""
        return len(self.months) + (self.phase == "harvest")
