"""Policy gradient: the odds of what good plans of a batch have in common rise, by the score function's gradient.

Reference: R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
Machine Learning 8 (1992); on the edges of agent graphs M. Zhuge et al., "GPTSwarm", ICML 2024.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agentscale.search.base import Found, Method, Setting, Try, fitting
from agentscale.search.plans import Floats, Odds, Plan

RATE = 1.0
"""Step of the logits for an advantage of one standard deviation of the batch, over the batch's size."""


class Reinforce(Method):
    """Logits θ of all edges, fusers and models; θ += rate · mean over the batch of advantage · ∂ log p / ∂θ.

    The advantage is the score less the batch's mean, over its standard deviation.
    """

    name = "reinforce"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        n, m = setting.space.nodes, len(setting.space.models)
        self._edges: Floats = np.zeros(len(setting.space.edges))
        self._fusers: Floats = np.zeros(n)
        self._models: Floats = np.zeros((n, m))
        self._rounds = 0

    @property
    def odds(self) -> Odds:
        """The chances as they stand."""
        raised = np.exp(self._models - self._models.max(axis=1, keepdims=True))
        return Odds(_logistic(self._edges), _logistic(self._fusers), raised / raised.sum(axis=1, keepdims=True))

    def propose(self, rng: np.random.Generator) -> list[Try]:
        """Plans by the odds as they stand."""
        if self._rounds == self.setting.rounds:
            return []
        self._rounds += 1
        space, odds = self.setting.space, self.odds
        return [Try(plan) for plan in fitting(self.setting, self.setting.batch, lambda: space.draw(odds, rng))]

    def observe(self, found: Sequence[Found]) -> None:
        """One step up the gradient; a batch of equal scores teaches nothing."""
        scores = np.array([each.score for each in found])
        spread = scores.std() if len(scores) else 0.0
        if spread == 0:
            return
        odds = self.odds
        for each, advantage in zip(found, RATE * (scores - scores.mean()) / spread / len(scores), strict=True):
            edges, fusers, models = self._chosen(each.plan)
            self._edges += advantage * (edges - odds.edges)
            self._fusers += advantage * (fusers - odds.fusers)
            self._models += advantage * (models - odds.models)

    def _chosen(self, plan: Plan) -> Odds:
        """The plan as the odds that give nothing else."""
        space = self.setting.space
        nodes = np.arange(space.nodes)
        models = np.zeros((space.nodes, len(space.models)))
        models[nodes, [space.models.index(model) for model in plan.models]] = 1
        edges = np.array([edge in plan.edges for edge in space.edges], dtype=np.float64)
        return Odds(edges, np.isin(nodes, plan.fusers).astype(np.float64), models)


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))
