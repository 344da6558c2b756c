from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.report.transcripts import (
    DISAGREEMENT,
    FLIP,
    MAX_CHARACTERS,
    MAX_DRAWN,
    MAX_TRIALS,
    MISSING,
    UNANIMOUS_WRONG,
    marks,
    pack,
    sample,
    shown_cell,
    shown_trial,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([["A", "A"]], 0),
        ([["A", "B"]], DISAGREEMENT),
        ([["B", "B"]], UNANIMOUS_WRONG),
        ([["B", None]], MISSING),
        ([[None, None]], MISSING),
        ([["A", "B"], ["A", "A"]], FLIP),
        ([["A", "A"], ["B", "B"]], FLIP | UNANIMOUS_WRONG),
        ([["A", "B"], ["B", "A"]], FLIP | DISAGREEMENT),
        ([["A", None], ["A", "A"]], MISSING),
        ([[None, "A"], ["B", "A"]], MISSING | DISAGREEMENT),
    ],
)
def test_a_trial_is_marked_by_what_its_agents_said(world: ModuleType, said: list[list[str]], expected: int) -> None:
    cell = world.cell("L1", 2, "debate", "complete")
    trial = world.trial(cell, world.question(1), len(said), lambda index, number: said[number][index])
    assert marks(trial) == expected


def test_an_agent_that_did_not_speak_is_missing(world: ModuleType) -> None:
    trial = world.trial(world.cell("L1", 2), world.question(1))
    assert marks(trial.model_copy(update={"expected": (*trial.expected, "dead/-/0")})) == MISSING


def test_what_a_race_did_not_use_marks_nothing(world: ModuleType) -> None:
    trial = world.trial(world.cell("L1", 2), world.question(1), 1, lambda index, number: "AB"[index])
    unused = trial.events[1].model_copy(update={"used": False})
    assert not marks(trial.model_copy(update={"events": (trial.events[0], unused), "expected": trial.expected[:1]}))


def test_a_text_is_embedded_once_however_many_trials_say_it(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(2,), n_questions=3)
    parts = [json.loads(zlib.decompress(base64.b64decode(line))) for line in pack(folder, MAX_TRIALS).lines[1:]]
    questions = [question for part in parts for question in part]
    assert [len(question["texts"]) for question in questions] == [len(set(one["texts"])) for one in questions]
    said = sum(len(trial["events"]) for question in questions for trial in question["trials"])
    assert said == sum(len(trial.events) for trials in folder.played.values() for trial in trials)


