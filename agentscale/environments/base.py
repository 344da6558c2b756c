"""What worlds know beyond the interface that is handed to protocols: which step is right, and how a state scores.

Only the engine asks for that: to score what was said and done, and to let scripted and simulated models do it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from agentscale.schema.chains import StepChain
from agentscale.schema.worlds import Policy, State, World

Slip = Callable[[int], int]
"""Which of so many wrong moves is made, counted from 0; −1 for the right one."""


class Score(NamedTuple):
    """What a world says of the state at its end."""

    correct: bool | None
    """Whether the team has reached the goal; ``None`` where the world has none that is reached or missed."""
    measures: Mapping[str, float | None]
    """By name; the same names for every state of a world. What is not defined is ``None``, never 0."""


class Environment(World):
    """A world that knows its rules.

    A team that says nothing has a defined score, and never a good one.
    """

    name: ClassVar[str]
    """The name in the samples of a task."""
    policies: ClassVar[Mapping[str, Policy]]
    """Scripted players by name: at least ``optimal``, which reaches the best score that the world has if everybody
    plays it, and ``silent``, which says nothing. ``random`` does what is legal, where the world has it."""

    @abstractmethod
    def score(self, state: State) -> Score:
        """How the team has done, at the state in which nobody is asked any more."""

    def snapshot(self, state: State) -> Any:
        """What a transcript keeps of a state: plain values, or ``None`` for nothing."""
        return None


class StepWorld(StepChain):
    """A step chain that knows its rules."""

    name: ClassVar[str]
    """The name in the samples of a task."""

    @abstractmethod
    def right(self, observed: str) -> str | None:
        """The right answer to what an agent was told, in the form in which it is read.

        Args:
            observed: A text that holds what ``observe`` gave.

        Returns:
            ``None`` where no step is right, as may be after a wrong one, or where the text holds no observation.
        """

    @abstractmethod
    def answer(self, observed: str, slip: Slip) -> str | None:
        """The answer of somebody who knows the rules and slips now and then.

        Args:
            observed: As in ``right``.
            slip: Asked once for every step, with the number of wrong moves that are possible there.

        Returns:
            An answer of the right form; ``None`` where ``right`` is.
        """
