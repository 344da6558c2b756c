"""A long task cut into small steps: what a protocol that walks it and a world that holds it have in common."""

from __future__ import annotations

from abc import abstractmethod

from agentscale.schema.record import Record


class StepChain(Record):
    """A chain of steps, each of which is a function of the state before it and its number alone.

    A state is a short text. Nothing but the state is handed on from step to step, so no context grows. What is the
    right step is not said here: a protocol is handed a chain, and never sees the target.
    """

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """Steps from the start to the goal, ≥ 1."""

    @abstractmethod
    def start(self) -> str:
        """The state before step 1."""

    @abstractmethod
    def observe(self, state: str, first: int, count: int) -> str:
        """What an agent is told that is to take ``count`` ≥ 1 steps, from step ``first`` ≥ 1 on, in ``state``."""

    @abstractmethod
    def after(self, answer: str, count: int) -> str | None:
        """The state after ``count`` steps as ``answer`` claims it; ``None`` where the answer is malformed.

        Form alone is checked, not whether the steps are right.
        """
