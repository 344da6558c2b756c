"""Segments to read: plain lines of a writer at work or dead, and packed ones in frames of zstd.

Both are addressed alike, by the byte at which a line begins in the plain file, so that packing moves nothing.
"""

from __future__ import annotations

import bisect
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from agentscale.errors import StoreError
from agentscale.recording import zstd
from agentscale.recording.files import explained
from agentscale.recording.lines import DamagedLine, check

_CHUNK = 16 * 1024
_BLOCK = 1024 * 1024
_V = TypeVar("_V")


class Line(NamedTuple):
    """A complete line, newline included, and the byte at which it begins."""

    offset: int
    data: bytes


class Entry(NamedTuple):
    """A recorded call for the index: its key (32 bytes), where its line begins, and whether it succeeded."""

    key: bytes
    offset: int
    ok: bool


class Segment(Protocol):
    """What can be read of a segment."""

    path: Path

    def lines(self) -> Iterator[Line]:
        """The complete lines in order."""

    def line_at(self, offset: int) -> bytes:
        """The line that begins at this byte."""

    def close(self) -> None:
        """Gives back what is held."""


class Shelf(Generic[_V]):
    """A cache with a budget in bytes, emptied when it is full: reading goes forward, so the old is rarely asked again.

    Args:
        budget: Bytes that are held at most, as told by those who put.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._held = 0
        self._values: dict[tuple[object, int], _V] = {}

    def get(self, owner: object, number: int) -> _V | None:
        """The value, if it is still held."""
        return self._values.get((owner, number))

    def put(self, owner: object, number: int, value: _V, size: int) -> None:
        """Holds the value unless it alone would exceed the budget."""
        if self._held + size > self._budget:
            self._values, self._held = {}, 0
        if size <= self._budget:
            self._values[owner, number] = value
            self._held += size


def damaged(segment: Segment, offset: int, fault: DamagedLine) -> StoreError:
    """The error for a damaged line: it names file and line and says what to do."""
    number = 1
    for line in segment.lines():
        if line.offset >= offset:
            break
        number += 1
    return StoreError(f"{segment.path}, line {number} (byte {offset}) cannot be read: {fault}\n  {fault.remedy}")


def checked(segment: Segment) -> Iterator[tuple[Line, Entry | None]]:
    """The lines of a segment, each checked, and what the index needs of those that are calls.

    Raises:
        StoreError: A line is damaged, or a newer agentscale wrote it.
    """
    for line in segment.lines():
        try:
            key, ok = check(line.data)
        except DamagedLine as error:
            raise damaged(segment, line.offset, error) from error
        yield line, None if key is None else Entry(key, line.offset, ok)


def entries(segment: Segment) -> Iterator[Entry]:
    """The calls of a segment; raises as ``checked`` does."""
    return (entry for _, entry in checked(segment) if entry is not None)


class PlainSegment:
    """A segment as it is written. A torn last line is not seen.

    Args:
        path: The ``.jsonl`` file. It stays open, so that it can be read on after another process has packed it.

    Raises:
        FileNotFoundError: It is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY)

    def lines(self) -> Iterator[Line]:
        """The complete lines in order, up to what was written when the end is reached."""
        offset, rest = 0, b""
        while block := self._read(_BLOCK, offset + len(rest)):
            *whole, rest = (rest + block).split(b"\n")
            for text in whole:
                yield Line(offset, text + b"\n")
                offset += len(text) + 1

    def line_at(self, offset: int) -> bytes:
        """The line that begins at this byte; without its newline where the file ends before."""
        size, data = _CHUNK, self._read(_CHUNK, offset)
        while not (end := data.find(b"\n") + 1) and len(data) == size:
            size *= 8
            data = self._read(size, offset)
        return data[: end or len(data)]

    def _read(self, size: int, offset: int) -> bytes:
        with explained(f"read {self.path}"):
            return os.pread(self._fd, size, offset)

    def close(self) -> None:
        """Closes the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Frame(NamedTuple):
    """Where a frame begins, in the packed file and in the plain lines."""

    packed: int
    plain: int


class PackedSegment:
    """A closed segment in frames of zstd, each with a checksum of its own.

    Args:
        path: The ``.jsonl.zst`` file.
        frames: Its frames in order, and a last entry that marks the end of both.
        shelf: Where unpacked frames are held.
    """

    def __init__(self, path: Path, frames: Sequence[Frame], shelf: Shelf[bytes]) -> None:
        self.path = path
        self._packed = [frame.packed for frame in frames]
        self._plain = [frame.plain for frame in frames]
        self._shelf = shelf

    def lines(self) -> Iterator[Line]:
        """The lines in order; frames read in passing are not held."""
        for number, offset in enumerate(self._plain[:-1]):
            for data in io.BytesIO(self._unpacked(number)):
                yield Line(offset, data)
                offset += len(data)

    def line_at(self, offset: int) -> bytes:
        """The line that begins at this byte."""
        number = bisect.bisect_right(self._plain, offset) - 1
        frame = self._shelf.get(self, number)
        if frame is None:
            if not 0 <= number < len(self._plain) - 1:
                raise DamagedLine("it lies beyond the end of the file")
            frame = self._unpacked(number)
            self._shelf.put(self, number, frame, len(frame))
        start = offset - self._plain[number]
        return frame[start : frame.find(b"\n", start) + 1]

    def _unpacked(self, number: int) -> bytes:
        start, end = self._packed[number], self._packed[number + 1]
        size = self._plain[number + 1] - self._plain[number]
        with explained(f"read {self.path}"), self.path.open("rb") as file:
            file.seek(start)
            data = file.read(end - start)
        try:
            unpack = zstd.ZstdDecompressor()
            frame = unpack.decompress(data, size + 1)
        except zstd.ZstdError as error:
            raise damaged_frame(self.path, start, error) from error
        if len(frame) != size or not unpack.eof:
            raise damaged_frame(self.path, start, f"{len(frame)} bytes instead of {size}")
        return frame

    def close(self) -> None:
        """Nothing is held open."""


def damaged_frame(path: Path, start: int, reason: object) -> StoreError:
    """The error for a frame that cannot be unpacked."""
    return StoreError(
        f"{path}: the frame at byte {start} is damaged: {reason}\n"
        "  restore the file from a copy, or move it and its index out of the recording: its calls are then asked again"
    )
