"""Tables as CSV that spreadsheets may open: no text is taken for a formula, no number depends on the machine."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from agentscale.recording.files import replaced

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes a table; it appears whole or not at all.

    Args:
        path: The file.
        columns: The columns in order; what a row has beyond them is left out, what it lacks is empty.
        rows: The rows. Real numbers have up to 10 significant digits; ``None`` and ``nan`` are empty.

    Raises:
        StoreError: The file cannot be written.
    """
    with replaced(path, durable=False) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(cell, columns))
        writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
        text.detach()


def cell(value: object) -> str:
    """The text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool | Integral):
        return str(value)
    if isinstance(value, Real):
        return "" if math.isnan(value) else f"{float(value):.10g}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
