"""The trials of a cell one by one, also while it goes: nothing is held but where each begins."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from agentscale.errors import StoreError
from agentscale.recording.files import explained, refused
from agentscale.schema.run import Transcript
from agentscale.store import jsonl
from agentscale.store.names import member
from agentscale.store.transcripts import aside

_CHUNK = 1 << 22
"""Bytes that are looked through at a time."""


class Trials:
    """The trials of a cell by their place: those of its file, or, while it is under way, those that have ended.

    A place means the same trial as long as ``version`` is the same.

    Args:
        folder: The folder of transcripts.
        cell_id: The cell.

    Raises:
        StoreError: The cell's id cannot name a file.
    """

    def __init__(self, folder: Path, cell_id: str) -> None:
        self.version = 0
        """Grows when the trials stand in another file than before, in another order."""
        self._files = member(folder, cell_id, ".jsonl"), aside(folder, cell_id)
        self._at: tuple[Path, int] | None = None
        self._read = 0
        self._ends = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        """Trials, as far as `refresh` has seen."""
        return len(self._ends)

    def refresh(self) -> int:
        """Looks for what has been written since, and gives the number of trials. Half a line is none.

        Raises:
            StoreError: The file cannot be read.
        """
        with self._open() as file:
            if file is not None:
                file.seek(self._read)
                while chunk := file.read(_CHUNK):
                    ends = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == ord("\n"))
                    self._ends = np.concatenate([self._ends, ends + self._read + 1])
                    self._read += len(chunk)
        return len(self)

    def __getitem__(self, place: int) -> Transcript:
        """The trial at a place from 0.

        Raises:
            IndexError: There is none.
            StoreError: The line is damaged, or the file cannot be read; names file and line.
        """
        with self._open() as file:
            if file is None or not 0 <= place < len(self):
                raise IndexError(place)
            start = int(self._ends[place - 1]) if place else 0
            file.seek(start)
            return self._decoded(file.read(int(self._ends[place]) - start), place)

    def find(self, sample_id: str, replicate: int | None = None) -> int | None:
        """The place of the trial of a question, the first one or that of a replicate; ``None`` where none has ended.

        Raises:
            StoreError: The file cannot be read.
        """
        with self._open() as file:
            if file is None or not self.refresh():
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                at = content.find(_beginning(sample_id, replicate))
        place = int(np.searchsorted(self._ends, at, side="right"))
        return None if at < 0 or place == len(self) else place

    def _decoded(self, line: bytes, place: int) -> Transcript:
        try:
            return jsonl.decoded(line, Transcript)
        except ValueError as error:
            where = f"{self._at[0] if self._at else ''}, line {place + 1}"
            raise StoreError(
                f"{where} holds no Transcript: {jsonl.first(error)}\n"
                "  make the transcripts again from the recording: agentscale replay"
            ) from error

    @contextmanager
    def _open(self) -> Iterator[BinaryIO | None]:
        """The file that holds the most; where it is another than before, all that was known of it is forgotten."""
        path = max(self._files, key=_size)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            self._know(None)
            yield None
            return
        except OSError as error:
            raise refused(error, f"read {path}") from error
        with explained(f"read {path}"), file:
            stat = os.fstat(file.fileno())
            self._know((path, stat.st_ino), shrunk=stat.st_size < self._read)
            yield file

    def _know(self, at: tuple[Path, int] | None, shrunk: bool = False) -> None:
        if at != self._at or shrunk:
            self._at, self._read, self._ends = at, 0, np.zeros(0, dtype=np.int64)
            self.version += 1


def _size(path: Path) -> int:
    """Bytes of a file, which a run that goes may take away at any time; −1 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _beginning(sample_id: str, replicate: int | None) -> bytes:
    """What only a line of such a trial holds: quotes within a text of JSON are never bare."""
    name = json.dumps(sample_id, ensure_ascii=False).encode("utf-8", "backslashreplace")
    which = b"" if replicate is None else b"%d," % replicate
    return b'"sample_id":%b,"replicate":%b' % (name, which)
