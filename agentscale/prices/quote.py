"""A price that is known: what calls of a model cost, exactly and at most."""

from __future__ import annotations

from dataclasses import dataclass

from agentscale.schema.spending import Price

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens, for calls whose prompt has more than ``above`` tokens."""

    above: int
    input: float
    cached: float
    output: float

    def usd(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> float:
        """What so many tokens cost; ``tokens_cached`` are among ``tokens_in``."""
        fresh = tokens_in - tokens_cached
        return (fresh * self.input + tokens_cached * self.cached + tokens_out * self.output) / _MILLION


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a model: one rate, or several by the length of the prompt, each for all tokens of such a call."""

    rates: tuple[Rates, ...]
    """In ascending order; the first holds from 0."""
    source: str
    """Where the price comes from, for the reader."""

    @property
    def is_free(self) -> bool:
        """Whether no call costs anything."""
        return all(rate.input == rate.cached == rate.output == 0 for rate in self.rates)

    def usd(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> float:
        """The cost of one call in US dollars.

        Args:
            tokens_in: Tokens of the prompt.
            tokens_out: Tokens of the answer.
            tokens_cached: Those of the prompt that the endpoint had cached.
        """
        rate = next(rate for rate in reversed(self.rates) if tokens_in > rate.above or rate.above == 0)
        return rate.usd(tokens_in, tokens_out, tokens_cached)

    def at_most(self, tokens_in: float, tokens_out: float, longest: float) -> float:
        """An upper bound on what many calls cost together, in US dollars; infinite where tokens that cost are.

        Args:
            tokens_in: Tokens of all prompts.
            tokens_out: Tokens of all answers.
            longest: At most so many tokens has each prompt; dearer rates that start beyond are left out.
        """
        reachable = [rate for rate in self.rates if rate.above == 0 or rate.above < longest]
        dearest_in = max(max(rate.input, rate.cached) for rate in reachable)
        dearest_out = max(rate.output for rate in reachable)
        return _usd(tokens_in, dearest_in) + _usd(tokens_out, dearest_out)

    def at_least(self, tokens_in: float, tokens_out: float) -> float:
        """A lower bound on what many calls cost together, in US dollars: every prompt cached, every rate the lowest."""
        cheapest_in = min(min(rate.input, rate.cached) for rate in self.rates)
        return _usd(tokens_in, cheapest_in) + _usd(tokens_out, min(rate.output for rate in self.rates))


def _usd(tokens: float, rate: float) -> float:
    """Nothing for what is free, however much of it."""
    return tokens * rate / _MILLION if rate else 0.0


def flat(price: Price, source: str) -> Quote:
    """The price that a file gives."""
    cached = price.input if price.cached is None else price.cached
    return Quote((Rates(0, price.input, cached, price.output),), source)


def nothing(source: str) -> Quote:
    """No price at all, for a reason: the calls are made on this machine by this program."""
    return Quote((Rates(0, 0.0, 0.0, 0.0),), source)
