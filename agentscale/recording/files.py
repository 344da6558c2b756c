"""Touching files so that a failure explains itself and no half-written file is ever seen."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agentscale.errors import StoreError

_REMEDIES = {
    errno.ENOSPC: "free space on the disk, then run the same command again: it resumes",
    errno.EDQUOT: "the quota is used up: free space, then run the same command again: it resumes",
    errno.EACCES: "make the folder readable and writable for this user, or choose another one with --out",
    errno.EPERM: "make the folder readable and writable for this user, or choose another one with --out",
    errno.EROFS: "the file system is read-only: choose another folder with --out",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a file stands where a folder is needed: choose another path with --out",
    errno.EEXIST: "a file stands where a folder is needed: choose another path with --out",
    errno.ENAMETOOLONG: "choose shorter names",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
}


@contextlib.contextmanager
def explained(action: str, kept: str = "") -> Iterator[None]:
    """Turns a failure of the operating system into a message with a remedy.

    Args:
        action: What is being done, such as ``"write results/a/run.json"``.
        kept: What of the user's data is safe all the same.

    Raises:
        StoreError: In place of any ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise refused(error, action, kept) from error


def refused(error: OSError, action: str, kept: str = "") -> StoreError:
    """The message for a failure of the operating system, as ``explained`` raises it."""
    reason = error.strerror or str(error)
    remedy = _REMEDIES.get(error.errno or 0, "check the disk and the path")
    return StoreError("\n  ".join(filter(None, [f"cannot {action}: {reason}", kept, remedy])))


def write_whole(fd: int, data: bytes) -> None:
    """Writes all of ``data``: one ``os.write``, and further ones only where the system writes short."""
    written = os.write(fd, data)
    while written < len(data):
        more = os.write(fd, memoryview(data)[written:])
        if not more:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += more


def _sync_folder(path: Path) -> None:
    """Makes renames within a folder durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def replaced(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that appears under its name whole and at once, or not at all.

    Args:
        path: The final name; what stood there before is replaced.
        durable: Whether it is on the disk before it appears. What can be made again need not be.

    Raises:
        StoreError: Where the file cannot be written; nothing of it stays.
    """
    half = path.with_name(f".{path.name[:120]}.{uuid.uuid4().hex}.tmp")
    try:
        with explained(f"write {path}"):
            with half.open("xb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            half.replace(path)
            if durable:
                _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            half.unlink()
