"""A p-beauty contest: everybody names a number at the same time, and who is nearest to p times the mean wins.

Somebody who expects the others to draw at random names p · middle, somebody who expects that of the others p² · middle,
and so on: a number tells how many steps ahead was thought. In equilibrium everybody names 0.

Private are the numbers: a round is told by its mean, its target and one's own number.

References: R. Nagel, "Unraveling in guessing games", American Economic Review 85 (1995); "Humans expect rationality and
cooperation from LLM opponents in strategic games", arXiv 2505.11011.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from pydantic import Field

from agentscale.environments.base import Environment, Score
from agentscale.environments.marks import behind
from agentscale.schema.worlds import Edges, Extreme, Heard, Observation, Policy

if TYPE_CHECKING:
    import numpy as np

MARK = "Number:"
"""The mark behind which a number is read."""

_NUMBER = re.compile(r"[-−]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)")
_MEAN = re.compile(r"^In round \d+ the mean was (\S+) ", re.MULTILINE)

Round = tuple[float | None, ...]
"""What each member named; ``None`` where it does not count."""


class _Contest(Protocol):
    p: float
    high: float


def _thinking(steps: int, heard: Heard, rng: np.random.Generator) -> str:
    """Names p to so many steps times the last mean, or the middle before there is one."""
    contest = cast(_Contest, heard.world)
    means = _MEAN.findall(heard.everything)
    return f"{MARK} {contest.p**steps * (float(means[-1]) if means else contest.high / 2):.6f}"


def _drawing(heard: Heard, rng: np.random.Generator) -> str:
    return f"{MARK} {rng.uniform(0, cast(_Contest, heard.world).high):.6f}"


@dataclass(frozen=True, slots=True)
class Guesses:
    """A contest on its way."""

    n: int
    named: tuple[Round, ...] = ()
    """Round by round."""
    silent: int = 0
    """Times that somebody said nothing."""
    unreadable: int = 0
    """Times that somebody said something without a number."""
    invalid: int = 0
    """Times that somebody named a number out of range."""


class BeautyContest(Environment):
    """Rounds of one contest.

    Who names no number, or one out of range, has no part in the mean of the round, and is as far from the target as the
    range is wide.
    """

    name: ClassVar[str] = "beauty_contest"

    p: float = Field(default=0.6666666667, gt=0, lt=1)
    """The target is p times the mean."""
    high: float = Field(default=100.0, gt=0)
    """Numbers go from 0 to this one."""
    rounds: int = Field(default=4, ge=1, le=1000)

    policies: ClassVar[Mapping[str, Policy]] = {
        "optimal": lambda heard, rng: f"{MARK} 0",
        "level_0": partial(_thinking, 0),
        "level_1": partial(_thinking, 1),
        "level_2": partial(_thinking, 2),
        "level_3": partial(_thinking, 3),
        "random": _drawing,
        "silent": lambda heard, rng: "",
    }

    def unfit(self, n: int, edges: Edges) -> str | None:
        """At least two, who need no graph."""
        return None if n > 1 else "takes 2 players or more; the team has 1"

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> Guesses:
        """No round is played. Nothing is drawn."""
        return Guesses(n)

    def observe(self, state: Guesses) -> tuple[Observation, ...]:
        """Everybody at once, round by round."""
        if len(state.named) == self.rounds:
            return ()
        return tuple(Observation(member, self._told(state, member), self._rules(state.n)) for member in range(state.n))

    def after(self, state: Guesses, said: Sequence[str | None], rng: np.random.Generator) -> Guesses:
        """The round is over."""
        texts = [(text or "").strip() for text in said]
        read = [_read(text) for text in texts]
        counted = tuple(number if number is not None and self._is_in_range(number) else None for number in read)
        silent = texts.count("")
        return Guesses(
            state.n,
            (*state.named, counted),
            state.silent + silent,
            state.unreadable + read.count(None) - silent,
            state.invalid + counted.count(None) - read.count(None),
        )

    def repair(self, state: Guesses, asked: Observation, said: str) -> str | None:
        """One number behind the mark is wanted; whether it is in range is the player's own affair."""
        return f"Your words name no number. {_FORM}" if _read(said) is None else None

    def supposed(self, state: Guesses, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """At the longest all name numbers, whose mean and target are told."""
        return unheard if extreme == "shortest" else [f"{MARK} {self.high / 3:.6f}"] * len(unheard)

    def score(self, state: Guesses) -> Score:
        """How near to the target all came; right is a contest in which everybody names the target, 0, in every round.

        Measures: ``distance`` of the numbers from their round's target, in parts of the range, 0 to 1, and the same of
        the first and the last round, ``first_distance`` and ``last_distance``; ``first_mean`` and ``last_mean`` of the
        numbers; ``level`` the steps that the median number of the first round is ahead of the middle,
        ln(number / middle) / ln p and at least 0 (undefined for 0, which is ahead of every step); ``silent``,
        ``unreadable`` and ``invalid`` shares of all that was asked.
        """
        distances = [self._distance(numbers) for numbers in state.named]
        asked = max(state.n * len(state.named), 1)
        distance = fmean(distances)
        return Score(
            correct=distance == 0,
            measures={
                "distance": distance,
                "first_distance": distances[0],
                "last_distance": distances[-1],
                "first_mean": _mean(state.named[0]),
                "last_mean": _mean(state.named[-1]),
                "level": self._level(state.named[0]),
                "silent": state.silent / asked,
                "unreadable": state.unreadable / asked,
                "invalid": state.invalid / asked,
            },
        )

    def _distance(self, numbers: Round) -> float:
        mean = _mean(numbers)
        target = math.nan if mean is None else self.p * mean
        return fmean(1.0 if number is None else abs(number - target) / self.high for number in numbers)

    def _level(self, numbers: Round) -> float | None:
        named = [number for number in numbers if number is not None]
        middle = median(named) if named else 0.0
        return max(0.0, math.log(middle / (self.high / 2)) / math.log(self.p)) if middle > 0 else None

    def _is_in_range(self, number: float) -> bool:
        return 0 <= number <= self.high

    # -- what is told ---------------------------------------------------------------------------------------------

    def _rules(self, n: int) -> str:
        return (
            f"You are one of {n} players. In each of {self.rounds} rounds all name a number from 0 to {self.high:g} at "
            f"the same time. The target is {self.p:.4g} times the mean of all numbers, and who is nearest to it wins "
            "the round. Try to win."
        )

    def _told(self, state: Guesses, member: int) -> str:
        before = f"{self._last(state.named, member)}\n" if state.named else ""
        return f"{before}Round {len(state.named) + 1} of {self.rounds}. {_FORM}"

    def _last(self, named: Sequence[Round], member: int) -> str:
        mean, own = _mean(named[-1]), named[-1][member]
        if mean is None:
            return f"In round {len(named)} nobody named a number that counts."
        far = [abs(number - self.p * mean) for number in named[-1] if number is not None]
        won = own is not None and abs(own - self.p * mean) == min(far)
        yours = (
            "You named none that counts" if own is None else f"You named {own:g}, and {'won' if won else 'did not win'}"
        )
        return f"In round {len(named)} the mean was {mean:g} and the target {self.p * mean:g}. {yours}."


_FORM = f"Write your number on the last line: {MARK} …"


def _read(text: str) -> float | None:
    """The number behind the last mark, or the only one that a text holds."""
    found = _NUMBER.findall(behind(text, MARK) or "")[:1]
    numbers = found or _NUMBER.findall(text)
    return float(numbers[0].replace(",", "").replace("−", "-")) if len(numbers) == 1 else None


def _mean(numbers: Round) -> float | None:
    named = [number for number in numbers if number is not None]
    return fmean(named) if named else None
