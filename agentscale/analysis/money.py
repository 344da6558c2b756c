"""What a question costs in money at each point of the curves, from the tokens that were recorded.

What an answer costs is handed in: prices change, and the numbers with them, unlike all others of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from agentscale.analysis.arrays import Floats
from agentscale.analysis.curves import grouped, team_mean
from agentscale.analysis.ledger import Ledger
from agentscale.analysis.tables import Row, Table
from agentscale.schema.run import Cell, Transcript

if TYPE_CHECKING:
    from agentscale.store import RunFolder

COLUMNS = "task layer team protocol topology size usd low high n_items"
Rate = Callable[[str, int, int], float | None]
"""US dollars for one answer of a model, from its tokens in and out; ``None`` where its price is unknown."""


def money_table(folder: RunFolder, rate: Rate, *, seed: int, resamples: int = 2000) -> Table:
    """US dollars a question, a row for each point of a curve of which every call has a price.

    The mean over questions with its 95 % interval; a layer is the mean over its teams, as in the table ``curves``. A
    failed call costs nothing. Prompts that a provider caches are counted in full.

    Args:
        folder: The run.
        rate: What an answer costs.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        StoreError: transcripts or questions cannot be read.
    """
    items: dict[str, dict[str, int]] = {}
    for task, sample in sorted(folder.questions()):
        items.setdefault(task, {})[sample] = len(items.get(task, {}))
    ledger, entries = Ledger(seed, resamples), {}
    for at, cells in grouped(cell for cell in folder.header.cells if folder.has_transcripts(cell.id)).items():
        columns = [_by_question(cell, folder.transcripts(cell.id), items[cell.task], rate) for cell in cells]
        if np.isfinite(column := team_mean(columns)).any():
            entries[at] = ledger.enter(at.task, column)
    ledger.settle()
    rows: list[Row] = []
    for at, entry in entries.items():
        told = ledger[entry]
        rows.append({**at._asdict(), "usd": told.value, "low": told.low, "high": told.high, "n_items": told.n_items})
    return Table(tuple(COLUMNS.split()), tuple(rows))


def _by_question(cell: Cell, transcripts: Iterable[Transcript], items: Mapping[str, int], rate: Rate) -> Floats:
    """Mean over replicates by question; ``nan`` without a transcript, or where a call has no price."""
    models = {agent.slot: agent.model for agent in cell.team.everyone}
    total, count = np.zeros(len(items)), np.zeros(len(items))
    for trial in transcripts:
        total[items[trial.sample_id]] += _usd(trial, models, rate)
        count[items[trial.sample_id]] += 1
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _usd(trial: Transcript, models: Mapping[str, str], rate: Rate) -> float:
    calls = {event.key: event for event in trial.events if event.role != "tool"}
    total = 0.0
    for event in calls.values():
        if event.tokens_in is None or event.tokens_out is None:
            price = 0.0 if event.error else None
        elif (model := models.get(event.slot)) is None:  # asked beside the team: what it costs is nowhere said
            price = None
        else:
            price = rate(model, event.tokens_in, event.tokens_out)
        if price is None:
            return float("nan")
        total += price
    return total
