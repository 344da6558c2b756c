"""Red flags: signs on a reply that it went astray, for which it is thrown away before it can be a vote.

To add one: a record with ``raised``, and a field of `Flags` with its name, under which it is counted.

Reference: "Solving a million-step LLM task with zero errors", arXiv 2511.09030: discarding such replies cuts errors
that several samples share.
"""

from __future__ import annotations

from abc import abstractmethod

from pydantic import Field

from agentscale.schema.calls import Reply
from agentscale.schema.record import Record


class Flag(Record):
    """One sign. Its parameters are its fields."""

    @abstractmethod
    def raised(self, reply: Reply) -> bool:
        """Whether the reply bears it."""


class TooLong(Flag):
    """The reply took more tokens than a sound one needs."""

    tokens: int = Field(default=750, ge=1)
    """Tokens of the longest sound reply."""

    def raised(self, reply: Reply) -> bool:
        """By what the endpoint counted; where it did not tell, a reply is not too long."""
        used = None if reply.completion is None else reply.completion.usage.tokens_out
        return used is not None and used > self.tokens


class Phrases(Flag):
    """The reply says what only a confused one says."""

    texts: tuple[str, ...] = Field(min_length=1)
    """Any of these, whatever the case: ``wait, that is wrong``."""

    def raised(self, reply: Reply) -> bool:
        """Whether one of the texts stands in it."""
        said = reply.text.casefold()
        return any(text.casefold() in said for text in self.texts)


class Flags(Record):
    """The flags of a race: a reply that bears any of them is no vote. One without a readable vote never is."""

    too_long: TooLong | None = TooLong()
    """``null`` for replies of any length."""
    phrases: Phrases | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All that a sample can be thrown away for."""
        return ("failed", "malformed", *(name for name, flag in self if flag is not None))

    def raised_on(self, reply: Reply, vote: str | None) -> str | None:
        """The first sign that a reply bears, by name; ``None`` where it may vote.

        Args:
            reply: What came back.
            vote: What was read from it, ``None`` where it has not the form that was asked for.
        """
        if reply.error is not None:
            return "failed"
        if vote is None:
            return "malformed"
        named: dict[str, Flag | None] = dict(self)
        return next((name for name, flag in named.items() if flag is not None and flag.raised(reply)), None)
