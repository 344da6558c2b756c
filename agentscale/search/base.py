"""What a method of search is: it proposes plans, and observes what came of them. It tries nothing itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from agentscale.search.plans import Plan, Space


class Try(NamedTuple):
    """A plan to be tried, on what share of the questions."""

    plan: Plan
    share: float = 1.0


class Found(NamedTuple):
    """What came of a try."""

    plan: Plan
    score: float
    """Share of right answers, in [0, 1]; without an answer counts as not right."""
    cost: float
    """In the unit of the search, for one question."""
    share: float = 1.0
    """Of the questions."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every method is told."""

    space: Space
    batch: int
    """Plans that are proposed at a time, ≥ 1."""
    rounds: int
    """Times that plans are proposed, ≥ 1."""
    fits: Callable[[Plan], bool] = lambda plan: True
    """Whether a plan's bound keeps to the cap on the cost of a question: no other is proposed."""
    ask: Callable[[str], str] | None = None
    """What a model replies to a text, where a method asks one."""


class Method(ABC):
    """One method of search."""

    name: str

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @abstractmethod
    def propose(self, rng: np.random.Generator) -> list[Try]:
        """The next plans, all of which fit; none where the search is over."""

    @abstractmethod
    def observe(self, found: Sequence[Found]) -> None:
        """Takes what came of all plans that were proposed last, in their order."""


DRAWS = 1_000
"""Draws for a plan that fits, before there is taken to be none."""


def fitting(setting: Setting, n: int, draw: Callable[[], Plan]) -> list[Plan]:
    """At most ``n`` different plans that fit, fewer where a thousand draws for the next give no other."""
    plans: dict[Plan, None] = {}
    for _ in range(n):
        for _ in range(DRAWS):
            plan = draw()
            if plan not in plans and setting.fits(plan):
                plans[plan] = None
                break
    return list(plans)
