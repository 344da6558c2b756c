"""Runs side by side: the first beside each of the others, computed when somebody looks, kept until a run goes on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from agentscale.errors import SpecError
from agentscale.report.legible import plain, visible
from agentscale.store import RunFolder


class Comparing:
    """The comparison of runs.

    Args:
        folders: The runs, the first of which the others are compared with.
    """

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        self._folders = folders
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._told: list[dict[str, Any]] = []

    def told(self) -> list[dict[str, Any]]:
        """Of every other run its path, and either the columns and rows of the comparison, or why there is none.

        Raises:
            StoreError: A run cannot be read.
        """
        with self._lock:
            seen = tuple((folder.path / "transcripts").stat().st_mtime_ns for folder in self._folders)
            if seen != self._seen:
                self._told = [self._compared(other) for other in self._folders[1:]]
                self._seen = seen
            return self._told

    def _compared(self, other: RunFolder) -> dict[str, Any]:
        one = self._folders[0]
        named = {"one": visible(str(one.path)), "other": visible(str(other.path))}
        from agentscale.analysis import compare_runs

        try:
            table = compare_runs(one, other, seed=one.header.seed)
        except SpecError as error:
            return {**named, "reason": visible(str(error))}
        return {**named, "columns": list(table.columns), "rows": plain(table.rows)}
