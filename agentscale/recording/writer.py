"""One writer, one segment: each call one line by one ``os.write``, and a lock that dies with the writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from agentscale.errors import StoreError
from agentscale.recording.files import explained, refused, write_whole
from agentscale.recording.journal import Journal, journal_path
from agentscale.recording.packing import pack, packed_path
from agentscale.recording.record import CallRecord
from agentscale.recording.spelling import INLINE, Ref, call_line, message_digest, message_line
from agentscale.schema.calls import Message

_REMEMBERED = 1 << 18
"""Messages that a writer knows to be stored; beyond it forgets them, and stores a repetition once more."""


class Writer:
    """A segment of its own in a folder that many may share.

    Args:
        folder: The recording.
        fsync: Whether every call is made durable against a loss of power, not only of the process.

    Raises:
        StoreError: The folder cannot be written.
    """

    def __init__(self, folder: Path, fsync: bool) -> None:
        self.n_calls = 0
        self._pid = os.getpid()
        self._fsync = fsync
        self._torn = False
        self._end = 0
        self._stored: dict[bytes, int] = {}
        self._journal: Journal | None = None
        with explained(f"record in {folder}"):
            self.path, self._fd = _started(folder)

    @property
    def usable(self) -> bool:
        """Whether more may be written: not in a forked process, nor after half a line that could not be taken back."""
        journal_torn = self._journal is not None and self._journal.torn
        return self._pid == os.getpid() and not self._torn and not journal_torn

    def asked(self, key: bytes) -> None:
        """Writes down that a call is about to leave the process.

        Raises:
            StoreError: It could not be written down; the call should not be made.
        """
        self._journaled(Journal.asked, key)

    def withdrawn(self, key: bytes) -> None:
        """Writes down that a call is not made after all.

        Raises:
            StoreError: It could not be written down.
        """
        self._journaled(Journal.withdrawn, key)

    def _journaled(self, note: Callable[[Journal, bytes], None], key: bytes) -> None:
        try:
            if self._journal is None:
                self._journal = Journal(journal_path(self.path))
            note(self._journal, key)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> StoreError:
        return refused(error, f"record a call in {self.path}", f"the {self.n_calls} calls recorded before it are kept")

    def write(self, key: str, record: CallRecord) -> int:
        """Writes one call, with the messages that this segment does not hold yet.

        Returns:
            The byte at which the call's line begins.

        Raises:
            StoreError: Nothing of this call is kept; all before it are.
        """
        try:
            lines, fresh, parts = _with_messages(record.request.messages, self._stored, self._end)
            offset = self._end + sum(map(len, lines))
            lines.append(call_line(key, record, parts))
            self._write(b"".join(lines))
        except OSError as error:
            raise self._refused(error) from error
        self._remember(fresh)
        self.n_calls += 1
        return offset

    def _write(self, data: bytes) -> None:
        try:
            write_whole(self._fd, data)
            if self._fsync:
                os.fsync(self._fd)
        except BaseException:
            # Half a line must not stay, or the next one would be glued to it.
            self._torn = True
            os.ftruncate(self._fd, self._end)
            self._torn = False
            raise
        self._end += len(data)

    def _remember(self, fresh: dict[bytes, int]) -> None:
        if len(self._stored) > _REMEMBERED:
            self._stored.clear()
        self._stored.update(fresh)

    def close(self) -> None:
        """Packs the segment, or only lets go of it where it is not usable.

        Raises:
            StoreError: It cannot be packed; the plain segment stays, and is as good.
        """
        if self._fd < 0:
            return
        try:
            if self.usable:
                settle(self.path)
        finally:
            os.close(self._fd)
            self._fd = -1
            if self._journal is not None:
                self._journal.close()


def _with_messages(
    messages: tuple[Message, ...], stored: dict[bytes, int], end: int
) -> tuple[list[bytes], dict[bytes, int], list[Ref | Message]]:
    """The lines that must precede the call, where they will stand, and the messages as the call's line has them."""
    lines: list[bytes] = []
    fresh: dict[bytes, int] = {}
    parts: list[Ref | Message] = []
    for message in messages:
        if len(message.content) <= INLINE:
            parts.append(message)
            continue
        digest = message_digest(message)
        name = bytes.fromhex(digest)
        place = stored.get(name, fresh.get(name))
        if place is None:
            place = fresh[name] = end
            lines.append(message_line(digest, message))
            end += len(lines[-1])
        parts.append((digest, place))
    return lines, fresh, parts


def _started(folder: Path) -> tuple[Path, int]:
    """A new segment, open and locked. One that is tidied away before its lock is had is given up for another."""
    while True:
        path = folder / f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:12]}.jsonl"
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o666)
        with contextlib.suppress(OSError):  # a file system without locks: then nobody can tidy either
            fcntl.flock(fd, fcntl.LOCK_EX)
        if path.exists():
            return path, fd
        os.close(fd)


def _is_orphan(fd: int) -> bool:
    """Takes the lock of a segment unless its writer, or whoever tidies it, has it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _orphaned(path: Path) -> Iterator[int | None]:
    """The plain segment, locked, if its writer is dead and nobody else has taken care of it meanwhile."""
    try:
        fd = os.open(path, os.O_RDWR)
    except (FileNotFoundError, PermissionError):  # taken care of, or not ours to care for
        yield None
        return
    try:
        yield fd if _is_orphan(fd) and path.exists() else None
    finally:
        os.close(fd)


def tidy(folder: Path) -> None:
    """Settles what dead writers left in a recording: torn last lines are cut, segments packed, halves removed.

    Segments of living writers are left alone.

    Raises:
        StoreError: The folder cannot be written, or a segment is damaged before its end.
    """
    for path in sorted(folder.glob("*.jsonl")):
        with explained(f"tidy {path}"), _orphaned(path) as fd:
            if fd is not None:
                _cut(path, fd)
                settle(path)


def _cut(path: Path, fd: int) -> None:
    size = end = os.fstat(fd).st_size
    while end and (start := max(0, end - 65536)) < end:
        found = os.pread(fd, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(fd, end)


def settle(path: Path) -> None:
    """Packs a plain segment whose lock is held, and removes what a crash in packing left behind.

    Raises:
        StoreError: As ``pack`` does.
    """
    for half in path.parent.glob(f".{path.name}*.tmp"):
        half.unlink(missing_ok=True)
    if path.stat().st_size and not packed_path(path).exists():
        pack(path)
    else:
        path.unlink()
