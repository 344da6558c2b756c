"""The journal of a writer: the keys of the calls that it let go, so that a crash leaves word of those under way.

It stands beside the segment, ``<stamp>-<pid>-<random>.asked``: 32 bytes a call, written by one ``os.write`` before the
call leaves the process. What is in it and has no line is a call that may have been made, and paid for, without its
answer having been kept. A call that was withdrawn before it left has its key there a second time with every bit turned
over. A torn last key, whose call was then not made either, is not seen.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from agentscale.recording.files import explained, write_whole

_KEY = 32
_BLOCK = 32 * 1024


def journal_path(plain: Path) -> Path:
    """Where the journal of a plain segment stands."""
    return plain.with_suffix(".asked")


class Journal:
    """A journal to write.

    Args:
        path: Its file, which must not exist yet.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.torn = False
        self._size = 0
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o666)

    def asked(self, key: bytes) -> None:
        """Writes down that a call is about to be made.

        Raises:
            OSError: It could not be written down, and nothing of it stays.
        """
        self._write(key)

    def withdrawn(self, key: bytes) -> None:
        """Takes ``asked`` back; raises as it does."""
        self._write(_inverse(key))

    def _write(self, entry: bytes) -> None:
        try:
            write_whole(self._fd, entry)
        except BaseException:
            # Part of a key must not stay, or all that follow it would be misread.
            self.torn = True
            os.ftruncate(self._fd, self._size)
            self.torn = False
            raise
        self._size += _KEY

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._fd)


def _inverse(key: bytes) -> bytes:
    """The key with every bit turned over."""
    return bytes([byte ^ 0xFF for byte in key])


def _entries(path: Path) -> Iterator[bytes]:
    """The whole entries of a journal; none where another process has cleared it away since the folder was listed."""
    with explained(f"read {path}"), contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield from (block[at : at + _KEY] for at in range(0, len(block) - _KEY + 1, _KEY))


def _open_ends(path: Path, answered: Callable[[bytes], bool]) -> set[bytes]:
    """The calls of a journal that were neither answered nor withdrawn."""
    found: set[bytes] = set()
    for entry in _entries(path):
        if answered(entry):
            continue
        withdrawn = _inverse(entry)
        if withdrawn in found:
            found.discard(withdrawn)
        elif not answered(withdrawn):  # withdrawn, and answered in a later run
            found.add(entry)
    return found


def unanswered(folder: Path, answered: Callable[[Path, bytes], bool]) -> set[bytes]:
    """The calls that writers which are gone let go and whose answers were never written. Clears journals of no use.

    Args:
        folder: The recording.
        answered: Whether the call of a key has a line in the segment of this (plain) path, or in a later one.
    """
    lost: set[bytes] = set()
    for path in folder.glob("*.asked"):
        plain = path.with_suffix(".jsonl")
        if plain.exists():  # its writer is at work
            continue
        open_ends = _open_ends(path, partial(answered, plain))
        if not open_ends:
            with contextlib.suppress(OSError):  # another process was faster, or it may stay where it does no harm
                path.unlink()
        lost |= open_ends
    return lost
