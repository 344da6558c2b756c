"""A recording: a folder of segments with one index over them. Only places are in memory, never texts."""

from __future__ import annotations

import bisect
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from agentscale.errors import StoreError
from agentscale.recording.files import explained
from agentscale.recording.journal import unanswered
from agentscale.recording.lines import DamagedLine, check, read_answer, read_call, read_id, read_message
from agentscale.recording.packing import open_packed, packed_path
from agentscale.recording.record import Answer, CallRecord
from agentscale.recording.segments import Entry, PlainSegment, Segment, Shelf, damaged, entries
from agentscale.recording.writer import Writer, tidy
from agentscale.schema.calls import CallId, Message

_FRAMES_HELD = 64 << 20
_MESSAGES_HELD = 16 << 20
_OFFSET_BITS = 48
_SUCCESS = 1 << 72
"""A place is one integer: success, number of the segment (24 bits), byte (48 bits). The greatest place of a key is the
one that counts: a success before a failure, then the later segment (names begin with the time), then the later line."""


class Recording:
    """The recorded calls of a folder. Make one with ``open``; it is also a context manager that closes it.

    One thread at a time may use it. Other processes may record into the same folder meanwhile: what they append after
    ``open`` is not seen.
    """

    def __init__(self, path: Path, *, write: bool, fsync: bool) -> None:
        self.path = path
        self._write = write
        self._fsync = fsync
        self._closed = False
        self._segments: list[Segment] = []
        self._where: dict[bytes, int] = {}
        self._more: Counter[bytes] = Counter()
        self._frames: Shelf[bytes] = Shelf(_FRAMES_HELD)
        self._messages: Shelf[Message] = Shelf(_MESSAGES_HELD)
        self._writer: Writer | None = None
        self._in_flight: frozenset[bytes] = frozenset()

    @classmethod
    def open(cls, path: Path, *, write: bool = False, fsync: bool = False) -> Recording:
        """Opens a recording and indexes all its segments.

        Args:
            path: The folder; made where it is missing and ``write`` is given.
            write: Whether calls may be appended. What dead writers left is then settled: a torn last line is cut,
                closed segments are packed. Without it nothing in the folder is touched.
            fsync: Whether every appended call is made durable against a loss of power.

        Raises:
            StoreError: There is no such folder, it cannot be written, a segment is damaged anywhere but in a torn last
                line, or a newer agentscale wrote it.
        """
        if write:
            _make_ready(path)
        elif not path.is_dir():
            raise StoreError(f"there is no recording in {path}\n  record a run first, or check the path")
        recording = cls(path, write=write, fsync=fsync)
        with explained(f"read the recording {path}"):
            for plain in _plain_names(path):
                recording._take(plain)
        if write:
            recording._in_flight = frozenset(recording._unanswered())
        return recording

    def _unanswered(self) -> set[bytes]:
        """The calls that writers which are gone let go without an answer. Segments are numbered by their names."""
        names = [segment.path.name for segment in self._segments]

        def answered(plain: Path, key: bytes) -> bool:
            place = self._where.get(key, -1)
            return place >= _SUCCESS or place >= bisect.bisect_left(names, plain.name) << _OFFSET_BITS

        return unanswered(self.path, answered)

    @property
    def n_in_flight(self) -> int:
        """Calls that were under way when an earlier writer died or was broken off, and had no answer since.

        Known where the recording was opened for writing; else 0. It does not change while the recording is open.
        """
        return len(self._in_flight)

    def was_in_flight(self, key: str) -> bool:
        """Whether the call is one of those that ``n_in_flight`` counts: to ask it now is to ask it again."""
        return bool(self._in_flight) and _raw(key) in self._in_flight

    def _take(self, plain: Path) -> None:
        """Adds a segment; packed beats plain, so that a crash between packing and removing doubles nothing."""
        if not packed_path(plain).exists():
            try:
                segment = PlainSegment(plain)
            except FileNotFoundError:  # packed by another process since the folder was listed
                pass
            else:
                self._index(segment, entries(segment))
                return
        packed = open_packed(packed_path(plain), self._frames, mend=self._write)
        self._index(packed.segment, packed.entries)

    def _index(self, segment: Segment, found: Iterable[Entry]) -> None:
        base = len(self._segments) << _OFFSET_BITS
        self._segments.append(segment)
        for key, offset, ok in found:
            self._place(key, base + offset + (_SUCCESS if ok else 0))

    def _place(self, key: bytes, place: int) -> None:
        """Takes a line of a call into the index."""
        before = self._where.get(key)
        if before is not None:
            self._more[key] += 1
        if before is None or before < place:
            self._where[key] = place

    def __contains__(self, key: str) -> bool:
        return _raw(key) in self._where

    def __len__(self) -> int:
        return len(self._where)

    def keys(self) -> Iterator[str]:
        """The keys of all recorded calls, sorted."""
        return map(bytes.hex, sorted(self._where))

    def get(self, key: str) -> CallRecord | None:
        """The call of this key, or ``None``. A success wins over a failure, and the later over the earlier.

        Raises:
            StoreError: Its line is damaged; names file and line.
        """
        place = self._where.get(_raw(key))
        return None if place is None else self._read(place)

    def times(self, key: str) -> int:
        """How often the call of this key was recorded: once, and once more for every time that it was asked again."""
        return (_raw(key) in self._where) + self._more[_raw(key)]

    def answer(self, key: str) -> Answer | None:
        """What came back of the call that ``get`` finds, read in half the time: what a replay needs.

        Raises:
            StoreError: Its line is damaged; names file and line.
        """
        place = self._where.get(_raw(key))
        if place is None:
            return None
        segment, offset = self._at(place)
        try:
            return read_answer(segment.line_at(offset))
        except DamagedLine as error:
            raise damaged(segment, offset, error) from error

    def records(self) -> Iterator[CallRecord]:
        """All calls, by key. One is held at a time."""
        return (self._read(self._where[key]) for key in sorted(self._where))

    def _at(self, place: int) -> tuple[Segment, int]:
        self._check_open()
        return self._segments[(place & _SUCCESS - 1) >> _OFFSET_BITS], place & (1 << _OFFSET_BITS) - 1

    def _read(self, place: int) -> CallRecord:
        segment, offset = self._at(place)
        try:
            return read_call(segment.line_at(offset), lambda digest, at: self._message(segment, digest, at))
        except DamagedLine as error:
            raise damaged(segment, offset, error) from error

    def _message(self, segment: Segment, digest: str, offset: int) -> Message:
        message = self._messages.get(segment, offset)
        if message is None:
            message = read_message(segment.line_at(offset), digest)
            self._messages.put(segment, offset, message, 256 + 4 * len(message.content))
        return message

    def append(self, record: CallRecord, key: str | None = None) -> None:
        """Records a call. When this returns, its line is written, by one ``os.write``, and outlives the process.

        Args:
            record: The call.
            key: Its key, for a caller that has it already: to compute it costs a tenth of the whole.

        Raises:
            StoreError: The recording is not open for writing, or the disk refuses; says what is kept and what to do.
        """
        key = key or record.key
        offset = self._usable_writer().write(key, record)
        place = (len(self._segments) - 1 << _OFFSET_BITS) + offset + (_SUCCESS if record.completion is not None else 0)
        self._place(bytes.fromhex(key), place)

    def asked(self, key: str) -> None:
        """Writes down that a call is about to leave the process, so that after a crash it counts as in flight.

        Not needed of a call that is answered within the process: asking it again costs nobody anything.

        Raises:
            StoreError: As ``append`` does; the call should then not be made.
        """
        self._usable_writer().asked(bytes.fromhex(key))

    def withdrawn(self, key: str) -> None:
        """Takes ``asked`` back: the call never left, or has failed, and is not in flight.

        Raises:
            StoreError: As ``append`` does.
        """
        self._usable_writer().withdrawn(bytes.fromhex(key))

    def _usable_writer(self) -> Writer:
        self._check_open()
        if not self._write:
            raise StoreError(f"the recording {self.path} is open for reading only; open it with write=True")
        writer = self._writer
        if writer is None or not writer.usable:
            if writer is not None:
                writer.close()
            writer = self._writer = self._started()
        return writer

    def _started(self) -> Writer:
        writer = Writer(self.path, self._fsync)
        self._segments.append(PlainSegment(writer.path))
        return writer

    def nearest(self, id: CallId) -> CallRecord | None:
        """The recorded call whose identity agrees best: sample first, then slot, then the number of equal fields.

        Reads the identities of all calls: meant for the one miss that ends a replay.

        Args:
            id: The identity that was missed.

        Returns:
            ``None`` where nothing is recorded. Among equally near ones, that with the smallest key.
        """
        self._check_open()
        ranked = ((_likeness(id, other), key) for key, other in self._ids())
        best = min(ranked, default=None)
        return None if best is None else self.get(best[1].hex())

    def _ids(self) -> Iterator[tuple[bytes, CallId]]:
        for segment in self._segments:
            for offset, data in segment.lines():
                try:
                    key = check(data).key
                    if key is not None:
                        yield key, read_id(data)
                except DamagedLine as error:
                    raise damaged(segment, offset, error) from error

    def close(self) -> None:
        """Packs the segment of this writer, clears journals and lets go of all files. A second time does nothing.

        Raises:
            StoreError: The segment cannot be packed; no call is lost, the plain one stays.
        """
        if self._closed:
            return
        self._closed = True
        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                with explained(f"pack {writer.path}", f"its {writer.n_calls} calls are kept as they are"):
                    writer.close()
            if self._write:
                self._unanswered()  # clears the journals that have no open end
        finally:
            for segment in self._segments:
                segment.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"the recording {self.path} is closed; open it again")

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _make_ready(path: Path) -> None:
    with explained(f"record in {path}"):
        path.mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK | os.X_OK):
        raise StoreError(f"cannot record in {path}: it is read-only\n  make it writable, or choose another with --out")
    tidy(path)


def _plain_names(path: Path) -> list[Path]:
    """The segments, oldest first, by the names of their plain forms."""
    return sorted(
        {path / name.removesuffix(".zst") for name in os.listdir(path) if name.endswith((".jsonl", ".jsonl.zst"))}
    )


def _raw(key: str) -> bytes:
    try:
        return bytes.fromhex(key)
    except ValueError:
        return b""


def _likeness(wanted: CallId, other: CallId) -> tuple[bool, bool, int]:
    """Smaller is nearer."""
    same = sum(getattr(wanted, name) == getattr(other, name) for name in CallId.__slots__)
    return (other.sample_id != wanted.sample_id, other.slot != wanted.slot, -same)
