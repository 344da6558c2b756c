"""What stands in a row under the way to a column, and as which kind of value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agentscale.catalog.faults import shown
from agentscale.errors import SpecError

_BRACED = re.compile(r"\{([^{}\n]+)\}")
_MISSING = object()


def has(row: Mapping[str, Any], way: str) -> bool:
    """Whether a row has the column, or what the way leads to within one."""
    return _found(row, way) is not _MISSING


def value(row: Mapping[str, Any], way: str) -> Any:
    """What the way leads to: the column of that name, else, along its dots, what is inside one.

    Raises:
        SpecError: If the row has no such column; with the nearest.
    """
    found = _found(row, way)
    if found is _MISSING:
        unknown = SpecError.unknown("column", way, row)
        raise SpecError(f"there is no column {way!r}", allowed=unknown.allowed, nearest=unknown.nearest)
    return found


def _found(around: Any, way: str) -> Any:
    if isinstance(around, list):
        inner = [_found(each, way) for each in around]
        return _MISSING if any(each is _MISSING for each in inner) else inner
    if not isinstance(around, Mapping):
        return _MISSING
    if way in around:
        return around[way]
    first, dot, rest = way.partition(".")
    return _found(around[first], rest) if dot and first in around else _MISSING


def columns_of(written: str) -> list[str]:
    """The ways that a text with columns in braces names; a text without any is itself a way."""
    return _BRACED.findall(written) or [written]


def text(row: Mapping[str, Any], written: str) -> str:
    """The text of a column, or of words with columns in braces; a list stands there line by line.

    Raises:
        SpecError: If a column is not there, is empty, or holds no text and no number.
    """
    if not _BRACED.search(written):
        return plain(value(row, written), written)
    return _BRACED.sub(lambda found: _lines(value(row, found[1]), found[1]), written)


def _lines(cell: Any, way: str) -> str:
    return "\n".join(plain(each, way) for each in cell) if isinstance(cell, list) and cell else plain(cell, way)


def plain(cell: Any, way: str) -> str:
    """A text or a number as text.

    Raises:
        SpecError: If it is neither, or empty.
    """
    if isinstance(cell, str) and cell.strip():
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    got = "is empty" if cell is None or cell == "" or isinstance(cell, str) else f"holds {shown(cell)}"
    raise SpecError(f"the column {way!r} {got}", allowed="a text or a number in every row")


def listed(row: Mapping[str, Any], way: str) -> list[Any]:
    """The list of a column; of a mapping, its keys.

    Raises:
        SpecError: If there is no such column, or it holds no list.
    """
    cell = value(row, way)
    if not isinstance(cell, list | tuple | dict):
        raise SpecError(f"the column {way!r} holds {shown(cell)}", allowed="a list")
    return list(cell)


def whole(cell: Any, way: str) -> int:
    """A whole number, which may be written as text.

    Raises:
        SpecError: If it is none.
    """
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, str) and re.fullmatch(r" *[0-9]{1,9} *", cell):
        return int(cell)
    raise SpecError(f"the column {way!r} holds {shown(cell)}", allowed="a whole number")
