"""What stands behind the server: a door takes what is asked and gives completions. It knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message
from agentscale.schema.tools import Tool


@dataclass(frozen=True)
class Asked:
    """A chat request as it came in."""

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    n: int = 1
    """How many answers are wanted."""
    thinks: bool = False
    """Whether reasoning is to stand apart."""
    call: CallId | None = None
    """Who asks, where the caller says so."""
    tools: tuple[Tool, ...] = ()
    """What the answer may want used."""

    @property
    def request(self) -> ChatRequest:
        """The request, as a model gets it."""
        return ChatRequest(self.model, self.messages, self.sampling, self.tools)


class Door(Protocol):
    """What answers."""

    @property
    def models(self) -> Sequence[str]:
        """The names that may be asked."""
        ...

    def answers(self, asked: Asked) -> list[Completion]:
        """``asked.n`` completions. The model is one of ``models``.

        Raises:
            Refused: There is no such answer.
            EndpointError: The answer is a failure.
        """
        ...

    def odds(self, asked: Asked) -> Mapping[str, float]:
        """The probability of every possible answer, by its text.

        Raises:
            Refused: It is not known.
        """
        ...

    def close(self) -> None:
        """Gives back what the door holds."""
        ...
