"""The same answers under other aggregators: which cells have them, and their columns in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from agentscale.analysis.aggregators import aggregate
from agentscale.analysis.arrays import CellArrays
from agentscale.analysis.ledger import Entry, Ledger
from agentscale.schema.run import Cell


class Counterfactual(NamedTuple):
    """A cell under an aggregator."""

    cell: Cell
    aggregator: str
    accuracy: Entry
    delta: Entry
    """Accuracy less that of the plurality, question by question."""


def counterfactuals(arrays: CellArrays, chance: float, ledger: Ledger) -> Iterator[Counterfactual]:
    """The cell under every aggregator.

    Only where the team's answer was the plurality of its agents' last answers, which their scores show: a judge's or a
    leader's answer is no vote that could have been counted otherwise.

    Args:
        arrays: The cell.
        chance: 1/C of its questions; 0 for open answers, where C is the distinct answers to the richest question.
        ledger: Where the columns go; its seed is that of the cross-fitting.
    """
    answers = arrays.last(arrays.answers)
    if arrays.cell.size < 2 or not len(answers) or arrays.is_world:
        return
    configs = [agent.config_id for agent in arrays.cell.team.agents]
    names = {name: at for at, name in enumerate(dict.fromkeys(configs))}
    n_options = max(2, round(1 / chance) if chance > 0 else int(answers.max()) + 1)
    found = aggregate(answers, [names[name] for name in configs], arrays.item, n_options, ledger.seed)
    if not np.allclose(found.plurality, np.nan_to_num(arrays.score)):
        return
    columns = {name: arrays.by_item(values) for name, values in found._asdict().items()}
    task, reference = arrays.cell.task, columns["plurality"]
    for name, values in columns.items():
        delta = ledger.enter(task, values - reference, paired=True)
        yield Counterfactual(arrays.cell, name, ledger.enter(task, values), delta)
