"""Runs the program in its process, as an interpreter would, and says which limit an uncaught error tells of."""

from __future__ import annotations

import errno
import os
import resource
import sys
import types
from collections.abc import Iterator
from typing import NoReturn

LAST_WORDS_BYTES = 16 * 2**20
"""Memory beyond the limit, in which an error is told where the limit left none."""
_FILE = "program.py"

_BY_NUMBER = {
    errno.EROFS: "files",
    errno.ENOSPC: "disk",
    errno.EFBIG: "disk",
    errno.EDQUOT: "disk",
    errno.EAGAIN: "processes",
    errno.ENOMEM: "memory",
    errno.ENETUNREACH: "network",
    errno.EHOSTUNREACH: "network",
    errno.EADDRNOTAVAIL: "network",
}


def run(code: str, say: int) -> NoReturn:
    """Runs ``code`` as the main module.

    Args:
        code: The program.
        say: A descriptor on which the limit is written that the program's last error tells of.

    Raises:
        SystemExit: Always: the interpreter then ends in its usual way, and threads and exit handlers with it.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = [_FILE]
    try:
        exec(compile(code, _FILE, "exec", dont_inherit=True), module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        limit = limit_of(error)
        if limit is not None:
            os.write(say, f"{limit}\n".encode("ascii"))
        _tell(error, code)
        raise SystemExit(1) from None
    raise SystemExit(0)


def _tell(error: BaseException, code: str) -> None:
    """Prints the error with the lines of the program, and without this file."""
    import linecache  # most programs end without an error, and start sooner without these
    import traceback

    linecache.cache[_FILE] = (len(code), None, code.splitlines(keepends=True), _FILE)
    traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)


def limit_of(error: BaseException) -> str | None:
    """The limit that an error tells of, itself or by what caused it."""
    return next((limit for each in _chain(error) if (limit := _told(each)) is not None), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told(error: BaseException) -> str | None:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, RuntimeError):
        return "processes" if "start new thread" in str(error) else None
    if not isinstance(error, OSError):
        return None
    if type(error).__name__ == "gaierror":  # of `socket`, which is not loaded for its sake: no name can be resolved
        return "network"
    if isinstance(error, PermissionError):
        return "files" if error.filename is not None else None
    return _BY_NUMBER.get(error.errno or 0)
