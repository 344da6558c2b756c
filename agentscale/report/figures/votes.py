"""The vote at every N, computed from the recorded answers of the largest team without asking again."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.base import Figure, panels_of, series_order
from agentscale.report.figures.curve import Across, Measure, panel
from agentscale.report.numbers import Row, known, percent, sheet

VOTE = Measure("accuracy", "accuracy", "low", "high", ".0%", percent, (0.0, 1.0), "chance")
EVERY_SIZE = Across("team size N", "size", log=False, dense=True)
COLUMNS = ("task", "layer", "team", "size", "accuracy", "low", "high", "n_items", "recorded", "method")
CAPTION = (
    "The plurality vote of every smaller team, in expectation over its sub-teams, from the answers of the largest "
    "recorded team. The dot is that team with its 95 % interval; those of the other N are in the "
    "table. All points of a line rest on the same answers, so they rise and fall together."
)


def figure(vote_curve: Sequence[Row], curves: Sequence[Row]) -> Figure | None:
    """The figure of the table ``vote_curve``; ``None`` where no vote has a value.

    Args:
        vote_curve: The table ``vote_curve``.
        curves: The table ``curves``, for the chance level of each task.
    """
    chance = {row["task"]: row.get("chance") for row in curves}
    rows = [{**row, "chance": chance.get(row["task"])} for row in vote_curve if known(row.get("accuracy"))]
    order = series_order(rows)
    panels = [
        panel(title, there, order, VOTE, EVERY_SIZE)
        for title, there in panels_of(rows, lambda row: f"{row['task']} · vote").items()
    ]
    if not panels:
        return None
    return Figure("votes", "The vote at every N", CAPTION, tuple(panels), sheet("vote_curve", COLUMNS, vote_curve))
