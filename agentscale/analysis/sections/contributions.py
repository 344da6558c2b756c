"""What each agent and each configuration of a cell adds to its K* and to its vote."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.agreement import count_answers
from agentscale.analysis.arrays import MISSING, Floats, Ints
from agentscale.analysis.contributions import Shapley, delta_k, shapley, shapley_channels
from agentscale.analysis.sections.base import Number, Sight
from agentscale.analysis.votes import expected_accuracy

_ORDERS = 16
"""Random orders of the configurations where there are too many for all coalitions."""


def contributions(sight: Sight) -> Iterator[Number]:
    """Leave-one-out of agents and of configurations, and Shapley values of configurations. Nothing of a single agent.

    The vote is the plurality of the last answers, ties in expectation, whatever decided the trial.
    """
    if sight.n_agents < 2:
        return
    counts = count_answers(sight.last)
    yield from _agents(sight, counts)
    names = tuple(dict.fromkeys(sight.configs))
    if len(names) < 2:
        return
    yield from _configurations(sight, "accuracy", _shares_in_vote(sight, names), paired=True)
    if sight.embedded.shape[-1]:
        channels = shapley_channels(sight.embedded, sight.configs, orders=_ORDERS, seed=sight.seed)[1]
        yield from _configurations(sight, "k_star", channels)


def _agents(sight: Sight, counts: Ints) -> Iterator[Number]:
    """What K* and the vote lose with each agent: nothing with one that cannot be read."""
    vote = np.asarray(expected_accuracy(counts))
    own = (sight.last[:, :, None] == np.arange(counts.shape[1])) & (sight.last != MISSING)[:, :, None]
    lost = vote[:, None] - expected_accuracy(counts[:, None, :] - own)
    channels = delta_k(sight.embedded)
    for at, agent in enumerate(sight.arrays.cell.team.agents):
        yield from sight.means({"accuracy_lost": lost[:, at]}, at=agent.slot, paired=True)
        yield from sight.means({"k_star_lost": channels[:, at]}, at=agent.slot)


def _configurations(sight: Sight, of: str, found: Shapley, *, paired: bool = False) -> Iterator[Number]:
    for at, name in enumerate(dict.fromkeys(sight.configs)):
        columns = {f"config_{of}_lost": found.lost[..., at], f"shapley_{of}": found.value[..., at]}
        for told in sight.means(columns, at=name, paired=paired):
            yield told.warned(*found.warnings)


def _shares_in_vote(sight: Sight, names: tuple[str, ...]) -> Shapley:
    """Shapley values in the vote; nobody is right where nobody votes."""
    options = int(sight.last.max(initial=0)) + 1
    of = np.array([names.index(config) for config in sight.configs])
    votes = np.stack([count_answers(sight.last[:, of == at], options) for at in range(len(names))])

    def worth(coalition: tuple[int, ...]) -> Floats:
        return np.asarray(expected_accuracy(votes[list(coalition)].sum(axis=0)))

    return shapley(worth, len(names), orders=_ORDERS, seed=sight.seed)
