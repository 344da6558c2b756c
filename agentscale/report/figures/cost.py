"""Accuracy against what a question costs in calls, tokens and money: all teams and protocols in one view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import altair as alt

from agentscale.report.figures.accuracy import ACCURACY
from agentscale.report.figures.base import SHAPES, Figure, Panel, panels_of, series_name, series_order, spec
from agentscale.report.figures.curve import levels, ruled
from agentscale.report.numbers import Row, between, count, known, percent, sheet, speaks

COLUMNS = (
    "task", "layer", "protocol", "topology", "size", "teams", "calls", "tokens", "usd", "usd_low", "usd_high",
    "accuracy", "low", "high", "n_items",
)  # fmt: skip
CAPTION = (
    "The same points against what one question costs: at equal cost the higher team is the better buy. A line joins "
    "the sizes of a team under one protocol. Calls and tokens are means over questions, those of all agents together."
)
AT_PRICES = " Money is at the prices of the day on which this page was made; what a provider caches is counted in full."


class Unit(NamedTuple):
    """What stands on the x axis."""

    column: str
    title: str
    format: str
    """A d3 format."""


UNITS = (
    Unit("calls", "calls a question", "~s"),
    Unit("tokens", "tokens a question, in and out", "~s"),
    Unit("usd", "US dollars a question", "$~g"),
)
_PLACE = ("task", "layer", "team", "protocol", "topology", "size")


def figure(curves: Sequence[Row], money: Sequence[Row]) -> Figure | None:
    """The figure of the tables ``curves`` and ``money``; ``None`` where all points cost the same.

    Args:
        curves: The table ``curves``.
        money: The table ``money``; none where no price is known.
    """
    priced = list(_priced(curves, money))
    rows = [row for row in priced if speaks(row)]
    order = series_order(rows)
    panels = [
        _panel(f"{task} · {unit.title}", there, order, unit)
        for task, every in panels_of(rows, lambda row: str(row["task"])).items()
        for unit in UNITS
        for there in [[row for row in every if known(row.get(unit.column)) and row[unit.column] > 0]]
        if len({row[unit.column] for row in there}) > 1
    ]
    if not panels:
        return None
    said = CAPTION + (AT_PRICES if any(panel.title.endswith(UNITS[2].title) for panel in panels) else "")
    return Figure("cost", "Accuracy against cost", said, tuple(panels), sheet("curves", COLUMNS, priced))


def _priced(curves: Iterable[Row], money: Iterable[Row]) -> Iterable[Row]:
    """The points with their costs in money: ``usd`` with its interval."""
    found = {_place(row): row for row in money}
    for row in curves:
        own: Mapping[str, object] = found.get(_place(row), {})
        yield {**row, "usd": own.get("usd"), "usd_low": own.get("low"), "usd_high": own.get("high")}


def _place(row: Row) -> tuple[object, ...]:
    """Equal for the same point; a layer's teams are averaged, others bear their name."""
    team = row.get("team") or (row.get("teams") if str(row["layer"]) not in ("L1", "L2", "L3", "L4") else "")
    return tuple(team if name == "team" else row[name] for name in _PLACE)


def _panel(title: str, rows: Sequence[Row], order: list[str], unit: Unit) -> Panel:
    played = list(dict.fromkeys(str(row["played"]) for row in rows))
    kept = (unit.column, "accuracy", "low", "high", "size", "played")
    values = [{name: row[name] for name in kept} | {"series": series_name(row)} for row in rows]
    there = {value["series"] for value in values}
    axis = alt.Axis(format=unit.format, title=unit.title, grid=False, labelOverlap=True, tickCount=5)
    x = alt.X(f"{unit.column}:Q", scale=alt.Scale(type="log", nice=False, padding=14), axis=axis)
    y = alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", title="accuracy", tickCount=5))
    legend = alt.Legend(title=None, values=[name for name in order if name in there])
    color = alt.Color("series:N", scale=alt.Scale(domain=order), legend=legend)
    shapes = alt.Scale(domain=played, range=[SHAPES[at % len(SHAPES)] for at in range(len(played))])
    shape = alt.Shape(
        "played:N", scale=shapes, legend=alt.Legend(title=None, columns=2, orient="bottom") if len(played) > 1 else None
    )
    frame = alt.Chart()
    whole = alt.layer(
        *ruled(rows, ACCURACY),
        frame.mark_rule(strokeWidth=1.2, opacity=0.3).encode(
            x, alt.Y("low:Q", title="accuracy"), alt.Y2("high"), color
        ),
        frame.mark_line(strokeWidth=1.2, opacity=0.5).encode(x, y, color, detail="played:N", order="size:Q"),
        frame.mark_point().encode(x, y, color, shape),
        frame.mark_point(opacity=0, size=150).encode(x, y, tooltip=_tips(unit)),
        data=alt.InlineData(values=values),
    )
    return Panel(title, _in_words(title, rows, unit), spec(whole))


def _tips(unit: Unit) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("series:N", title="layer"),
        alt.Tooltip("played:N", title="played"),
        alt.Tooltip("size:Q", title="team size N"),
        alt.Tooltip(f"{unit.column}:Q", title=unit.title, format=".4~g"),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("accuracy", "low", "high")),
    ]


def _in_words(title: str, rows: Sequence[Row], unit: Unit) -> str:
    """The cheapest and the best point, and chance."""
    cheapest = min(rows, key=lambda row: (float(row[unit.column]), -float(row["accuracy"])))
    best = max(rows, key=lambda row: (float(row["accuracy"]), -float(row[unit.column])))
    told = ". ".join(
        f"{name}: {series_name(row)}, N = {row['size']}, {row['played']}, {count(row[unit.column])}: "
        f"{percent(row['accuracy'])} ({between(row.get('low'), row.get('high'), percent)})"
        for name, row in (("The cheapest", cheapest), ("The most accurate", best))
    )
    chance = "".join(f" Chance: {percent(level)}." for level in levels(rows, ACCURACY))
    return f"Accuracy against {unit.title}, {title}: {len(rows)} points. {told}.{chance}"
