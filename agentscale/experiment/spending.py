"""Amounts of what a run spends: calls, tokens, money. What nobody knows is ``None`` or infinite, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spending:
    """An amount; as a bound it may be infinite, where nothing bounds the answers."""

    calls: int = 0
    tokens_in: float = 0
    tokens_out: float = 0
    usd: float | None = 0.0
    """US dollars; ``None`` where a price is unknown."""

    @property
    def tokens(self) -> float:
        """Tokens of prompts and answers."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Spending) -> Spending:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Spending(
            self.calls + other.calls, self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out, usd
        )


def total(amounts: Iterable[Spending]) -> Spending:
    """All of them together; money is unknown if one price is."""
    return sum(amounts, Spending())


@dataclass(frozen=True, slots=True)
class Bounds:
    """At least and at most so much is spent."""

    low: Spending = Spending()
    high: Spending = Spending()

    @property
    def exact(self) -> bool:
        """Whether the number of calls is known."""
        return self.low.calls == self.high.calls

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.low + other.low, self.high + other.high)
