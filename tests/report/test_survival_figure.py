"""The figure of survival begins with all runs and shows what is left of every cell, month by month."""

from __future__ import annotations

import math
from typing import Any

from agentscale.report.figures.survival import figure

NAN = math.nan


def month(
    cell: str, at: int, value: float, low: float = NAN, high: float = NAN, measure: str = "alive"
) -> dict[str, Any]:
    return {"cell": cell, "measure": measure, "at": str(at), "value": value, "low": low, "high": high}


CELLS = [
    {"cell": cell, "question": "", "measure": "gain", "task": "commons", "layer": "L1", "team": team, "size": 5}
    | {"played": "world", "value": 1.0, "low": NAN, "high": NAN, "n": 4, "n_undefined": 0}
    for cell, team in (("a", "sparing"), ("b", "greedy"))
]
ROWS = [
    month("a", 1, 1.0, 1.0, 1.0),
    month("a", 1, 0.0, measure="ended"),
    month("a", 2, 0.75, 0.5, 0.9),
    month("b", 1, 0.0),
]


def test_every_cell_begins_with_all_its_runs_and_ends_with_what_is_left() -> None:
    made = figure(ROWS, CELLS)
    assert made is not None
    (panel,) = made.panels
    points = [(row["cell"], row["month"], row["alive"]) for row in panel.spec["data"]["values"]]
    assert points == [
        ("sparing", 0, 1.0),
        ("sparing", 1, 1.0),
        ("sparing", 2, 0.75),
        ("greedy", 0, 1.0),
        ("greedy", 1, 0.0),
    ]
    assert panel.alt == (
        "commons · alive. sparing: 75.0 % outlive month 2 (50.0 to 90.0 %). greedy: 0.0 % outlive month 1."
    )


def test_without_a_world_that_can_end_there_is_no_figure() -> None:
    assert figure([], CELLS) is None
