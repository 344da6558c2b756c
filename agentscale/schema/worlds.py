"""A shared state on which agents act: what a protocol that plays it and a world that holds it have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from agentscale.schema.calls import Message, Role
from agentscale.schema.record import Record

if TYPE_CHECKING:
    import numpy as np

State: TypeAlias = Any
"""A frozen record, named tuple or dataclass of plain values. Only its own world looks into it."""

Edges: TypeAlias = Sequence[tuple[int, int]]
"""Edges u → v over places in the team: v reads u."""

Extreme = Literal["shortest", "longest"]
"""A play that is over as soon as any can be, or as late."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one of those who are asked now is told: its own view, and nothing that only another may know."""

    who: int | str
    """The place of a member in the team, counted from 0, or the name of a part beside it, such as ``grader``."""
    text: str
    """What it is told now."""
    rules: str = ""
    """What it must know all along: put before the first text that it sees."""
    role: Role = "agent"
    """Only what is said as an ``agent`` is remembered. A ``probe``, ``grader``, ``summary`` is asked on the side."""
    reads: tuple[int, ...] = ()
    """The members whose words ``text`` quotes."""
    forgets: bool = False
    """Whether what was told and said on this place before is forgotten first, as where somebody new has come to it."""


class World(Record):
    """A shared state on which agents act.

    The state is a function of the parameters, the graph, the generator and what was said, and of nothing else. Who has
    won is not said here: a protocol is handed a world, and never sees a score.
    """

    def unfit(self, n: int, edges: Edges) -> str | None:
        """Why ``n`` ≥ 1 agents over these edges cannot play, in words that go on from the world's name; else ``None``.

        What is wrong whatever the team is the parameters' own to refuse.
        """
        return None

    @abstractmethod
    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> State:
        """The first state, for a team and a graph that ``unfit`` has nothing against."""

    @abstractmethod
    def observe(self, state: State) -> tuple[Observation, ...]:
        """Who is asked now and what each is told: several at once, or one at a time; nobody once the play is over."""

    @abstractmethod
    def after(self, state: State, said: Sequence[str | None], rng: np.random.Generator) -> State:
        """The state after all who were asked have spoken. It takes any text: what cannot be read has its effect too.

        Args:
            state: The state before.
            said: What each said, in the order of ``observe``; ``None`` where a call failed, or what was said was cut
                off, refused or empty.
            rng: The only source of chance.
        """

    def repair(self, state: State, asked: Observation, said: str) -> str | None:
        """What somebody is told whose words cannot be read, so that it may say them again; ``None`` where they can.

        Args:
            state: The state in which it was asked.
            asked: What it was told.
            said: What it said; empty where that was cut off, refused or empty.
        """
        return None

    def supposed(self, state: State, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """What is supposed to be said in a rehearsal, from which an estimate takes its bounds on calls and tokens.

        A world whose length hangs on what is said makes the play as short or as long as it can be. One that quotes only
        what it can read puts the stand-ins where the words to be quoted stand.

        Args:
            state: The state before.
            unheard: A stand-in for what each will say, in the order of ``observe``; it bounds the length of the words.
            extreme: Which of the two is rehearsed.
        """
        return unheard


@dataclass(frozen=True, slots=True)
class Heard:
    """All that a scripted player knows: what a model in its place is sent."""

    world: World
    messages: tuple[Message, ...]
    """The whole chat, the player's own words included."""
    role: Role = "agent"

    @property
    def told(self) -> str:
        """The last message."""
        return self.messages[-1].content

    @property
    def everything(self) -> str:
        """All that it was ever told, in order, one after another, without its own words."""
        return "\n\n".join(message.content for message in self.messages if message.role == "user")


Policy = Callable[[Heard, "np.random.Generator"], str]
"""A scripted player: from what it heard to what it says."""
