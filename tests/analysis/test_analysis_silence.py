"""What is said of models that say nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agentscale.analysis import Analysis, analyze
from agentscale.schema.run import Cell

SAMPLES = ["q0", "q1", "q2"]


def found(build: Any, embedding: Any, cells: Sequence[Cell], says: Callable[[str, str], str | None]) -> Analysis:
    """The analysis of a run in which an agent gives the answer ``says(slot, sample)`` to each of three questions."""
    trials = [
        build.transcript(cell, sample, [{slot: says(slot, sample) for slot in cell.team.slots}])
        for cell in cells
        for sample in SAMPLES
    ]
    folder = build.folder(cells, trials, samples=SAMPLES)
    return analyze(folder, embedding, embedder="t", seed=1, resamples=50)


def only_live(slot: str, sample: str) -> str | None:
    return None if slot.startswith("dead") else "A"


def test_a_dead_model_is_named_where_it_takes_a_layer_down(build, embedding) -> None:
    cells = [build.cell([f"{name}/-"] * size, team_name=name) for name in ("live", "dead") for size in (1, 2)]
    analysis = found(build, embedding, cells, only_live)
    for point in analysis.tables["curves"].rows:
        assert math.isnan(point["k_star"])
        assert point["accuracy"] == 0.5
        assert "dead: no agent has a text: K* is not defined" in point["warnings"]
        assert "live" not in point["warnings"]
    of_channels, of_accuracy = analysis.warnings
    assert of_channels.startswith("dead (L1, quiz) has no text in 2 of its 2 cells: K* is not defined there")
    assert of_accuracy == (
        "dead (L1, quiz) has no readable answer in 2 of its 2 cells: it goes into the curves with accuracy 0"
    )


def test_a_team_with_dead_agents_says_that_its_channels_are_those_of_the_others(build, embedding) -> None:
    cell = build.cell(["live/-", "dead/-", "live/-", "dead/-"], layer="L3", team_name="L3")
    analysis = found(build, embedding, [cell], only_live)
    told = "2 of 4 agents never have a text (dead/-): K* is that of the others"
    (line,), (point,) = analysis.tables["cells"].rows, analysis.tables["curves"].rows
    assert told in line["warnings"].split("; ")
    assert f"L3: {told}" in point["warnings"].split("; ")
    assert "L3: 6 texts are empty or failed and are left out of K*" in point["warnings"].split("; ")
    assert analysis.warnings == (
        "L3 (L3, quiz) has agents without any text in 1 of its 1 cells (dead/-): K* is that of fewer agents than N",
    )


def test_a_model_that_speaks_but_answers_nothing_is_named_for_its_accuracy_alone(build, embedding) -> None:
    cell = build.cell(["mumble/-"] * 2)
    trials = [
        build.transcript(cell, sample, [dict.fromkeys(cell.team.slots)], texts=lambda *_, sample=sample: f"hm {sample}")
        for sample in SAMPLES
    ]
    analysis = analyze(build.folder([cell], trials, samples=SAMPLES), embedding, embedder="t", seed=1, resamples=50)
    (warning,) = analysis.warnings
    assert "has no readable answer in 1 of its 1 cells" in warning
    assert analysis.tables["curves"].rows[0]["k_star"] == pytest.approx(1.0)


def test_questions_on_which_one_team_is_silent_are_missed_by_the_layers_channels(build, embedding) -> None:
    cells = [build.cell([f"{name}/-"], team_name=name) for name in ("steady", "shy")]
    analysis = found(build, embedding, cells, lambda slot, q: None if (slot, q) == ("shy/-/0", "q1") else "A")
    (point,) = analysis.tables["curves"].rows
    assert "K* leaves out 1 questions, on which a team has no text" in point["warnings"]
    assert analysis.warnings == ()


def test_nobody_is_accused_where_all_speak(build, embedding) -> None:
    analysis = found(
        build, embedding, [build.cell(["m/-"] * 2), build.cell(["n/-"] * 2, team_name="n")], lambda *_: "A"
    )
    assert analysis.warnings == ()
    assert [point["warnings"] for point in analysis.tables["curves"].rows] == [""]
