"""What the rounds of a protocol do: the team's accuracy after each round, at the largest size that was run."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.base import Figure, by_setting, series_order
from agentscale.report.figures.curve import Across, Measure, panel
from agentscale.report.numbers import Row, known, percent, sheet

BY_ROUND = Measure("team accuracy", "team_accuracy", "team_accuracy", "team_accuracy", ".0%", percent, (0.0, 1.0))
ROUND = Across("round", "round", log=False)
COLUMNS = (
    "cell",
    "round",
    "agent_accuracy",
    "team_accuracy",
    "k_star",
    "mean_cosine",
    "missing",
    "right_to_wrong",
    "wrong_to_right",
)
CAPTION = (
    "The plurality of each round's answers in the largest team of every setting; round 0 is before anyone has read "
    "anyone. The table gives every cell, with the flips from right to wrong and back."
)


def figure(rounds: Sequence[Row], cells: Sequence[Row]) -> Figure | None:
    """The figure of the table ``rounds``; ``None`` where no cell has a second round.

    Args:
        rounds: The table ``rounds``.
        cells: The table ``cells``, which says what each cell is.
    """
    about = {row["cell"]: row for row in cells}
    rows = [{**about[row["cell"]], **row} for row in rounds if row["cell"] in about and known(row.get("team_accuracy"))]
    order = series_order(rows)
    panels = [
        panel(f"{title} · N = {there[0]['size']}", there, order, BY_ROUND, ROUND)
        for title, every in by_setting(rows).items()
        for there in [largest(every)]
        if any(row["round"] for row in there)
    ]
    if not panels:
        return None
    return Figure("rounds", "Accuracy by round", CAPTION, tuple(panels), sheet("rounds", COLUMNS, rounds))


def largest(rows: Sequence[Row]) -> list[Row]:
    """The rows of the largest team size among them."""
    most = max(int(row["size"]) for row in rows)
    return [row for row in rows if row["size"] == most]
