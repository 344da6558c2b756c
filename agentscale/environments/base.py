"""What a world of steps knows beyond the chain that is handed to protocols: which step is right.

Only the engine asks for that: to score what was said, and to let a simulated model say it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from agentscale.schema.chains import StepChain

Slip = Callable[[int], int]
"""Which of so many wrong moves is made, counted from 0; −1 for the right one."""


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
