from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.report.transcripts import (
    DISAGREEMENT,
    FLIP,
    MAX_CHARACTERS,
    MAX_TRIALS,
    MISSING,
    UNANIMOUS_WRONG,
    marks,
    pack,
    sample,
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
    data = pack(folder, MAX_TRIALS).data
    assert len(data["texts"]) == len(set(data["texts"]))
    assert len(data["slots"]) == len(set(data["slots"]))
    said = sum(len(trial[-1]) for trial in data["trials"])
    assert said == sum(len(trial.events) for trials in folder.played.values() for trial in trials)


def test_every_index_points_at_what_was_said(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(4,), n_questions=3)
    data = pack(folder, MAX_TRIALS).data
    told = [
        (
            data["cells"][trial[0]]["id"],
            data["questions"][trial[1]][1],
            data["slots"][event[1]],
            data["texts"][event[3]],
        )
        for trial in data["trials"]
        for event in trial[-1]
    ]
    assert told == [
        (cell, trial.sample_id, event.slot, event.text)
        for cell, trials in folder.played.items()
        for trial in trials
        for event in trial.events
    ]


def test_a_run_within_the_limit_is_embedded_whole(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(1,), n_questions=4)
    packed = pack(folder, max_trials=12 * 4)
    assert (packed.n_trials, packed.n_questions, packed.n_questions_all) == (48, 4, 4)


def test_a_run_above_the_limit_is_sampled_evenly(world: ModuleType, tmp_path: Path) -> None:
    folder, _ = world.full(tmp_path, sizes=(1,), n_questions=9)
    packed = pack(folder, max_trials=12 * 3)
    assert (packed.n_trials, packed.n_questions, packed.n_questions_all) == (36, 3, 9)
    assert [question[1] for question in packed.data["questions"]] == ["s000", "s003", "s006"]


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
    (text,) = [text for text in pack(folder, MAX_TRIALS).data["texts"] if text.startswith("x")]
    assert text.startswith("x" * MAX_CHARACTERS + "\n")
    assert "900,000 more characters" in text
