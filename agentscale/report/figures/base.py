"""What figures share: the form of a figure, the marks and colours of layers, and the way to an SVG file.

A panel's specification holds its data and its marks but no width, no title and no colour: the page fits it to the
screen and takes the colours from its theme; :func:`svg` sets the panels of a figure side by side on white.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import altair as alt
import vl_convert

from agentscale.report.colours import LIGHT
from agentscale.report.numbers import Row, Sheet

_NARROW, _WIDE = 76, 160  # letters of the card in a line, below one panel or two
LAYERS = ("L1", "L2", "L3", "L4")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


class Panel(NamedTuple):
    """One chart of a figure."""

    title: str
    alt: str
    """The chart in words, for those who do not see it."""
    spec: dict[str, Any]
    """Vega-Lite, with its data."""


@dataclass(frozen=True)
class Figure:
    """A figure of the report: panels, the words below them, and the numbers behind them."""

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    sheet: Sheet
    warnings: tuple[str, ...] = ()
    """What the rows behind it are warned of, each with the number of rows that carry it."""


def series_name(row: Row) -> str:
    """The series that a row belongs to: its layer, or the name of its team where the file spelt the members out."""
    layer = str(row["layer"])
    return layer if layer in LAYERS else str(row.get("team") or row.get("teams") or layer)


def series_order(rows: Iterable[Row]) -> list[str]:
    """All series in their order: the four layers first, present or not, so that a colour always means the same."""
    others = dict.fromkeys(name for name in map(series_name, rows) if name not in LAYERS)
    return [*LAYERS, *others]


def panels_of(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """The rows by panel title, in the order in which the titles first appear."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def by_setting(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows by setting. A single agent reads no one: it opens the curve of every topology of its protocol."""
    listed = list(rows)
    spread = {_kind(row) for row in listed if row["topology"]}
    alone = [row for row in listed if not row["topology"] and _kind(row) in spread]
    placed = [row for row in listed if row["topology"] or _kind(row) not in spread]
    groups = panels_of(placed, lambda row: str(row["setting"]))
    return {
        title: [row for row in alone if there[0]["topology"] and _kind(row) == _kind(there[0])] + there
        for title, there in groups.items()
    }


def _kind(row: Row) -> tuple[str, str]:
    return row["task"], row["protocol"]


def marks_of(order: list[str], rows: Iterable[Row]) -> dict[str, Any]:
    """Colour and shape of a series, each of which alone tells the series apart, under one legend.

    Args:
        order: All series of the figure.
        rows: The panel's rows: the legend names only what is there.
    """
    there = set(map(series_name, rows))
    legend = alt.Legend(title=None, values=[name for name in order if name in there])
    shapes = alt.Scale(domain=order, range=[SHAPES[index % len(SHAPES)] for index in range(len(order))])
    return {
        "color": alt.Color("series:N", scale=alt.Scale(domain=order), legend=legend),
        "shape": alt.Shape("series:N", scale=shapes, legend=legend),
    }


def lines_of(order: list[str], rows: Iterable[Row]) -> list[tuple[str, str]]:
    """The lines of a panel, series by series: a layer has one for each of its teams where they are kept apart."""
    return sorted(dict.fromkeys(map(line_of, rows)), key=lambda line: order.index(line[0]))


def line_of(row: Row) -> tuple[str, str]:
    """The line that a row lies on: its series and its team."""
    return series_name(row), str(row.get("team") or "")


def data(rows: Iterable[Row], lines: list[tuple[str, str]], fields: Iterable[str]) -> alt.InlineData:
    """Inline data: the given fields of the rows, with series, team, and ``rank``, the place among the lines."""
    kept = tuple(fields)
    return alt.InlineData(
        values=[
            {field: row.get(field) for field in kept}
            | {"series": line_of(row)[0], "team": line_of(row)[1], "rank": lines.index(line_of(row))}
            for row in rows
        ]
    )


def data_of(rows: Iterable[Row], fields: Sequence[str]) -> alt.InlineData:
    """Inline data: the given fields of the rows."""
    return alt.InlineData(values=[{field: row.get(field) for field in fields} for row in rows])


def spec(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as a plain specification that can stand within another: data in place, no version, no style."""
    drawn = chart.to_dict()
    named = drawn.pop("datasets", {})
    return {key: _in_place(value, named) for key, value in drawn.items() if key not in ("$schema", "config")}


def _in_place(part: Any, named: Mapping[str, Any]) -> Any:
    """Altair names data sets by their digest and lists them at the top, where no inner chart may have a list."""
    if isinstance(part, list):
        return [_in_place(inner, named) for inner in part]
    if not isinstance(part, dict):
        return part
    if part.get("name") in named:
        return {"values": named[part["name"]]}
    return {key: _in_place(inner, named) for key, inner in part.items()}


def theme(colours: Mapping[str, Any]) -> dict[str, Any]:
    """The Vega configuration in the given colours, which may be CSS variables."""
    text = {"labelColor": colours["muted"], "titleColor": colours["muted"], "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": "transparent",
        "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
        "view": {"stroke": None},
        "range": {"category": list(colours["series"])},
        "axis": {
            **text,
            "titleFontWeight": "normal",
            "gridColor": colours["rule"],
            "domainColor": colours["rule"],
            "tickColor": colours["rule"],
            "labelPadding": 6,
            "titlePadding": 10,
        },
        "axisY": {"domain": False, "ticks": False},
        "legend": {
            **text,
            "orient": "top",
            "direction": "horizontal",
            "symbolSize": 70,
            "symbolOpacity": 1,
            "symbolBaseFillColor": colours["muted"],  # of a legend of shapes alone
            "symbolBaseStrokeColor": colours["muted"],
        },
        "title": {"color": colours["ink"], "fontSize": 13, "fontWeight": 600, "anchor": "start", "offset": 10},
        "line": {"strokeWidth": 2},
        "point": {"filled": True, "size": 70, "opacity": 1, "color": colours["series"][0]},
        "rule": {"color": colours["muted"]},
        "text": {"color": colours["muted"], "fontSize": 11},
        "style": {"number": {"color": colours["ink"]}, "measured": {"color": colours["ink"]}},
    }


def whole(figure: Figure, card: str = "", *, columns: int = 2, width: int = 340) -> dict[str, Any]:
    """The figure as one Vega-Lite specification: its panels side by side, on white.

    Args:
        figure: The figure.
        card: What a reader must know of the run, below the panels.
        columns: Panels side by side.
        width: Of a panel, in pixels.
    """
    size = {"width": width, "height": round(width * 12 / 17)}
    panels = [panel.spec | {"title": panel.title} | size for panel in figure.panels]
    made = {
        "concat": panels,
        "columns": columns,
        "spacing": 36,
        "resolve": {"legend": {"color": "independent", "shape": "independent"}},
        "config": theme(LIGHT) | {"background": LIGHT["paper"]},
        "padding": 12,
    }
    if card:
        lines = textwrap.wrap(card, _WIDE if len(panels) > 1 else _NARROW)
        look = {"orient": "bottom", "anchor": "start", "offset": 14, "fontSize": 11, "fontWeight": "normal"}
        made["title"] = {"text": lines, "color": LIGHT["muted"], **look}
    return made


def svg(figure: Figure, card: str = "", *, columns: int = 2, width: int = 340) -> str:
    """The figure of :func:`whole` as an SVG text: the same bytes for the same figure."""
    return str(vl_convert.vegalite_to_svg(whole(figure, card, columns=columns, width=width)))
