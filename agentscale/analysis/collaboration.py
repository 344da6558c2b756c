"""The collaboration gap: what the members of a team do alone on the same worlds, less what the team does.

A gap above 0 says that somebody who could do it alone no longer can together with others, for all that it was told.

Reference: "The collaboration gap", arXiv 2511.02687.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agentscale.analysis.arrays import CellArrays, Floats
from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.curves import setting
from agentscale.schema.run import Cell

Row = dict[str, object]


class Played(NamedTuple):
    """A cell in which agents acted on a world, by question."""

    cell: Cell
    correct: Floats
    """Share of replicates in which the world's goal was reached, shape (Q,); ``nan`` where it has none."""
    values: Mapping[str, Floats]
    """Every measure in the mean over replicates, shape (Q,); ``nan`` where it is not defined."""

    @property
    def alike(self) -> tuple[str, str]:
        """What a team and its members alone must have in common: task and protocol."""
        return self.cell.task, self.cell.protocol.label


def played(arrays: CellArrays) -> Iterator[Played]:
    """The cell by question, if agents acted on a world in it."""
    if arrays.is_world:
        values = {name: arrays.by_item(column) for name, column in arrays.measures.items()}
        yield Played(arrays.cell, arrays.by_item(arrays.score), values)


def gap_rows(cells: Sequence[Played], *, seed: int, resamples: int) -> Iterator[Row]:
    """A row for every team all of whose members' configurations also played alone, and every measure.

    Two baselines stand beside one another: the *best* member, which is the one that reaches the goal most often alone,
    the first of several, and the mean of all members. Gaps are over the questions at which both sides are defined; the
    intervals are paired.

    Args:
        cells: All cells in which agents acted on a world.
        seed: Of the bootstrap.
        resamples: Of it.
    """
    alone = {(*one.alike, one.cell.team.agents[0].config_id): one for one in cells if one.cell.size == 1}
    for team in cells:
        ids = [agent.config_id for agent in team.cell.team.agents]
        if team.cell.size > 1 and all((*team.alike, each) in alone for each in ids):
            yield from _rows(team, {each: alone[*team.alike, each] for each in ids}, seed, resamples)


def _rows(team: Played, alone: Mapping[str, Played], seed: int, resamples: int) -> Iterator[Row]:
    best = max(alone, key=lambda each: _mean(alone[each].correct))
    members = [agent.config_id for agent in team.cell.team.agents]
    for measure, values in team.values.items():
        solo = {each: one.values.get(measure, np.full_like(values, np.nan)) for each, one in alone.items()}
        # A member that sits twice counts twice.
        mean = np.mean([solo[each] for each in members], axis=0)
        columns = np.stack([values, solo[best], mean, solo[best] - values, mean - values], axis=1)
        paired = [False, False, False, True, True]
        found = mean_estimates(columns, seed=seed, resamples=resamples, task=team.cell.task, paired=paired)
        own, best_alone, mean_alone, best_gap, mean_gap = found
        yield {
            **setting(team.cell, team=True)._asdict(),
            "measure": measure,
            "value": own.value,
            "best": best,
            "best_alone": best_alone.value,
            "gap": best_gap.value,
            "low": best_gap.low,
            "high": best_gap.high,
            "mean_alone": mean_alone.value,
            "mean_gap": mean_gap.value,
            "mean_low": mean_gap.low,
            "mean_high": mean_gap.high,
            "n_items": best_gap.n_items,
            "warnings": "; ".join(dict.fromkeys((*best_gap.warnings, *mean_gap.warnings))),
        }


def _mean(values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else -np.inf