def test_what_is_packed_opens_to_every_trial_as_it_is_shown(
    world: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentscale.report.transcripts._PART", 500)  # several questions a part, and several parts
    folder, _ = world.full(tmp_path, sizes=(4,), n_questions=7)
    packed = pack(folder, MAX_TRIALS)
    assert len(packed.lines) > 3
    task = folder.header.tasks["sums"]
    assert world.opened(packed.lines) == {
        cell: [shown_trial(trial, folder.asked["sums", trial.sample_id], task) for trial in trials]
        for cell, trials in folder.played.items()
    }


def test_a_reply_tells_which_extractor_read_it(world: ModuleType) -> None:
    asked = world.question(1)
    trial = world.trial(world.cell("L1", 3), asked, 1, lambda index, number: "AB"[index] if index < 2 else None)
    read = world.header([]).tasks["sums"].model_copy(update={"extract": ("mark", "letter")})
    events = shown_trial(trial, asked, read)["events"]
    assert [event["by"] for event in events[:2]] == ["mark@2", "mark@2"]
    assert events[2]["missing"] == "no_answer"
    assert all(
        event["by"] is None
        for event in shown_trial(trial, asked, read.model_copy(update={"extract": ("gone",)}))["events"]
    )


def test_a_reading_that_this_version_would_not_make_names_no_extractor(world: ModuleType) -> None:
    asked, read = world.question(1), world.header([]).tasks["sums"].model_copy(update={"extract": ("mark",)})
    trial = world.trial(world.cell("L1", 1), asked)
    other = trial.events[0].model_copy(update={"answer": "B"})
    assert shown_trial(trial.model_copy(update={"events": (other,)}), asked, read)["events"][0]["by"] is None


def test_an_answer_that_votes_in_another_form_names_its_reader_and_what_its_check_said(world: ModuleType) -> None:
    task = world.header([]).tasks["sums"].model_copy(update={"kind": "code", "extract": ("code_block",)})
    trial = world.trial(world.cell("L1", 1), world.question(1))
    told = {"text": "```python\nf = 1\n```", "answer": "raised TypeError", "check": "limit: time", "correct": False}
    event = trial.events[0].model_copy(update=told)
    shown = shown_trial(trial.model_copy(update={"events": (event,)}), world.question(1), task)["events"][0]
    assert (shown["by"], shown["check"], shown["answer"]) == ("code_block@1", "limit: time", "raised TypeError")


def test_only_teams_that_can_be_drawn_have_places(world: ModuleType) -> None:
    assert shown_cell(world.cell("L1", 1))["places"] == {}
    assert shown_cell(world.cell("L1", MAX_DRAWN + 1))["places"] == {}
    drawn = shown_cell(world.cell("L3", 4, "debate", "ring"))["places"]
    assert list(drawn) == list(world.team("L3", 4).slots)
    assert all(0 < way < 100 for place in drawn.values() for way in place)


def test_a_run_within_the_limit_is_embedded_whole(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(1,), n_questions=4)
    packed = pack(folder, max_trials=12 * 4)
    assert (packed.n_trials, packed.n_questions, packed.n_questions_all) == (48, 4, 4)


def test_a_run_above_the_limit_is_sampled_evenly(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(1,), n_questions=9)
    packed = pack(folder, max_trials=12 * 3)
    assert (packed.n_trials, packed.n_questions, packed.n_questions_all) == (36, 3, 9)
    asked = {trial["sample_id"] for trials in world.opened(packed.lines).values() for trial in trials}
    assert sorted(asked) == ["s000", "s003", "s006"]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 5), st.integers(1, 300))
def test_the_sample_stays_within_the_limit_and_leaves_no_task_out(
    world: ModuleType, here: int, there: int, replicates: int, limit: int
) -> None:
    cells = [world.cell("L1", 1, task=task, id=task) for task in ("here", "there")]
    header = world.header(cells, replicates=replicates)
    asked = [("here", str(number)) for number in range(here)] + [("there", str(number)) for number in range(there)]
    kept = sample(asked, header, limit)
    assert {task for task, _ in kept} == {"here", "there"}
    assert replicates * len(kept) <= max(limit, 2 * replicates)


def test_a_very_long_text_is_cut_and_says_by_how_much(world: ModuleType, tmp_path: Path) -> None:
    cell = world.cell("L1", 1)
    trial = world.trial(cell, world.question(0))
    event = trial.events[0].model_copy(update={"text": "x" * 1_000_000})
    folder = world.Folder(tmp_path, world.header([cell]), {("sums", "s000"): world.question(0)}, {})
    folder.played = {cell.id: [trial.model_copy(update={"events": (event,)})]}
    ((shown,),) = world.opened(pack(folder, MAX_TRIALS).lines).values()
    text = shown["events"][0]["text"]
    assert text.startswith("x" * MAX_CHARACTERS + "\n")
    assert "900,000 more characters" in text


def test_of_a_team_that_acts_on_a_world_only_what_is_missing_is_marked(world: ModuleType) -> None:
    cell = world.cell("L1", 2)
    trial = world.trial(cell, world.question(1), 2, lambda index, number: [["A", "B"], [None, "A"]][number][index])
    assert marks(trial.model_copy(update={"measures": {"gain": 1.0}})) == MISSING
