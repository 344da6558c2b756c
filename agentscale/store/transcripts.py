"""Transcripts of a cell: one line a trial, in the order of the design, whatever finished first."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from agentscale.errors import StoreError
from agentscale.recording.files import explained, replaced
from agentscale.schema.run import Transcript
from agentscale.store import jsonl
from agentscale.store.names import member

_HELD = 64 * 1024
"""Bytes that a writer holds before it puts them aside on disk: hundreds of cells are written at once."""


def aside(folder: Path, cell_id: str) -> Path:
    """Where the trials of a cell under way stand, in the order in which they ended, until its own file is written."""
    return folder / f".{hashlib.sha256(cell_id.encode()).hexdigest()[:16]}.part"


class TranscriptWriter:
    """Gathers the transcripts of one cell in any order and writes them in the right one.

    Args:
        folder: Where the cell's file goes.
        cell_id: The cell.
        order: Sample and replicate of every trial, in the order of the file.

    Raises:
        StoreError: The cell's id cannot name a file.
    """

    def __init__(self, folder: Path, cell_id: str, order: Sequence[tuple[str, int]]) -> None:
        self.path = member(folder, cell_id, ".jsonl")
        self.cell_id = cell_id
        self._ranks = {trial: rank for rank, trial in enumerate(order)}
        self._places: dict[int, tuple[int, int]] = {}
        self._held = bytearray()
        self._aside = aside(folder, cell_id)
        self._n_aside = 0
        self._closed = False

    def add(self, transcript: Transcript) -> None:
        """Takes the transcript of a trial. Memory stays bounded, in whatever order trials end.

        Raises:
            StoreError: The trial is none of this cell's, or was given before, or the disk refuses.
        """
        rank = self._rank(transcript)
        text = jsonl.line(transcript)
        self._places[rank] = (self._n_aside + len(self._held), len(text))
        self._held += text
        if len(self._held) >= _HELD:
            self._put_aside()

    def show(self) -> None:
        """Puts aside what is held, so that who looks at the run while it goes sees every trial that has ended.

        Raises:
            StoreError: The disk refuses.
        """
        if self._held and not self._closed:
            self._put_aside()

    def _rank(self, transcript: Transcript) -> int:
        trial = (transcript.sample_id, transcript.replicate)
        rank = self._ranks.get(trial)
        if self._closed or rank is None or rank in self._places or transcript.cell != self.cell_id:
            raise StoreError(
                f"cell {self.cell_id!r} cannot take the transcript of cell {transcript.cell!r}, sample {trial[0]!r}, "
                f"replicate {trial[1]}\n  allowed: each trial of the cell once, until the writer is closed"
            )
        return rank

    def _put_aside(self) -> None:
        mode = "r+b" if self._n_aside else "wb"
        with explained(f"write {self._aside}", "every recorded call is kept"), self._aside.open(mode) as file:
            file.seek(self._n_aside)
            file.write(self._held)
        self._n_aside += len(self._held)
        self._held.clear()

    def close(self, complete: bool) -> None:
        """Writes the cell's file; it appears whole under its name. A second time does nothing.

        Args:
            complete: Whether all trials were played. An interrupted cell leaves what there is, in order, unless its
                file already holds as many trials from before.

        Raises:
            StoreError: Trials are missing from a complete cell, or the disk refuses.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if complete:
                self._check_complete()
            if complete or len(self._places) > _n_lines(self.path):
                self._write()
        finally:
            with contextlib.suppress(FileNotFoundError):
                self._aside.unlink()

    def _check_complete(self) -> None:
        missing = [trial for trial, rank in self._ranks.items() if rank not in self._places]
        if missing:
            sample_id, replicate = missing[0]
            raise StoreError(
                f"{len(missing)} of {len(self._ranks)} transcripts of cell {self.cell_id!r} are missing, the first is "
                f"sample {sample_id!r}, replicate {replicate}\n  run the experiment again: it resumes"
            )

    def _write(self) -> None:
        with self._gathered() as source, replaced(self.path, durable=False) as file:
            for _, (start, size) in sorted(self._places.items()):
                source.seek(start)
                file.write(source.read(size))

    def _gathered(self) -> BinaryIO:
        if not self._n_aside:
            return io.BytesIO(self._held)
        self._put_aside()
        with explained(f"read {self._aside}"):
            return self._aside.open("rb")


def _n_lines(path: Path) -> int:
    if not path.exists():
        return 0
    with explained(f"read {path}"), path.open("rb") as file:
        return sum(1 for _ in file)
