"""Accuracy against team size: a panel for each task and setting, a line for each layer, and the chance level."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.base import Figure, by_setting, series_order
from agentscale.report.figures.curve import Across, Measure, panel
from agentscale.report.numbers import Row, percent, sheet, speaks

ACCURACY = Measure("accuracy", "accuracy", "low", "high", ".0%", percent, (0.0, 1.0), "chance")
SIZE = Across("team size N", "size", log=True)
COLUMNS = (
    "task",
    "layer",
    "protocol",
    "topology",
    "size",
    "teams",
    "accuracy",
    "low",
    "high",
    "chance",
    "parse_failure",
    "calls",
    "tokens",
    "n_items",
    "method",
)
CAPTION = (
    "Share of questions that the team answers right, a missing answer counting as not right, with its 95 % interval. "
    "The dashed line is chance. Points stand a little beside their N so that intervals stay apart."
)


def figure(curves: Sequence[Row]) -> Figure | None:
    """The figure of the table ``curves``; ``None`` where no answer could be read."""
    rows = [row for row in curves if speaks(row)]
    order = series_order(rows)
    panels = [panel(title, there, order, ACCURACY, SIZE) for title, there in by_setting(rows).items()]
    if not panels:
        return None
    return Figure("accuracy", "Accuracy against team size", CAPTION, tuple(panels), sheet("curves", COLUMNS, curves))
