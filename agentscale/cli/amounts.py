"""How tokens, money, long names and tables are written: in few characters, and what is unknown as unknown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

UNKNOWN = "unknown"
_NAME_CHARS = 26


def span(low: float, high: float, written: Callable[[float], str]) -> str:
    """``low–high``, or one of them where they read the same."""
    ends = [written(low), written(high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def tokens(count: float) -> str:
    """A count in three digits, such as ``12.3k``; ``?`` without a bound."""
    if not math.isfinite(count):
        return "?"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}" if count < 999.5 * size else f"{count / size:,.0f}{unit}"
    return f"{count:.0f}"


def usd(amount: float | None) -> str:
    """An amount of US dollars to the cent."""
    if amount is None:
        return UNKNOWN
    if not math.isfinite(amount):
        return "?"
    return "0" if amount == 0 else "<0.01" if amount < 0.01 else f"{amount:,.2f}"


def short_names(names: Sequence[str]) -> list[str]:
    """Names without the parts that all of them share, and cut in their middle where they are still long."""
    parts = [name.split(".") for name in names]
    shared = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    return [cut(".".join(part for part in each if part not in shared) or ".".join(each), _NAME_CHARS) for each in parts]


def cut(name: str, most: int) -> str:
    """The name in at most so many letters: what is too much is left out of its middle."""
    if len(name) <= most:
        return name
    kept = most - 1
    return f"{name[: kept // 3]}…{name[-(kept - kept // 3) :]}"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two spaces apart."""
    widths = [max(len(cells[index]) for cells in [head, *rows]) for index in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) for cells in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)
