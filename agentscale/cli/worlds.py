"""What the worlds of a run measured, in a line for each cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from math import isnan
from typing import Any

from agentscale.cli.amounts import columns, short_names
from agentscale.cli.curves import WIDTH, interval

Row = Mapping[str, Any]
MOST = 20
"""Cells of a task that are told; all are in ``tables/worlds.csv``."""
FAULTS = ("silent", "unreadable", "invalid")
"""Measures that are told wherever they are above 0: without them others mislead, as survival does of who is silent."""


def worlds(means: Sequence[Row]) -> str:
    """The table ``worlds`` within 80 columns: of every cell its mean measures, as many as there is room for.

    A measure that no cell defines has no column, and what was at fault is told below where it has none.

    Args:
        means: The rows of the table. Of a cell with several questions, those over all of them are told.
    """
    tasks = _in_order(means, "task")
    heads = tasks if len(tasks) > 1 else ["world"]
    told = zip(heads, tasks, strict=True)
    return "\n".join(_of_task(head, [row for row in means if row["task"] == task]) for head, task in told)


def _of_task(title: str, means: Sequence[Row]) -> str:
    cells = _in_order(means, "cell")
    measures = _in_order([row for row in means if not isnan(row["value"])], "measure")
    whole = {(row["cell"], row["measure"]): row for row in means}  # the row over all questions is the last
    shown = cells[:MOST]
    told = [
        [_told(whole[cell, measure]) if (cell, measure) in whole else "–" for cell in shown] for measure in measures
    ]
    names = [title, *short_names(shown)]
    fitting = _fitting([names, *([measure, *column] for measure, column in zip(measures, told, strict=True))])
    head, *rows = zip(*fitting, strict=True)
    more = [f"… and {len(cells) - MOST} more cells in tables/worlds.csv"] if len(cells) > MOST else []
    hidden = [measure for measure in FAULTS if measure not in head]
    return "\n".join([columns(head, rows), *more, *_faults(hidden, whole, dict(zip(shown, names[1:], strict=True)))])


def _faults(measures: Sequence[str], whole: Mapping[tuple[str, str], Row], names: Mapping[str, str]) -> Iterator[str]:
    """For each of these measures that is anywhere above 0 the most of it, and in which cell."""
    for measure in measures:
        told = [(whole[cell, measure]["value"], name) for cell, name in names.items() if (cell, measure) in whole]
        most, name = max((share for share in told if share[0] > 0), default=(0, ""))
        if most:
            yield f"{measure}: up to {most:.2f} ({name})"


def _fitting(every: Sequence[list[str]]) -> list[list[str]]:
    """The first columns, as many as have room beside one another."""
    ends = accumulate(2 + max(map(len, column)) for column in every)
    return [column for column, end in zip(every, ends, strict=True) if end - 2 <= WIDTH]


def _told(row: Row) -> str:
    return interval(row["value"], row["low"], row["high"])


def _in_order(rows: Sequence[Row], key: str) -> list[Any]:
    return list(dict.fromkeys(row[key] for row in rows))
