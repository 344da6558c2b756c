"""The one kind of chart that figures are: a measure against N or rounds, a line for each series, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import altair as alt

from agentscale.report.figures.base import Panel, data, line_of, lines_of, marks_of, panels_of, spec
from agentscale.report.numbers import Row, between, known


class Measure(NamedTuple):
    """What stands on the y axis."""

    title: str
    value: str
    """The column of the value; ``low`` and ``high`` those of its interval."""
    low: str
    high: str
    format: str
    """A d3 format."""
    words: Callable[[object], str]
    """The same format in Python."""
    domain: tuple[float, float | None]
    rule: str | None = None
    """A column to draw as a dashed line, such as ``chance``."""


class Across(NamedTuple):
    """What stands on the x axis."""

    title: str
    field: str
    log: bool
    dense: bool = False
    """Every N has a point: dot and interval stand only where N is the ``recorded`` size."""
    solid: str | None = None
    """A column that says where a dot stands; elsewhere there is the line and its interval."""


def panel(title: str, rows: Sequence[Row], order: list[str], measure: Measure, across: Across) -> Panel:
    """The chart of ``rows``.

    Args:
        title: What all rows share; it stands above the panel.
        rows: Rows of a table, one for each point.
        order: All series of the figure, in order.
        measure: The y axis.
        across: The x axis.
    """
    lines, x, marks = lines_of(order, rows), _x(rows, across), marks_of(order, rows)
    # Only what the chart uses goes in: the page carries these rows once more for every figure.
    fields = dict.fromkeys(
        filter(None, (across.field, measure.value, measure.low, measure.high, "recorded", across.solid))
    )
    low, high = measure.domain
    scale = alt.Scale(domainMin=low, nice=True) if high is None else alt.Scale(domain=[low, high])
    y = alt.Y(f"{measure.value}:Q", scale=scale, axis=alt.Axis(format=measure.format, title=measure.title, tickCount=5))
    frame = alt.Chart()
    dotted = frame.transform_filter(f"datum.{across.field} == datum.recorded") if across.dense else frame
    spans = dotted.mark_rule(strokeWidth=1.5, opacity=0.5).encode(
        x, alt.Y(f"{measure.low}:Q"), alt.Y2(measure.high), marks["color"]
    )
    line = frame.mark_line().encode(x, y, marks["color"], detail="team:N")
    firm = frame.transform_filter(f"datum.{across.solid}") if across.solid else dotted
    dots = firm.mark_point().encode(x, y, marks["color"], marks["shape"])
    targets = frame.mark_point(opacity=0, size=150).encode(x, y, tooltip=_tips(measure, across))
    drawn = [spans] if any(known(row.get(measure.low)) for row in rows) else []
    whole = alt.layer(*ruled(rows, measure), *drawn, line, dots, targets, data=data(rows, lines, fields))
    placed = whole.transform_calculate(place=_beside(rows, across, len(lines)))
    return Panel(title, in_words(title, rows, measure, across), spec(placed))


def _beside(rows: Sequence[Row], across: Across, n_lines: int) -> str:
    """A Vega expression for a place a little beside the true one, so that intervals do not cover one another."""
    offset = f"(datum.rank - {(n_lines - 1) / 2})"
    if across.log:
        return f"datum.{across.field} * pow(1.045, {offset})"
    values = [int(row[across.field]) for row in rows]
    return f"datum.{across.field} + {max(1, max(values) - min(values)) / 90:.4f} * {offset}"


def in_words(title: str, rows: Sequence[Row], measure: Measure, across: Across) -> str:
    """The chart as text: the first and the last point of every series, and the dashed line."""
    lines = panels_of(sorted(rows, key=lambda row: float(row[across.field])), _line_name)
    told = ". ".join(f"{name}: {_ends(line, measure, across)}" for name, line in sorted(lines.items()))
    return f"{measure.title} against {across.title}, {title}. {told}." + "".join(
        f" {str(measure.rule).capitalize()}: {measure.words(level)}." for level in levels(rows, measure)
    )


def _line_name(row: Row) -> str:
    return " ".join(dict.fromkeys(part for part in line_of(row) if part))


def _ends(line: Sequence[Row], measure: Measure, across: Across) -> str:
    ends = [line[0], line[-1]] if len(line) > 1 else [line[0]]
    return ", ".join(f"{_point(row, measure)} at {row[across.field]}" for row in ends)


def _point(row: Row, measure: Measure) -> str:
    span = between(row.get(measure.low), row.get(measure.high), measure.words)
    return measure.words(row.get(measure.value)) + (f" ({span})" if span else "")


def levels(rows: Sequence[Row], measure: Measure) -> list[float]:
    """Where the measure's dashed lines stand."""
    return sorted({row[measure.rule] for row in rows if measure.rule and known(row.get(measure.rule))})


def ruled(rows: Sequence[Row], measure: Measure) -> list[alt.Chart]:
    """The measure's dashed lines with their name; none where no row has one."""
    heights = levels(rows, measure)
    frame = alt.Chart(alt.InlineData(values=[{"level": level} for level in heights]))
    y = alt.Y("level:Q")
    line = frame.mark_rule(strokeDash=[4, 4], strokeWidth=1.2).encode(y)
    name = frame.mark_text(align="right", baseline="bottom", dy=-3, dx=-2).encode(
        y, x=alt.value("width"), text=alt.value(str(measure.rule))
    )
    return [line, name] if heights else []


def sizes_axis(ticks: Sequence[int], end: float, field: str = "size", title: str = "team size N") -> alt.X:
    """The logarithmic axis of team sizes, from the first tick to ``end``."""
    scale = alt.Scale(type="log", base=2, domain=[ticks[0] / 1.25, end * 1.25], nice=False)
    axis = alt.Axis(values=list(ticks), format="d", title=title, grid=False, labelOverlap=True)
    return alt.X(f"{field}:Q", scale=scale, axis=axis)


def _x(rows: Sequence[Row], across: Across) -> alt.X:
    ticks = sorted({int(row[across.field]) for row in rows})
    if across.log:
        return sizes_axis(ticks, ticks[-1], "place", across.title)
    room = max(1, ticks[-1] - ticks[0]) / 20
    scale = alt.Scale(domain=[ticks[0] - room, ticks[-1] + room], nice=False)
    axis = alt.Axis(values=ticks, format="d", title=across.title, grid=False, labelOverlap=True)
    return alt.X("place:Q", scale=scale, axis=axis)


def _tips(measure: Measure, across: Across) -> list[Any]:
    values = dict.fromkeys((measure.value, measure.low, measure.high))
    return [
        alt.Tooltip("series:N", title="layer"),
        alt.Tooltip("team:N", title="team"),
        alt.Tooltip(f"{across.field}:Q", title=across.title),
        *(alt.Tooltip(f"{field}:Q", title=field.replace("_", " "), format=measure.format) for field in values),
    ]
