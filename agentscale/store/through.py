"""A run folder seen through a function: what a counterfactual reads in place of the transcripts as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from agentscale.schema.run import Cell, Transcript
from agentscale.store.folder import RunFolder


class ReadThrough(RunFolder):
    """Some cells of a run, each transcript passed through ``reader``. Nothing on disk is changed.

    Args:
        folder: The run.
        cells: Those of its cells that are seen.
        reader: From a transcript to what is seen of it.
    """

    def __init__(self, folder: RunFolder, cells: Iterable[Cell], reader: Callable[[Transcript], Transcript]) -> None:
        super().__init__(folder.path, folder.header.model_copy(update={"cells": tuple(cells)}))
        self._reader = reader

    def transcripts(self, cell_id: str) -> Iterator[Transcript]:
        """As of the run, passed through the function."""
        return map(self._reader, super().transcripts(cell_id))
