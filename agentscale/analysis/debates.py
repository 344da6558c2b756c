"""What talking did in one cell: the measures of ``debate`` on a cell's arrays, and their columns in the ledger."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agentscale.analysis.arrays import MISSING, CellArrays
from agentscale.analysis.debate import course, fj_coupling, flip_table, revision
from agentscale.analysis.debate.drift import t_test
from agentscale.analysis.debate.rounds import share_right
from agentscale.analysis.ledger import Entry, Ledger
from agentscale.analysis.measures import mean
from agentscale.schema.estimate import Estimate

_ONE = 1  # resample: only values are used, intervals come from the ledger


class DebateMeasures(NamedTuple):
    """One cell of several rounds."""

    drift: Entry
    """Change a round of the share of readable answers that are right."""
    p_drift: float
    gain: Entry
    """Right answers at last less right answers at first, an agent."""
    oracle_gap: Entry
    """Somebody was right at first, less the accuracy of the last round's plurality."""
    correction: float
    subversion: float
    conformity: float
    truth_advantage: Estimate
    coupling: float
    unanimous: float
    unanimous_wrong: float


def debate_measures(arrays: CellArrays, ledger: Ledger) -> DebateMeasures | None:
    """The cell's debate; ``None`` where there was none: one round, or agents who did not speak in every round.

    Replicates are trials of their own, averaged by question where there is an interval.
    """
    a = arrays.answers
    if arrays.n_rounds < 2 or not len(a) or not arrays.asked.all():
        return None
    right, truth = share_right(a), np.zeros(len(a), dtype=np.int64)
    edges = np.array(arrays.cell.edges, dtype=np.int64).reshape(-1, 2)
    drift = arrays.by_item((right[:, -1] - right[:, 0]) / (arrays.n_rounds - 1))
    seen, revised = course(a, truth), revision(a, truth, seed=0, resamples=_ONE)
    flips = flip_table(a, truth, edges, items=arrays.item, seed=0, resamples=_ONE)["all"]
    gain = arrays.by_item((a[:, -1] == 0).mean(axis=1) - (a[:, 0] == 0).mean(axis=1))
    gap = seen.oracle[:, 0] - np.nan_to_num(seen.team_accuracy[:, -1])
    task = arrays.cell.task
    return DebateMeasures(
        drift=ledger.enter(task, drift, paired=True),
        p_drift=t_test(drift),
        gain=ledger.enter(task, gain, paired=True),
        oracle_gap=ledger.enter(task, arrays.by_item(gap)),
        correction=revised.correction.value,
        subversion=revised.subversion.value,
        conformity=flips.conformity.value,
        truth_advantage=flips.truth_advantage,
        coupling=fj_coupling(np.where(a == MISSING, np.nan, a == 0), edges, seed=0, resamples=_ONE).value,
        unanimous=mean(seen.unanimous[:, -1]),
        unanimous_wrong=mean(seen.unanimous_wrong[:, -1]),
    )
