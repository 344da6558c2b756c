"""A finding: one number with its interval and a sentence. What differences and warnings may be said to mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agentscale.report.numbers import Row, known


class Finding(NamedTuple):
    """One number of the first screen."""

    title: str
    value: str
    interval: str
    text: str


def warnings(value: object) -> tuple[str, ...]:
    """The single warnings of a table's entry, which may be a text with ``; `` between them or a sequence."""
    if isinstance(value, str):
        return tuple(part for part in value.split("; ") if part)
    return tuple(map(str, value)) if isinstance(value, tuple | list) else ()


def gathered(rows: Iterable[Row], noun: str = "row") -> tuple[str, ...]:
    """The distinct warnings of the rows, each with the number of rows that carry it."""
    count: dict[str, int] = {}
    for row in rows:
        for text in warnings(row.get("warnings")):
            count[text] = count.get(text, 0) + 1
    return tuple(f"{text} ({n} {noun}{'' if n == 1 else 's'})" for text, n in count.items())


def verdict(pair: Row, first: str) -> str:
    """What the interval of a difference allows to say of its first side."""
    low, high = pair.get("low"), pair.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not (known(low) and known(high)):
        return "There is no interval, so the two are not distinguishable in this run."
    if low > 0:
        return f"{first} is better: the whole interval is above 0."
    if high < 0:
        return f"{first} is worse: the whole interval is below 0."
    return "The two are not distinguishable in this run: the interval contains 0."
