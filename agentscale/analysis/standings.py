"""Standings: what each agent has, in the mean over all plays in which it sat, where a world measures seat by seat.

A world says so by the names of its measures: ``points_1`` is that of the first member, ``points_2`` of the second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from agentscale.analysis.arrays import Floats
from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.collaboration import Played
from agentscale.analysis.curves import setting

Row = dict[str, object]


def standing_rows(cells: Sequence[Played], *, seed: int, resamples: int) -> Iterator[Row]:
    """A row for every agent's configuration, task, protocol and topology, and every measure that has seats.

    A question's value is the mean over all seats in which the agent sat, in all teams; the interval is over questions.

    Args:
        cells: All cells in which agents acted on a world.
        seed: Of the bootstrap.
        resamples: Of it.
    """
    sat: defaultdict[tuple[str, str, str, str, str], list[Floats]] = defaultdict(list)
    for one in cells:
        at = setting(one.cell, team=True)
        for measure in _seated(one):
            for seat, agent in enumerate(one.cell.team.agents, start=1):
                sat[at.task, at.protocol, at.topology, agent.config_id, measure].append(one.values[f"{measure}_{seat}"])
    for (task, protocol, topology, agent_id, measure), seats in sat.items():
        by_question = _mean_defined(np.stack(seats))
        if not np.isfinite(by_question).any():
            continue  # such as a prediction where nobody was asked for one
        (found,) = mean_estimates(by_question[:, None], seed=seed, resamples=resamples, task=task)
        yield {
            "task": task,
            "protocol": protocol,
            "topology": topology,
            "agent": agent_id,
            "measure": measure,
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "n_items": found.n_items,
            "n_seats": len(seats),
            "warnings": "; ".join(found.warnings),
        }


def _seated(one: Played) -> list[str]:
    """The measures of which every seat of the team has one of its own."""
    first = [name.removesuffix("_1") for name in one.values if name.endswith("_1")]
    seats = range(1, one.cell.size + 1)
    return [name for name in first if all(f"{name}_{seat}" in one.values for seat in seats)]


def _mean_defined(values: Floats) -> Floats:
    """The mean over the first axis of what is defined; ``nan`` where nothing is."""
    defined = np.isfinite(values)
    total = np.where(defined, values, 0.0).sum(axis=0)
    count = defined.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
