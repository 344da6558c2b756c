"""Where agents stand when they are asked on the side, how far that is from their model's default, and how it drifts.

Reference: A. Taubenfeld, Y. Dover, R. Reichart and A. Goldstein, "Systematic biases in LLM simulations of debates",
EMNLP 2024, arXiv 2402.04049.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.arrays import Attitudes, Floats
from agentscale.analysis.sections.base import Number, Sight


def attitudes(sight: Sight) -> Iterator[Number]:
    """All that is told of a cell in which agents were probed; else nothing. Attitudes are numbers from 0 to 10.

    An agent's default d is the mean of what its model said without persona in the same trial. What cannot be read is
    left out, and its share told.
    """
    found = sight.arrays.attitudes
    if found is None:
        return
    default = _by_model(sight, found.defaults)
    distance = np.abs(found.stands - default[:, None])
    moved = np.abs(found.stands - found.stands[:, :1])
    yield from sight.means({"attitude_default": _over_agents(found.defaults)})
    for at, label in enumerate(_labels(found)):
        stands, asked = found.stands[:, at], found.asked[:, at]
        unread = np.where(asked, np.isnan(stands), np.nan)
        told = {
            "attitude": _over_agents(stands),
            "attitude_spread": _spread(stands),
            "attitude_unread": _over_agents(unread),
            "from_default": _over_agents(distance[:, at]),
        }
        yield from sight.means(told, label)
        if at:
            yield from sight.means({"from_start": _over_agents(moved[:, at])}, label)
            yield from sight.means({"approach": _over_agents(distance[:, 0] - distance[:, at])}, label, paired=True)
    yield from _by_configuration(sight, found, distance, moved)


def _by_configuration(sight: Sight, found: Attitudes, distance: Floats, moved: Floats) -> Iterator[Number]:
    """How stable each persona is."""
    configs = np.array(sight.configs)
    for config in dict.fromkeys(sight.configs):
        of = configs == config
        for at, label in enumerate(_labels(found)):
            means = {"from_default_of": distance[:, at, of], "from_start_of": moved[:, at, of]}
            yield from sight.means({name: _over_agents(each) for name, each in means.items()}, f"{config}, {label}")


def _labels(found: Attitudes) -> list[str]:
    """The round of each moment; with its turn where agents were probed after turns."""
    by_turn = any(turn for _, turn in found.moments)
    return [f"{number}.{turn}" if by_turn else str(number) for number, turn in found.moments]


def _by_model(sight: Sight, defaults: Floats) -> Floats:
    """The mean over all agents of a model, for each of them: shape (P, N)."""
    models, mean = np.array([agent.model for agent in sight.arrays.cell.team.agents]), np.full(defaults.shape, np.nan)
    for model in set(models.tolist()):
        mean[:, models == model] = _over_agents(defaults[:, models == model])[:, None]
    return mean


def _over_agents(values: Floats) -> Floats:
    """Mean over the last axis of what is defined; ``nan`` where nothing is."""
    count = np.isfinite(values).sum(axis=-1)
    return np.asarray(np.where(count > 0, np.nansum(values, axis=-1) / np.maximum(count, 1), np.nan))


def _spread(stands: Floats) -> Floats:
    """Standard deviation over agents; ``nan`` where fewer than two could be read."""
    mean = _over_agents(stands)
    variance = _over_agents(np.square(stands - mean[:, None]))
    return np.where(np.isfinite(stands).sum(axis=-1) > 1, np.sqrt(variance), np.nan)
