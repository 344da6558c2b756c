"""Where a budget says yes or no: before a trial begins, and before each of its calls. What it counts is its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from agentscale.engine.design import Trial
from agentscale.recording import Answer
from agentscale.schema.agents import Agent
from agentscale.schema.run import Transcript

Admission = Literal["go", "wait", "no"]
"""``go``: the trial begins. ``wait``: it may begin once a trial that was admitted before it has ended. ``no``: it is
left out of this run, and the run goes on with the next one."""


class Budget(Protocol):
    """What the engine asks and tells. All of it is called from one thread, and none of it may wait.

    Trials are admitted in the order of the design, whichever model is free first, so what is left is shared evenly
    over the cells and a run that ends early has the same questions in each. Every admitted trial ends exactly once.
    """

    @property
    def caps_reached(self) -> Sequence[str]:
        """What was reached, in words, one cap a line; empty if nothing was."""
        ...

    def admit(self, trial: Trial) -> Admission:
        """Whether a trial may begin. The same trial is asked about again after each ``wait``."""
        ...

    def may_begin(self, trial: Trial) -> bool:
        """Whether an admitted trial, may begin: it may have waited long for its model. If not, it is left out."""
        ...

    def may_ask(self, trial: Trial, agent: Agent) -> bool:
        """Whether a call of an admitted trial may be made; if not, the trial is broken off and left without result.

        Calls that are known from the recording, or that another trial is making, are not asked about.
        """
        ...

    def spent(self, trial: Trial, agent: Agent, answer: Answer) -> None:
        """Takes what came back of a call that was really made on behalf of ``trial``."""
        ...

    def played(self, trial: Trial, transcript: Transcript) -> None:
        """Takes the transcript of a trial, which tells all that it has used, shared and known calls included."""
        ...

    def ended(self, trial: Trial) -> None:
        """Takes back what was set aside for an admitted trial: it was played, broken off, or never begun."""
        ...


class Unlimited:
    """The budget of a run that has none."""

    caps_reached: Sequence[str] = ()

    def admit(self, trial: Trial) -> Admission:
        """Admits every trial."""
        return "go"

    def may_begin(self, trial: Trial) -> bool:
        """Lets every trial begin."""
        return True

    def may_ask(self, trial: Trial, agent: Agent) -> bool:
        """Allows every call."""
        return True

    def spent(self, trial: Trial, agent: Agent, answer: Answer) -> None:
        """Counts nothing."""

    def played(self, trial: Trial, transcript: Transcript) -> None:
        """Counts nothing."""

    def ended(self, trial: Trial) -> None:
        """Sets nothing aside."""
