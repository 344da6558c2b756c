"""Files as they come: lines with their numbers, and what is said where one cannot be read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from agentscale.errors import SpecError


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Says clearly why a file cannot be read.

    Raises:
        SpecError: If it is not there, is a folder, may not be read, or is no UTF-8.
    """
    refuse_folder(path)
    try:
        yield
    except OSError as error:
        raise SpecError(f"the file cannot be read: {error.strerror}", file=path) from None
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is no UTF-8"
        raise SpecError(problem, file=path, remedy="save the file as UTF-8") from None


def refuse_folder(path: Path) -> None:
    """Raises `SpecError` where the path is a folder."""
    if path.is_dir():
        remedy = f"name the logs in it, such as {path / '*'}"
        raise SpecError("this is a folder, and logs are files", file=path, remedy=remedy)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text that hold anything, with their numbers from 1.

    Raises:
        SpecError: As `readable` says.
    """
    with readable(path), path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, text in enumerate(file, start=1):
            if text.strip():
                yield number, text
