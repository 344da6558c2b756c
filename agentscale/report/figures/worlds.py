"""What worlds measured: every run as a dot, and the mean of its cell: a mean alone can hide two kinds of run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from agentscale.report.figures.base import Figure, Panel, spec
from agentscale.report.numbers import Row, between, cell_text, known, sheet

MOST_MEASURES = 4
"""Panels of a task: the measures that its world names first, of those that any cell defines."""
MOST_CELLS = 24
"""Rows of a panel: beyond, it is read in the table."""
MOST_COLOURS = 8
COLUMNS = ("cell", "question", "measure", "value", "low", "high", "n", "n_undefined")
CAPTION = (
    "Every dot is one run at its end; the tick is the mean of the cell, the line its 95 % interval. Runs in which a "
    "measure is not defined have no dot, and are counted in the table."
)


def figure(means: Sequence[Row], runs: Sequence[Row]) -> Figure | None:
    """The figure of the tables ``worlds`` and ``world_runs``; ``None`` where none was played or nothing is defined.

    Args:
        means: The table ``worlds``.
        runs: The table ``world_runs``.
    """
    cells = {row["cell"]: row for row in means}
    names = names_of(list(cells.values()))
    panels = [
        _panel(f"{task} · {measure}", measure, _whole(means, task, measure), runs, names)
        for task in dict.fromkeys(row["task"] for row in means)
        for measure in _measures(means, task)
    ]
    if not panels:
        return None
    shown = sheet("worlds", COLUMNS, means)
    return Figure("worlds", "What the worlds measured", CAPTION, tuple(panels), shown)


def _measures(means: Sequence[Row], task: str) -> list[str]:
    """The first measures of a task that are defined in any of its cells."""
    defined = (row["measure"] for row in means if row["task"] == task and known(row["value"]))
    return list(dict.fromkeys(defined))[:MOST_MEASURES]


def _whole(means: Sequence[Row], task: str, measure: str) -> list[Row]:
    """The row of every cell that stands for all its questions: the last, of one question or of all."""
    rows = {row["cell"]: row for row in means if (row["task"], row["measure"]) == (task, measure)}
    return list(rows.values())[:MOST_CELLS]


def names_of(cells: Sequence[Row]) -> dict[str, str]:
    """What a cell is called: its team, its size, what was played, as far as cells differ in it."""
    parts = [[str(row["team"] or row["layer"]), f"N = {row['size']}", str(row["played"])] for row in cells]
    varied = [at for at in range(3) if len({part[at] for part in parts}) > 1] or [0]
    return {row["cell"]: " · ".join(part[at] for at in varied) for row, part in zip(cells, parts, strict=True)}


def _panel(title: str, measure: str, means: Sequence[Row], runs: Sequence[Row], names: Mapping[str, str]) -> Panel:
    order = [names[row["cell"]] for row in means]
    there = {row["cell"] for row in means}
    dots = [
        {"cell": names[run["cell"]], "value": run[measure], "question": run["question"], "replicate": run["replicate"]}
        for run in runs
        if run["cell"] in there and known(run.get(measure))
    ]
    spans = [
        {"cell": names[row["cell"]], **{field: row[field] for field in ("value", "low", "high")}}
        for row in means
        if known(row["value"])
    ]
    chart = alt.layer(_dots(dots, measure, order), *_means(spans, order))
    return Panel(title, _in_words(title, means, names), spec(chart))


def _y(order: Sequence[str]) -> alt.Y:
    return alt.Y("cell:N", sort=list(order), axis=alt.Axis(title=None, labelLimit=220, grid=True))


def _dots(dots: Sequence[Row], measure: str, order: Sequence[str]) -> alt.Chart:
    questions = list(dict.fromkeys(str(dot["question"]) for dot in dots))
    colour = alt.Color("question:N", sort=questions, legend=alt.Legend(title=None))
    marks = {"color": colour} if 1 < len(questions) <= MOST_COLOURS else {}
    x = alt.X("value:Q", scale=alt.Scale(nice=True), axis=alt.Axis(title=measure.replace("_", " "), tickCount=5))
    tips = [alt.Tooltip(f"{field}:N") for field in ("cell", "question", "replicate")] + [alt.Tooltip("value:Q")]
    base = alt.Chart(alt.InlineData(values=[dict(dot) for dot in dots]))
    dotted: alt.Chart = base.mark_point(opacity=0.45, size=40).encode(x, _y(order), tooltip=tips, **marks)
    return dotted


def _means(spans: Sequence[Row], order: Sequence[str]) -> list[alt.Chart]:
    base = alt.Chart(alt.InlineData(values=[dict(span) for span in spans]))
    ticks = base.mark_tick(thickness=2, size=14, color="gray").encode(alt.X("value:Q"), _y(order))
    lines = base.mark_rule(strokeWidth=1.5).encode(alt.X("low:Q"), alt.X2("high"), _y(order))
    return [lines, ticks] if any(known(span["low"]) for span in spans) else [ticks]


def _in_words(title: str, means: Sequence[Row], names: Mapping[str, str]) -> str:
    """The chart as text: the mean of every cell with its interval."""
    told = (f"{names[row['cell']]}: {cell_text(row['value'])}{_span(row)}" for row in means)
    return f"{title}. {'. '.join(told)}."


def _span(row: Row) -> str:
    span = between(row["low"], row["high"], cell_text)
    return f" ({span})" if span else ""
