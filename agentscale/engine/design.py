"""The trials of a sweep, in the order in which they are handed out. Sends nothing and keeps nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentscale.experiment import Sweep
from agentscale.experiment.questions import asked
from agentscale.protocols.rehearsal import slots_asked
from agentscale.schema.agents import SCORER
from agentscale.schema.run import Cell
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Trial:
    """Cell × sample × replicate."""

    cell: Cell
    sample_id: str
    replicate: int


def trials(sweep: Sweep) -> Iterator[Trial]:
    """All trials, sample by sample.

    So an interrupted run has the same samples in every cell, which keeps them paired, and prompts that share a prefix
    stand close together for the server's cache.
    """
    for task, sample_id in sweep.questions:
        for replicate in range(sweep.header.replicates):
            for cell in sweep.header.cells:
                if cell.task == task:
                    yield Trial(cell, sample_id, replicate)


def trials_by_cell(sweep: Sweep) -> dict[str, int]:
    """How many trials every cell has, by the cell's id."""
    asked = Counter(task for task, _ in sweep.questions)
    return {cell.id: sweep.header.replicates * asked[cell.task] for cell in sweep.header.cells}


def calls_at_most(sweep: Sweep) -> int:
    """Calls of all trials together, before cells share any: known from protocols and graphs, before anything is sent.

    Exact for protocols whose schedule is fixed; of the others, what they ask at most.
    """
    n_trials = trials_by_cell(sweep)
    return sum(_calls_at_most(sweep, cell, n_trials[cell.id]) for cell in sweep.header.cells)


def _calls_at_most(sweep: Sweep, cell: Cell, n_trials: int) -> int:
    """Calls of all trials of a cell; a chain is as long as its question says, and a world as its chance has it."""
    opened = [asked(record) for record in sweep.questions.values() if record.task == cell.task and record.world]
    if not opened:
        return n_trials * _calls_of(sweep, cell)
    return sum(_calls_about(sweep, cell, question) for question in opened)


def _calls_about(sweep: Sweep, cell: Cell, question: Question) -> int:
    """Calls of all replicates of a question that opens a chain or a world."""
    replicates = range(sweep.header.replicates)
    if question.world is None:
        return len(replicates) * _calls_of(sweep, cell, question)
    chances = (sweep.chance(cell, question.sample_id, replicate) for replicate in replicates)
    return sum(_calls_of(sweep, cell, question, chance) for chance in chances)


def _calls_of(
    sweep: Sweep, cell: Cell, question: Question | None = None, chance: np.random.Generator | None = None
) -> int:
    """Calls of one trial: who has tools may take all its steps each time, and a judge hears every answer."""
    with_tools = {agent.slot for agent in cell.team.everyone if agent.tools}
    is_judged = SCORER in cell.team.parts
    more = sweep.experiment.tool_steps
    return sum(
        1 + more * (slot in with_tools) + is_judged
        for slot in slots_asked(sweep.protocols[cell.id], cell.team, sweep.graphs[cell.id], question, chance)
    )


def models_asked(cell: Cell) -> frozenset[str]:
    """The models that a cell's team asks, by their names in the experiment."""
    return frozenset(agent.model for agent in cell.team.everyone)
