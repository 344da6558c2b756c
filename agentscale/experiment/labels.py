"""Names of cells: readable, unique within a run, and fit for a file on any system."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from agentscale.schema.record import digest
from agentscale.schema.run import Named

LONGEST = 150
"""Characters of a cell's name."""


class CellName(NamedTuple):
    """What a cell's name is made of."""

    parts: tuple[str, ...]
    """Labels of its levels, which may be equal for levels that are not."""
    levels: tuple[Any, ...]
    """The levels themselves, as plain values."""


def label(named: Named) -> str:
    """``debate-3-answer``: the name and its parameters' values, in the order of the parameters' names."""
    return "-".join([named.name, *(_value(value) for _, value in sorted(named.parameters.items()))])


def _value(value: Any) -> str:
    return digest(value)[:6] if isinstance(value, dict | list) else str(value)


def cell_ids(names: Sequence[CellName]) -> list[str]:
    """The name of every cell: its parts joined by dots.

    A name that two cells would share on a file system that ignores case gets a digest of its levels, and so does one
    that had to be cut.
    """
    plain = [".".join(_safe(part) for part in name.parts) for name in names]
    shared = Counter(text.casefold() for text in plain)
    return [
        _marked(text, name) if shared[text.casefold()] > 1 or len(text) > LONGEST else text
        for text, name in zip(plain, names, strict=True)
    ]


def _safe(part: str) -> str:
    """The part with ``_`` for what a file's name should not hold."""
    return re.sub(r"[^A-Za-z0-9._=,-]", "_", part)


def _marked(text: str, name: CellName) -> str:
    mark = "-" + digest(list(name))[:8]
    return text[: LONGEST - len(mark)] + mark
