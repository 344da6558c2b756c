"""Successive halving: many plans on few questions, the better half of them on twice as many, and so on.

Reference: K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016. Questions of a smaller share are among those of a larger one, so nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agentscale.search.base import Found, Method, Setting, Try, fitting


class SuccessiveHalving(Method):
    """Begins with ``batch`` plans on 1/2^(rounds − 1) of the questions; the last round has all of them."""

    name = "halving"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._rung = 0
        self._left: list[Try] | None = None

    def propose(self, rng: np.random.Generator) -> list[Try]:
        """The plans that are left, on twice the questions."""
        if self._left is None:
            space, odds = self.setting.space, self.setting.space.even(0.5)
            plans = fitting(self.setting, self.setting.batch, lambda: space.draw(odds, rng))
            self._left = [Try(plan, self._share) for plan in plans]
        return self._left if self._rung < self.setting.rounds else []

    def observe(self, found: Sequence[Found]) -> None:
        """Keeps the better half, of equals the cheaper."""
        self._rung += 1
        ranked = sorted(found, key=lambda each: (-each.score, each.cost))
        self._left = [Try(each.plan, self._share) for each in ranked[: max(1, len(ranked) // 2)]]

    @property
    def _share(self) -> float:
        return float(0.5 ** (self.setting.rounds - 1 - self._rung))
