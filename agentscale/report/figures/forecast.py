"""Votes of teams that were never asked: accuracy against N for every mix, to four times what was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.base import Figure, panels_of, series_order
from agentscale.report.figures.curve import Across, Measure, panel
from agentscale.report.numbers import Row, known, percent, sheet

VOTE = Measure("accuracy", "accuracy", "low", "high", ".0%", percent, (0.0, 1.0), "chance")
ANY_SIZE = Across("agents N", "size", log=True, solid="seen")
COLUMNS = ("task", "kind", "team", "size", "accuracy", "low", "high", "bias", "reach", "cost", "n_items", "method")
LINES = 6  # more cover one another
CAPTION = (
    "The vote of independent agents, forecast from their recorded first answers without asking anybody: every "
    "configuration alone, and as many of each. Where there is a dot the recording holds so many agents, and the "
    "forecast is the exact mean over all such teams in it. Beyond, the recorded shares of answers are plugged in, and "
    "the interval is longer by what that is off. It says nothing of teams that talk."
)


def figure(forecast: Sequence[Row], curves: Sequence[Row]) -> Figure | None:
    """The figure of the table ``forecast``; ``None`` where no mix has two sizes.

    Args:
        forecast: The table ``forecast``.
        curves: The table ``curves``, for the chance level of each task.
    """
    chance = {row["task"]: row.get("chance") for row in curves}
    points = [
        {**row, "layer": "", "team": mix(row), "seen": row["reach"] <= 1, "chance": chance.get(row["task"])}
        for row in forecast
        if row["kind"] == "team" and known(row.get("accuracy"))
    ]
    panels = []
    for task, there in panels_of(points, lambda row: str(row["task"])).items():
        lines = [line for line in panels_of(there, lambda row: str(row["team"])).values() if len(line) > 1]
        kept = [row for line in sorted(lines, key=_first)[:LINES] for row in line]
        if kept:
            panels.append(panel(f"{task} · vote of independent agents", kept, series_order(kept), VOTE, ANY_SIZE))
    if not panels:
        return None
    left = " Only those recorded most often are drawn; the table has all." if _is_cut(points) else ""
    shown = sheet("forecast", COLUMNS, forecast)
    return Figure("forecast", "Forecast: teams that were never asked", CAPTION + left, tuple(panels), shown)


def mix(row: Row) -> str:
    """Who is in the team, without how many: ``alpha`` of ``8 alpha``, ``of each`` of ``3 of each``."""
    return str(row["team"]).partition(" ")[2]


def _first(line: Sequence[Row]) -> tuple[bool, float, float]:
    """The mix of all before the others, then those that were recorded most often, then the most accurate."""
    seen = [row for row in line if row["seen"]]
    most = max((row["size"] for row in seen), default=0)
    return line[0]["team"] != "of each", -most, -max((row["accuracy"] for row in seen), default=0.0)


def _is_cut(points: Sequence[Row]) -> bool:
    mixes = {(row["task"], row["team"]) for row in points}
    return any(sum(of == task for of, _ in mixes) > LINES for task, _ in mixes)
