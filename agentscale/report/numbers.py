"""How numbers look in words and tables. A number that is not there is a dash, never a 0."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Row = Mapping[str, Any]
ABSENT = "–"


def known(value: object) -> bool:
    """Whether ``value`` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def speaks(row: Row) -> bool:
    """Whether a point says anything of a team: it has an accuracy, and some answer behind it could be read."""
    return known(row.get("accuracy")) and not (known(row.get("parse_failure")) and row["parse_failure"] >= 1)


def percent(value: object) -> str:
    """A share in [0, 1] as per cent with one decimal."""
    return f"{100 * value:.1f} %" if isinstance(value, int | float) and known(value) else ABSENT


def points(value: object) -> str:
    """A difference of shares in [−1, 1] as signed percentage points with one decimal and a true minus sign."""
    if not isinstance(value, int | float) or not known(value):
        return ABSENT
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def channels(value: object) -> str:
    """An effective number with two decimals."""
    return f"{value:.2f}" if known(value) else ABSENT


def count(value: float) -> str:
    """A mean count: thousands grouped, one decimal where it is not whole."""
    return f"{value:,.1f}".removesuffix(".0")


def between(low: object, high: object, form: Any) -> str:
    """An interval ``low to high`` in the given form; empty where there is none."""
    return f"{form(low).removesuffix(' %')} to {form(high)}" if known(low) and known(high) else ""


def cell_text(value: object) -> str:
    """A table's entry as text: integers grouped, other numbers with four significant digits."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float() if not math.isfinite(value):
            return ABSENT
        case float():
            return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"
        case int():
            return f"{value:,}"
        case tuple() | list():
            return "; ".join(map(cell_text, value)) or ABSENT
        case _:
            return str(value) or ABSENT


MOST_ROWS = 500
"""Rows of a table on the page; its file has them all."""


class Sheet(NamedTuple):
    """A table as the page shows it."""

    name: str
    columns: tuple[str, ...]
    numeric: frozenset[str]
    """Columns whose entries are set flush right."""
    rows: tuple[tuple[str, ...], ...]
    """The first ``MOST_ROWS``."""
    n_rows: int
    """All of them."""


def sheet(name: str, columns: Iterable[str], rows: Iterable[Row]) -> Sheet:
    """The sheet of ``rows``: every entry as text.

    Args:
        name: The table's name, under which its CSV lies.
        columns: Which columns to show, in order.
        rows: The table's rows.
    """
    shown, listed = tuple(columns), list(rows)
    numeric = frozenset(column for column in shown if any(known(row.get(column)) for row in listed))
    whole = {column for column in numeric if all(_is_whole(row.get(column)) for row in listed)}
    rows_of_text = tuple(
        tuple(cell_text(_counted(row.get(column)) if column in whole else row.get(column)) for column in shown)
        for row in listed[:MOST_ROWS]
    )
    return Sheet(name, shown, numeric, rows_of_text, len(listed))


def _is_whole(value: object) -> bool:
    return not isinstance(value, int | float) or not known(value) or float(value).is_integer()


def _counted(value: object) -> object:
    return int(value) if isinstance(value, float) and known(value) else value
