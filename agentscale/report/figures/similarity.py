"""Which agents are redundant: how alike every two are, and what the team loses without each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from agentscale.analysis.sections.pairs import between as pair_of
from agentscale.report.figures.base import Figure, Panel, data_of, series_name, spec
from agentscale.report.figures.maps import Axis, Shade, chart
from agentscale.report.findings import gathered
from agentscale.report.numbers import Row, between, channels, known, points, sheet
from agentscale.schema.run import Cell

MOST_TEAMS = 4
TOLD = ("a", "b", "cosine", "low", "high", "same_answer")
COLUMNS = ("cell", "measure", "at", "value", "low", "high", "n_items", "warnings")
CAPTION = (
    "Left, the mean cosine of the last texts of every two agents: the darker, the more alike. Right, what the team's "
    "K* and its vote lose without the agent: near 0 it is redundant, below 0 the team is better without it. Of the "
    "largest team of each layer. A cosine of texts sees wording: read it beside the agreement of answers in the table."
)
LOST = (("k_star_lost", "K* lost", ".2f"), ("accuracy_lost", "accuracy lost", "+.0%"))


def figure(cells: Sequence[Cell], pairs: Sequence[Row], contributions: Sequence[Row]) -> Figure | None:
    """The figure of the tables ``pairs`` and ``contributions``; ``None`` where no team has two agents.

    Args:
        cells: The cells of the run.
        pairs: The table ``pairs``.
        contributions: The table ``contributions``.
    """
    alike, lost = _by_cell(pairs), _by_cell(contributions)
    chosen = _largest([cell for cell in cells if cell.size > 1 and _by_place(alike.get(cell.id, ()), "cosine")])
    panels = [one for cell in chosen for one in _panels(cell, alike[cell.id], lost.get(cell.id, []))]
    if not panels:
        return None
    named = {cell.id for cell in chosen}
    rows = [row for row in (*pairs, *contributions) if row["cell"] in named]
    shown = sheet("pairs", COLUMNS, rows)
    return Figure("redundancy", "Which agents are redundant", CAPTION, tuple(panels), shown, gathered(rows))


def _by_cell(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["cell"]), []).append(row)
    return found


def _largest(cells: Sequence[Cell]) -> list[Cell]:
    """Of each task and layer the first of the largest teams."""
    found: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        key = cell.task, cell.layer
        if key not in found or cell.size > found[key].size:
            found[key] = cell
    return list(found.values())[:MOST_TEAMS]


def _panels(cell: Cell, pairs: Sequence[Row], lost: Sequence[Row]) -> Iterator[Panel]:
    name = f"{_layer(cell)} × {cell.size}, {cell.protocol.name}"
    yield _map(f"{name}: cosine of texts", cell, pairs)
    for measure, title, form in LOST:
        found = _by_place(lost, measure)
        if found:
            yield _dots(f"{name}: {title}", cell, found, title, form)


def _layer(cell: Cell) -> str:
    return series_name({"layer": cell.layer, "team": cell.team_name})


def _by_place(rows: Iterable[Row], measure: str) -> dict[str, Row]:
    return {str(row["at"]): row for row in rows if row["measure"] == measure and known(row.get("value"))}


def _names(cell: Cell) -> list[str]:
    return [f"{index} {slot}" for index, slot in enumerate(cell.team.slots)]


def _map(title: str, cell: Cell, pairs: Sequence[Row]) -> Panel:
    cosines = _by_place(pairs, "cosine")
    names, places = _names(cell), {slot: index for index, slot in enumerate(cell.team.slots)}
    same = _by_place(pairs, "same_answer")
    values: list[dict[str, Any]] = []
    for (a, i), (b, j) in itertools.combinations(places.items(), 2):
        row = cosines.get(pair_of(a, b))
        if row is not None:
            numbers = {"cosine": row["value"], "low": row["low"], "high": row["high"]}
            told = {"a": names[i], "b": names[j], "same_answer": same.get(str(row["at"]), {}).get("value"), **numbers}
            values += [{"x": i, "y": j, **told}, {"x": j, "y": i, **told}]
    x, y = (Axis(side, "agent", list(range(cell.size))) for side in "xy")
    heights = [value["cosine"] for value in values]
    top, least = (pick(values, key=lambda value: float(value["cosine"])) for pick in (max, min))
    words = (
        f"{title}. Most alike: {top['a']} and {top['b']}, {channels(top['cosine'])}. "
        f"Least alike: {least['a']} and {least['b']}, {channels(least['cosine'])}."
    )
    return Panel(title, words, chart(values, x, y, Shade("cosine", ".2f", (min(0.0, *heights), 1.0)), TOLD))


def _dots(title: str, cell: Cell, found: Mapping[str, Row], axis: str, form: str) -> Panel:
    names = dict(zip(cell.team.slots, _names(cell), strict=True))
    rows = [{**row, "agent": names[at]} for at, row in found.items() if at in names]
    frame = alt.Chart(data_of(rows, ("agent", "value", "low", "high")))
    y = alt.Y(
        "agent:N", sort=list(names.values()), axis=alt.Axis(title=None, labelLimit=150, ticks=False, domain=False)
    )
    x = alt.X("value:Q", axis=alt.Axis(format=form, title=axis, tickCount=4))
    tips = ["agent:N", *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high"))]
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4]).encode(alt.X("zero:Q"))
    spans = frame.mark_rule(strokeWidth=1.5).encode(alt.X("low:Q"), alt.X2("high"), y)
    whole = alt.layer(zero, spans, frame.mark_point().encode(x, y, tooltip=tips))
    said = points if form.endswith("%") else channels
    least = min(rows, key=lambda row: float(row["value"]))
    words = ". ".join(
        f"{row['agent']}: {said(row['value'])} ({between(row['low'], row['high'], said)})" for row in rows[:16]
    )
    return Panel(title, f"{title}. {words}. The least: {least['agent']}.", spec(whole))
