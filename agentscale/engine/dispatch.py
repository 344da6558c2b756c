"""Hands trials to workers: each group of models has its own, so that a model that hangs holds up nobody else's trials.

Trials leave the design in its order, where the budget admits them, and wait in the queue of the models that their team
asks. This file starts no worker and plays nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from agentscale.engine.admission import Budget
from agentscale.engine.design import Trial, models_asked, trials, trials_by_cell
from agentscale.experiment import Sweep

Group = frozenset[str]
"""The models that a team asks."""


class Dispatcher:
    """The queues of a run.

    Args:
        sweep: Whose trials are handed out.
        budget: What admits them.

    Attributes:
        sizes: How many trials each group has.
        n_left_out: Trials that the budget did not admit, or did not let begin, so far.
    """

    def __init__(self, sweep: Sweep, budget: Budget) -> None:
        self.sizes: Counter[Group] = Counter()
        self.n_left_out = 0
        self._budget = budget
        self._groups = {cell.id: models_asked(cell) for cell in sweep.header.cells}
        for cell_id, n_trials in trials_by_cell(sweep).items():
            self.sizes[self._groups[cell_id]] += n_trials
        self._design = trials(sweep)
        self._head: Trial | None = next(self._design, None)
        self._queues: dict[Group, deque[Trial]] = {group: deque() for group in self.sizes}
        self._n_open = 0
        self._changed = asyncio.Event()
        self._stopped = False

    async def next(self, group: Group) -> Trial | None:
        """The next admitted trial of a group, or ``None`` where there is none left or the run was stopped."""
        queue = self._queues[group]
        while not self._stopped:
            if queue:
                trial = queue.popleft()
                if self._budget.may_begin(trial):
                    return trial
                self._leave_out(trial)
            elif self._head is None:
                return None
            elif not self._advance(self._head):
                self._changed.clear()
                await self._changed.wait()
        return None

    def _advance(self, head: Trial) -> bool:
        """Settles the next trial of the design; ``False`` where the budget wants it to wait."""
        admission = self._budget.admit(head)
        if admission == "wait" and self._n_open:
            return False
        if admission == "go":
            self._n_open += 1
            self._queues[self._groups[head.cell.id]].append(head)
        else:  # with nothing under way, nothing can come back that it might wait for
            self.n_left_out += 1
        self._head = next(self._design, None)
        return True

    def _leave_out(self, admitted: Trial) -> None:
        """Gives back what was admitted and may no longer begin."""
        self.n_left_out += 1
        self.ended(admitted)

    def ended(self, trial: Trial) -> None:
        """Takes note that an admitted trial has ended, however it did."""
        self._n_open -= 1
        self._budget.ended(trial)
        self._changed.set()

    def stop(self) -> None:
        """Hands out nothing from now on, and gives back what was admitted and not yet begun."""
        self._stopped = True
        for queue in self._queues.values():
            while queue:
                self.ended(queue.popleft())
        self._changed.set()
