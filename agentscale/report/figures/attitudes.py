"""How stable personas are: how far each stands from its model's default, round by round, in a probed debate."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from agentscale.report.figures.base import Figure, Panel, data_of, spec
from agentscale.report.numbers import Row, between, cell_text, known, sheet

MOST_CELLS = 12
"""Panels: beyond, the rest is read in the table."""
FROM_DEFAULT = "from_default_of"
COLUMNS = ("cell", "measure", "at", "value", "low", "high", "n_items")
CAPTION = (
    "The distance of a persona's attitude, on the scale from 0 to 10, from what its model says without it; the mean "
    "over questions with its 95 % interval. A line that falls is a persona that gives way to the default. Round 0 is "
    "before anyone has read anyone."
)


def figure(attitudes: Sequence[Row], cells: Sequence[Row]) -> Figure | None:
    """The figure of the table ``attitudes``; ``None`` where no default was asked for, or nothing could be read.

    Args:
        attitudes: The table ``attitudes``.
        cells: The table ``cells``, which says what each cell is.
    """
    about = {row["cell"]: row for row in cells}
    by_cell: dict[str, list[Row]] = {}
    for row in attitudes:
        if row["measure"] == FROM_DEFAULT and known(row["value"]) and row["cell"] in about:
            by_cell.setdefault(row["cell"], []).append(_point(row))
    if not by_cell:
        return None
    ends = (row["high"] if known(row["high"]) else row["value"] for points in by_cell.values() for row in points)
    farthest = float(max(ends))
    panels = [_panel(about[cell], points, farthest) for cell, points in list(by_cell.items())[:MOST_CELLS]]
    return Figure("attitudes", "Attitudes by round", CAPTION, tuple(panels), sheet("attitudes", COLUMNS, attitudes))


def _point(row: Row) -> Row:
    """A row with its configuration and its moment apart."""
    config, _, moment = str(row["at"]).rpartition(", ")
    return {**row, "config": config, "moment": moment}


def _panel(about: Row, points: Sequence[Row], farthest: float) -> Panel:
    """All panels reach as far, so that a control is seen to be one."""
    title = f"{about['setting']} · {about['team']} · N = {about['size']}"
    moments = list(dict.fromkeys(point["moment"] for point in points))
    x = alt.X("moment:O", sort=moments, axis=alt.Axis(title="round", labelAngle=0))
    scale = alt.Scale(domain=(0.0, max(1.0, farthest)), nice=True)
    y = alt.Y("value:Q", axis=alt.Axis(title="distance from default", tickCount=5), scale=scale)
    configs = list(dict.fromkeys(point["config"] for point in points))
    colour = alt.Color("config:N", sort=configs, legend=alt.Legend(title=None, columns=2, labelLimit=200))
    tips = [alt.Tooltip("config:N"), alt.Tooltip("moment:N", title="round"), alt.Tooltip("value:Q", format=".2f")]
    base = alt.Chart(data_of(points, ("config", "moment", "value", "low", "high")))
    spans = base.mark_rule(opacity=0.5).encode(x, alt.Y("low:Q"), alt.Y2("high"), colour)
    lines = base.mark_line(point=True).encode(x, y, colour, tooltip=tips)
    return Panel(title, _in_words(title, points), spec(alt.layer(spans, lines)))


def _in_words(title: str, points: Sequence[Row]) -> str:
    """The chart as text."""
    told = (f"{one['config']} in round {one['moment']}: {cell_text(one['value'])}{_span(one)}" for one in points)
    return f"{title}. Distance from the default. {'. '.join(told)}."


def _span(point: Row) -> str:
    span = between(point["low"], point["high"], cell_text)
    return f" ({span})" if span else ""
