"""The surface over compositions: the forecast vote of every mix of two configurations."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.base import Figure, Panel, panels_of
from agentscale.report.figures.maps import Axis, Shade, chart
from agentscale.report.numbers import Row, between, known, percent, sheet

COLUMNS = ("task", "a", "b", "n_a", "n_b", "accuracy", "low", "high", "n_items", "method")
CAPTION = (
    "Accuracy of the vote of so many agents of one configuration with so many of another, each cell the exact mean "
    "over all such teams in the recording; nobody was asked for it. Along a diagonal the team has the same size. A mix "
    "is worth its place only where it beats its neighbours on that diagonal by more than its interval."
)


def figure(mixes: Sequence[Row]) -> Figure | None:
    """The figure of the table ``mixes``; ``None`` where no two configurations were recorded more than once."""
    rows = [row for row in mixes if known(row.get("accuracy"))]
    panels = [
        _panel(title, there)
        for title, there in panels_of(rows, lambda row: f"{row['task']} · {row['a']} with {row['b']}").items()
    ]
    if not panels:
        return None
    return Figure("mixes", "Accuracy over mixes of two", CAPTION, tuple(panels), sheet("mixes", COLUMNS, mixes))


def _panel(title: str, rows: Sequence[Row]) -> Panel:
    a, b = rows[0]["a"], rows[0]["b"]
    kept = ("n_a", "n_b", "accuracy", "low", "high")
    values = [{name: row[name] for name in kept} for row in rows]
    x = Axis("n_a", f"agents of {a}", sorted({row["n_a"] for row in rows}))
    y = Axis("n_b", f"agents of {b}", sorted({row["n_b"] for row in rows}, reverse=True))
    heights = [row["accuracy"] for row in rows]
    shade = Shade("accuracy", ".0%", (min(heights), max(heights)))
    best = max(rows, key=lambda row: (row["accuracy"], -row["n_a"] - row["n_b"]))
    span = between(best["low"], best["high"], percent)
    told = (
        f"Forecast accuracy of mixes of {a} and {b}: {percent(min(heights))} to {percent(max(heights))}. "
        f"The best mix is {best['n_a']} of {a} with {best['n_b']} of {b}: {percent(best['accuracy'])} ({span})."
    )
    return Panel(title, told, chart(values, x, y, shade, kept))
