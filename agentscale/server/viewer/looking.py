"""A run as it is looked at: what there is of each cell, a page of its trials, one trial. Little of it is in memory.

Nothing is computed here: numbers are those that an analysis wrote into the run's tables.
"""

from __future__ import annotations

import csv
import re
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from agentscale.errors import SpecError
from agentscale.recording.files import explained
from agentscale.report.legible import visible
from agentscale.report.transcripts import marks, shown_cell, shown_trial
from agentscale.schema.run import QuestionRecord, Transcript
from agentscale.store import RunFolder

PAGE = 100
"""Trials of a page."""
SPELL_S = 0.5
"""Seconds for which trials with a mark are looked for; what was found by then is shown, and the search goes on."""
NUMBERS = ("accuracy", "accuracy_low", "accuracy_high", "k_star", "calls")
_SHOWN = re.compile(r"report\.html|tables/[^/]+\.csv|figures/[^/]+\.svg")
_UNKNOWN = 255  # no mark has this value


class Looked:
    """A run folder, read piece by piece, by many threads.

    Args:
        path: The run folder.

    Raises:
        StoreError: It is none.
    """

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder.open(path)
        self._trials = [self.folder.trials(cell.id) for cell in self.folder.header.cells]
        self._marks = [_Marks() for _ in self._trials]
        self._lock = threading.Lock()

    @cached_property
    def questions(self) -> dict[tuple[str, str], QuestionRecord]:
        """The questions, by task and sample id.

        Raises:
            StoreError: Their file is damaged.
        """
        return self.folder.questions()

    @cached_property
    def _asked(self) -> dict[str, int]:
        """Questions by task."""
        names = [task for task, _ in self.questions]
        return {task: names.count(task) for task in dict.fromkeys(names)}

    def state(self) -> dict[str, Any]:
        """The run, its cells, and how far each is.

        Raises:
            StoreError: A file of the run cannot be read.
        """
        header = self.folder.header
        numbers = self._numbers()
        with self._lock:
            return {
                "name": visible(header.name),
                "path": visible(str(self.folder.path)),
                "has_page": self.folder.report_path.is_file(),
                "not_applicable": [f"{visible(left.cell)}: {visible(left.reason)}" for left in header.not_applicable],
                "cells": [
                    {
                        "id": visible(cell.id),
                        "n_done": trials.refresh(),
                        "n_planned": self._asked[cell.task] * header.replicates,
                        "version": trials.version,
                        **numbers.get(cell.id, {}),
                    }
                    for cell, trials in zip(header.cells, self._trials, strict=True)
                ],
            }

    def _numbers(self) -> dict[str, dict[str, float]]:
        """What the last analysis wrote of each cell; nothing where there was none."""
        path = self.folder.path / "tables" / "cells.csv"
        if not path.is_file():
            return {}
        with explained(f"read {path}"), path.open(encoding="utf-8", newline="") as file:
            return {
                row["cell"]: {name: float(row[name]) for name in NUMBERS if row.get(name)}
                for row in csv.DictReader(file)
            }

    def rows(self, cell: int, wanted: int, start: int) -> dict[str, Any]:
        """A page of the trials of a cell that have all marks ``wanted``, from the place ``start`` on.

        Returns:
            ``rows``; ``next``, the place to go on from, ``None`` at the end; ``end``, where this page ends; ``total``,
            where it is known.

        Raises:
            SpecError: There is no such cell.
            StoreError: A transcript is damaged.
        """
        with self._lock:
            trials, known = self._trials[self._at(cell)], self._marks[cell]
            n_trials = trials.refresh()
            known.fit(n_trials, trials.version)
            found, ends = list[dict[str, Any]](), time.monotonic() + SPELL_S
            place = start
            while place < n_trials and len(found) < PAGE and time.monotonic() < ends:
                if known.may_have(place, wanted):
                    trial = trials[place]
                    known.note(place, marks(trial))
                    if known.may_have(place, wanted):
                        found.append(_row(place, trial, known.of(place)))
                place += 1
            total = None if wanted else n_trials
            return {"rows": found, "next": place if place < n_trials else None, "end": place, "total": total}

    def find(self, cell: int, sample_id: str, replicate: int | None) -> int | None:
        """The place of a trial; ``None`` where it has not ended.

        Raises:
            SpecError: There is no such cell.
            StoreError: The cell's file cannot be read.
        """
        with self._lock:
            return self._trials[self._at(cell)].find(sample_id, replicate)

    def trial(self, cell: int, place: int) -> dict[str, Any]:
        """One trial as the page shows it.

        Raises:
            SpecError: There is no such cell or place.
            StoreError: The transcript is damaged.
        """
        header = self.folder.header
        with self._lock:
            trials = self._trials[self._at(cell)]
            if not 0 <= place < trials.refresh():
                raise SpecError(f"got {place}", key="place", allowed=f"the {len(trials)} trials of the cell, from 0")
            trial = trials[place]
        task = header.cells[cell].task
        return shown_trial(trial, self.questions[task, trial.sample_id], header.tasks[task])

    def cells(self) -> list[dict[str, Any]]:
        """The cells as the browser of transcripts wants them."""
        return [shown_cell(cell) for cell in self.folder.header.cells]

    def file(self, name: str) -> Path | None:
        """The page, a table or a figure, by its path in the run folder; ``None`` where it is no such file there."""
        path = self.folder.path / name
        if not _SHOWN.fullmatch(name) or not path.is_file():
            return None
        return path if path.resolve().is_relative_to(self.folder.path.resolve()) else None

    def _at(self, cell: int) -> int:
        if not 0 <= cell < len(self._trials):
            raise SpecError(f"got {cell}", key="cell", allowed=f"0 to {len(self._trials) - 1}")
        return cell


class _Marks:
    """The marks of a cell's trials, as far as they were looked at, a byte each."""

    def __init__(self) -> None:
        self._bytes, self._version = bytearray(), 0

    def fit(self, n_trials: int, version: int) -> None:
        """Makes room; other places mean other trials."""
        if version != self._version:
            self._bytes, self._version = bytearray(), version
        self._bytes += bytes([_UNKNOWN]) * (n_trials - len(self._bytes))

    def may_have(self, place: int, wanted: int) -> bool:
        """Whether the trial has the marks, or was not looked at yet."""
        return self._bytes[place] & wanted == wanted

    def note(self, place: int, found: int) -> None:
        self._bytes[place] = found

    def of(self, place: int) -> int:
        return self._bytes[place]


def _row(place: int, trial: Transcript, found: int) -> dict[str, Any]:
    return {
        "place": place,
        "sample_id": visible(trial.sample_id),
        "replicate": trial.replicate,
        "answer": None if trial.answer is None else visible(trial.answer),
        "correct": trial.correct,
        "marks": found,
        "tied": trial.tied,
    }
