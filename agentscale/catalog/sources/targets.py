"""How the column of a benchmark says what is right: each way by the key that names it in ``target``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from agentscale.catalog.faults import shown
from agentscale.catalog.sources.cells import listed, plain, text, value, whole
from agentscale.errors import SpecError
from agentscale.schema.sources import Target
from agentscale.scoring import letters

Columns = Mapping[str, Any]
"""A row, by its columns."""

_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def right(row: Columns, target: Target, n_choices: int) -> str:
    """What is right in a row, as samples say it: a letter, a number, a text.

    Args:
        row: The row.
        target: The column, and how it says it.
        n_choices: How many options the row has.

    Raises:
        SpecError: If the column does not say it in that way.
    """
    return _WAYS[target.way](row, getattr(target, target.way), n_choices)


def _number(row: Columns, way: str, _: int) -> str:
    """``18`` of ``9 * 2 = 18 #### 18``, ``1234`` of ``1,234``."""
    written = plain(value(row, way), way).rpartition("####")[2].strip().replace("$", "")
    return written.replace(",", "") if _GROUPED.fullmatch(written) else written


def _position(row: Columns, way: str, n: int) -> str:
    return _letter(whole(value(row, way), way), n, way)


def _ordinal(row: Columns, way: str, n: int) -> str:
    return _letter(whole(value(row, way), way) - 1, n, way)


def _letter(index: int, n: int, way: str) -> str:
    if not 0 <= index < n:
        raise SpecError(f"the column {way!r} means option {index + 1} of {n}", allowed="one of the options")
    return letters(n)[index]


def _label(row: Columns, ways: tuple[str, str], n: int) -> str:
    labels = [plain(label, ways[1]) for label in listed(row, ways[1])]
    written = plain(value(row, ways[0]), ways[0])
    if len(labels) != n:
        raise SpecError(f"the column {ways[1]!r} has {len(labels)} labels for {n} options", allowed="one for each")
    if labels.count(written) != 1:
        raise SpecError(f"the column {ways[0]!r} holds {shown(written)}", allowed=f"one of {', '.join(labels)}")
    return letters(n)[labels.index(written)]


def _flagged(row: Columns, way: str, n: int) -> str:
    cell = value(row, way)
    flags = list(cell.values()) if isinstance(cell, dict) else listed(row, way)
    if len(flags) != n or sorted(map(str, flags)) != ["0"] * (n - 1) + ["1"]:
        raise SpecError(f"the column {way!r} holds {shown(flags)}", allowed=f"one 1 and {n - 1} times 0")
    return letters(n)[[str(flag) for flag in flags].index("1")]


_WAYS: dict[str, Callable[[Columns, Any, int], str]] = {
    "text": lambda row, way, _: text(row, way),
    "number": _number,
    "position": _position,
    "ordinal": _ordinal,
    "label": _label,
    "flagged": _flagged,
    "always": lambda row, letter, _: letter,
}
