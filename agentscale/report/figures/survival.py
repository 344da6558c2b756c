"""How long commons lasted: the share of runs that is still there, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import altair as alt

from agentscale.report.figures.base import Figure, Panel, panels_of, spec
from agentscale.report.figures.worlds import MOST_COLOURS, names_of
from agentscale.report.numbers import Row, between, percent, sheet

COLUMNS = ("cell", "measure", "at", "value", "low", "high")
CAPTION = (
    "The chance that a pool outlives a month, by Kaplan–Meier over all runs of a cell; its 95 % interval is in the "
    "table. Read it beside the gain: a pool that nobody takes from lasts for ever."
)


def figure(rows: Sequence[Row], means: Sequence[Row]) -> Figure | None:
    """The figure of the table ``survival``; ``None`` where no world can end.

    Args:
        rows: The table ``survival``.
        means: The table ``worlds``, which says what the cells are.
    """
    cells = {row["cell"]: row for row in means}
    called = names_of(list(cells.values()))
    alive = panels_of((row for row in rows if row["measure"] == "alive"), lambda row: str(row["cell"]))
    by_task: dict[str, dict[str, list[Row]]] = {}
    for cell, curve in alive.items():
        by_task.setdefault(f"{cells[cell]['task']} · alive", {})[called[cell]] = curve
    panels = [_panel(title, dict(islice(curves.items(), MOST_COLOURS))) for title, curves in by_task.items()]
    if not panels:
        return None
    return Figure("survival", "How long they lasted", CAPTION, tuple(panels), sheet("survival", COLUMNS, rows))


def _panel(title: str, curves: Mapping[str, Sequence[Row]]) -> Panel:
    points = [
        {"cell": cell, "month": month, "alive": value}
        for cell, curve in curves.items()
        for month, value in [(0, 1.0), *((int(row["at"]), row["value"]) for row in curve)]
    ]
    chart = (
        alt.Chart(alt.InlineData(values=points))
        .mark_line(interpolate="step-after", point=True)
        .encode(
            alt.X("month:Q", axis=alt.Axis(title="month", tickMinStep=1)),
            alt.Y("alive:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title="runs still there", format=".0%")),
            alt.Color("cell:N", sort=list(curves), legend=alt.Legend(title=None)),
            # Curves that lie on one another are seen through the gaps of the upper ones.
            alt.StrokeDash("cell:N", sort=list(curves), legend=None),
            tooltip=[alt.Tooltip("cell:N"), alt.Tooltip("month:Q"), alt.Tooltip("alive:Q", format=".0%")],
        )
    )
    return Panel(title, f"{title}. {' '.join(_in_words(*each) for each in curves.items())}", spec(chart))


def _in_words(cell: str, curve: Sequence[Row]) -> str:
    """The curve as text: what is left at its end."""
    last = curve[-1]
    span = between(last["low"], last["high"], percent)
    return f"{cell}: {percent(last['value'])} outlive month {last['at']}{f' ({span})' if span else ''}."
