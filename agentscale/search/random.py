"""Random search: the baseline that every other method must beat at equal cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agentscale.search.base import Found, Method, Try, fitting


class RandomSearch(Method):
    """Every batch is drawn anew, each edge present in every other plan."""

    name = "random"

    _rounds = 0

    def propose(self, rng: np.random.Generator) -> list[Try]:
        """Plans by even odds."""
        if self._rounds == self.setting.rounds:
            return []
        self._rounds += 1
        space = self.setting.space
        odds = space.even(0.5)
        return [Try(plan) for plan in fitting(self.setting, self.setting.batch, lambda: space.draw(odds, rng))]

    def observe(self, found: Sequence[Found]) -> None:
        """Learns nothing."""
