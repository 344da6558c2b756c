"""Reads a table of numbers, one agent a line: positions, or what agents are compared by."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError

MAX_BYTES = 64 * 2**20
"""Largest file that is read, in bytes."""
_REMEDY = "give one agent a line, its numbers parted by blanks or commas; '#' starts a comment"


def read_vectors(path: Path) -> NDArray[np.float64]:
    """The vectors of a file, shape (n, d): one agent a line, numbers parted by blanks or commas.

    Raises:
        SpecError: If the file is missing, too large or no such table, with the line that is wrong.
    """
    rows: list[list[float]] = []
    for line, text in enumerate(_text(path).splitlines(), start=1):
        parts = [part for part in re.split(r"[,\s]", text.partition("#")[0]) if part]
        if not parts:
            continue
        row = [_number(part, path, line) for part in parts]
        if rows and len(row) != len(rows[0]):
            problem = f"{len(row)} numbers, where the lines before have {len(rows[0])}"
            raise SpecError(problem, file=path, line=line, remedy=_REMEDY)
        rows.append(row)
    if not rows:
        raise SpecError("the file has no numbers", file=path, remedy=_REMEDY)
    return np.array(rows)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"the file has more than {MAX_BYTES} bytes", file=path)
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SpecError(
            "no such file", file=path, remedy="give a path relative to the file that names it, or an absolute one"
        ) from None
    except OSError as error:
        raise SpecError(f"the file cannot be read: {error.strerror}", file=path) from None
    except ValueError:  # not UTF-8, or a path that no file can have
        raise SpecError("not UTF-8 text", file=path, remedy=_REMEDY) from None


def _number(text: str, path: Path, line: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SpecError(f"got {text[:40]!r}", file=path, line=line, allowed="finite numbers", remedy=_REMEDY)
    return number
