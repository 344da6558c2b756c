"""The figure of worlds shows every run, and of every cell the mean that stands for all its questions."""

from __future__ import annotations

import math
from typing import Any

from agentscale.report.figures.worlds import MOST_MEASURES, figure
from agentscale.report.words import unanswered

NAN = math.nan


def mean(cell: str, size: int, question: str, measure: str, value: float, span: float = 0.5) -> dict[str, Any]:
    about = {"task": "commons", "layer": "L1", "team": "m", "size": size, "played": "world"}
    ends = {"low": value - span, "high": value + span, "n": 2, "n_undefined": 0}
    return {"cell": cell, "question": question, "measure": measure, "value": value, **about, **ends}


MEANS = [
    mean("a", 2, "q1", "gain", 1.0),
    mean("a", 2, "q2", "gain", 3.0),
    mean("a", 2, "", "gain", 2.0),
    mean("b", 4, "q1", "gain", 5.0, NAN),
]
RUNS = [
    {"cell": "a", "question": "q1", "replicate": 0, "gain": 1.0},
    {"cell": "a", "question": "q2", "replicate": 0, "gain": NAN},
    {"cell": "b", "question": "q1", "replicate": 0, "gain": 5.0},
]


def values(part: Any) -> list[dict[str, Any]]:
    """All data of a specification."""
    if isinstance(part, dict):
        own = part["values"] if isinstance(part.get("values"), list) else []
        return own + [row for inner in part.values() for row in values(inner)]
    return [row for inner in part for row in values(inner)] if isinstance(part, list) else []


def test_runs_are_dots_undefined_ones_are_none_and_the_mean_is_over_all_questions() -> None:
    made = figure(MEANS, RUNS)
    assert made is not None
    (panel,) = made.panels
    data = [row for row in values(panel.spec) if isinstance(row, dict)]
    assert [(row["cell"], row["value"]) for row in data if "replicate" in row] == [("N = 2", 1.0), ("N = 4", 5.0)]
    assert {row["cell"]: row["value"] for row in data if "low" in row} == {"N = 2": 2.0, "N = 4": 5.0}
    assert panel.alt == "commons · gain. N = 2: 2.000 (1.500 to 2.500). N = 4: 5.000."


def test_a_world_with_many_measures_is_shown_by_those_that_it_names_first() -> None:
    many = [mean("a", 2, "q1", f"m{at}", at) for at in range(9)]
    made = figure(many, [])
    assert made is not None
    assert [panel.title for panel in made.panels] == [f"commons · m{at}" for at in range(MOST_MEASURES)]


def test_a_measure_that_no_cell_defines_has_no_panel() -> None:
    made = figure([mean("a", 2, "q1", "spread", NAN), mean("b", 4, "q1", "spread", NAN), *MEANS], RUNS)
    assert made is not None
    assert [panel.title for panel in made.panels] == ["commons · gain"]
    assert figure([mean("a", 2, "q1", "spread", NAN)], []) is None


def test_without_a_world_there_is_no_figure_and_a_run_of_worlds_without_a_goal_says_why_it_has_no_accuracy() -> None:
    assert figure([], []) is None
    assert "no goal" in unanswered({"worlds": MEANS})
    assert unanswered({"worlds": []}) == "There is no number to report."
