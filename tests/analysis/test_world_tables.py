"""What worlds measure becomes means with intervals and a row for every run; agents in a world are not marked."""

from __future__ import annotations

import math

import pytest

from agentscale.analysis import analyze, measures
from agentscale.schema.run import Named


@pytest.fixture
def analysis(build, embedding):
    cell = build.cell(["a/-", "b/-"], layer="L3", protocol=Named(name="world"))
    gains = {("q1", 0): 3.0, ("q1", 1): 5.0, ("q1", 2): None, ("q2", 0): 10.0, ("q2", 1): 10.0, ("q2", 2): 10.0}
    trials = []
    for (sample, replicate), gain in gains.items():
        made = build.transcript(cell, sample, [dict.fromkeys(cell.team.slots, "A")])
        events = tuple(event.model_copy(update={"correct": None}) for event in made.events)
        measured = {"answer": None, "correct": None, "score": None, "measures": {"gain": gain, "months": 12.0}}
        trials.append(made.model_copy(update={**measured, "events": events, "replicate": replicate}))
    folder = build.folder([cell], trials, samples=["q1", "q2"])
    return analyze(folder, embedding, embedder="t", seed=1, resamples=200)


def test_means_are_over_the_trials_of_a_question_and_over_all_questions(analysis) -> None:
    rows = {(row["question"], row["measure"]): row for row in analysis.tables["worlds"].rows}
    assert {key: (row["value"], row["n"], row["n_undefined"]) for key, row in rows.items() if key[1] == "gain"} == {
        ("q1", "gain"): (4.0, 2, 1),
        ("q2", "gain"): (10.0, 3, 0),
        ("", "gain"): (7.0, 5, 1),
    }
    assert rows["q1", "gain"]["low"] <= 4 <= rows["q1", "gain"]["high"]
    assert rows["q2", "gain"]["low"] == rows["q2", "gain"]["high"] == 10


def test_every_run_is_shown_and_what_is_not_defined_is_no_zero(analysis) -> None:
    table = analysis.tables["world_runs"]
    assert table.columns == ("cell", "question", "replicate", "gain", "months")
    assert [row["replicate"] for row in table.rows] == [0, 1, 2, 0, 1, 2]
    assert math.isnan(table.rows[2]["gain"])


def test_who_acts_in_a_world_is_neither_right_nor_wrong_and_a_world_without_a_goal_has_no_accuracy(analysis) -> None:
    (cell,) = analysis.tables["cells"].rows
    assert math.isnan(cell["accuracy"])
    assert cell["parse_failure"] == 0
    assert all(math.isnan(row["accuracy"]) and row["readable"] == 1 for row in analysis.tables["agents"].rows)
    assert not {row["measure"] for row in analysis.tables["agreement"].rows}
    assert {row["measure"] for row in analysis.tables["overhead"].rows}


def test_nobody_is_left_out_in_turn_of_a_team_too_large_for_it(build, embedding, monkeypatch) -> None:
    cell = build.cell(["a/-", "b/-", "c/-"], layer="L3")
    trials = [build.transcript(cell, "q1", [dict(zip(cell.team.slots, "ABC", strict=True))])]
    folder = build.folder([cell], trials, samples=["q1"])

    def told() -> tuple[float, list[float]]:
        tables = analyze(folder, embedding, embedder="t", seed=1, resamples=20).tables
        return tables["cells"].rows[0]["k_star"], [row["k_without"] for row in tables["agents"].rows]

    whole, without = told()
    monkeypatch.setattr(measures, "MOST_LEFT_OUT", 2)
    assert told()[0] == whole > 1
    assert all(math.isfinite(one) for one in without)
    assert all(math.isnan(one) for one in told()[1])
