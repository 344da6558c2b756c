"""Every number with an interval, entered first and bootstrapped together: one set of resamples for a whole task."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.bootstrap import bootstrap_means, with_student_ends

Floats = NDArray[np.float64]


class Entry(NamedTuple):
    """Where a column of values by question stands in the ledger."""

    task: str
    column: int


class Interval(NamedTuple):
    """A mean over questions; ``nan`` where it is not defined."""

    value: float
    low: float
    high: float
    n_items: int


UNTOLD = Interval(math.nan, math.nan, math.nan, 0)
"""What is said where nothing was entered."""


class Ledger:
    """Columns of values by question, per task; a column's mean and interval once all are entered."""

    def __init__(self, seed: int, resamples: int) -> None:
        self.seed, self.resamples = seed, resamples
        self._columns: dict[str, list[Floats]] = {}
        self._paired: dict[str, list[bool]] = {}
        self._settled: dict[str, list[Interval]] = {}

    def enter(self, task: str, values: Floats, *, paired: bool = False) -> Entry:
        """Enters values by question, shape (Q of the task,); ``nan`` leaves a question out of this column.

        ``paired`` values are differences of two scores, whose interval is never narrower than Student's.
        """
        columns = self._columns.setdefault(task, [])
        columns.append(values)
        self._paired.setdefault(task, []).append(paired)
        return Entry(task, len(columns) - 1)

    def values(self, entry: Entry) -> Floats:
        """The values by question as entered."""
        return self._columns[entry.task][entry.column]

    def settle(self) -> None:
        """Bootstraps every task's columns with the resamples that they share."""
        for task, columns in self._columns.items():
            table = np.stack(columns, axis=1)
            found = bootstrap_means(table, seed=self.seed, resamples=self.resamples, task=task)
            found = with_student_ends(found, table, self._paired[task])
            self._settled[task] = [
                Interval(float(value), float(low), float(high), int(n))
                for value, low, high, n in zip(*found, strict=True)
            ]

    def __getitem__(self, entry: Entry) -> Interval:
        return self._settled[entry.task][entry.column]
