"""Pruning: which edges of a plan can go without harm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agentscale.search.base import Found, Method, Setting, Try


class Pruning(Method):
    """Tries a plan with each of its edges left out, goes on with the best of those that are no worse, and stops.

    Args:
        setting: Its batch and rounds are not used: there are at most as many rounds as edges.
        start: What is known of the plan to be pruned.
        tolerance: Score that an edge may be worth and still be left out.
    """

    name = "pruning"

    def __init__(self, setting: Setting, start: Found, tolerance: float = 0.0) -> None:
        super().__init__(setting)
        self.best = start
        self._least = start.score - tolerance
        self._over = False

    def propose(self, rng: np.random.Generator) -> list[Try]:
        """The plan without each of its edges."""
        plan = self.best.plan
        return [] if self._over else [Try(plan.without(edge)) for edge in plan.edges]

    def observe(self, found: Sequence[Found]) -> None:
        """Takes the best that is no worse than the start, of equals the cheapest."""
        good = [each for each in found if each.score >= self._least]
        self._over = not good
        self.best = min(good, key=lambda each: (-each.score, each.cost), default=self.best)
