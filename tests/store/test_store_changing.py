"""A run folder takes up a changed experiment: what was asked stays, what no longer holds goes, nothing is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.schema.run import Named, QuestionRecord, RunHeader
from agentscale.store import RunFolder, change, questions_digest
from agentscale.store.differences import unchanged_cells

MakeHeader = Callable[..., RunHeader]


def two_cells(make_header: MakeHeader, **changed: object) -> RunHeader:
    cell = make_header().cells[0]
    other = cell.model_copy(update={"id": "sums.L1.m.1.debate", "protocol": Named(name="debate")})
    return make_header(**{"cells": (cell, other), "questions_digest": "e" * 64, **changed})


@pytest.fixture
def played(tmp_path: Path, make_header: MakeHeader, questions: list[QuestionRecord]) -> RunFolder:
    """A run of two cells, with transcripts, tables, a figure, a page and a recording."""
    folder = RunFolder.create(tmp_path / "run", two_cells(make_header), "name: demo\n", questions)
    for cell in folder.header.cells:
        (folder.path / "transcripts" / f"{cell.id}.jsonl").write_text("{}\n")
    folder.write_table("cells", ["a"], [])
    folder.figure_path("curve.svg").write_text("<svg/>")
    folder.report_path.write_text("<html>")
    (folder.path / "recording" / "a.jsonl").write_text("evidence\n")
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_recording_stays_and_what_speaks_of_the_whole_run_goes(
    played: RunFolder, make_header: MakeHeader, questions: list[QuestionRecord]
) -> None:
    now = two_cells(make_header, cells=two_cells(make_header).cells[:1])
    changed = change(played, now, "name: new\n", questions[:1])
    again = RunFolder.open(played.path)
    assert changed.header == again.header == now
    assert again.experiment_path.read_text() == "name: new\n"
    assert (played.path / "recording" / "a.jsonl").read_text() == "evidence\n"
    assert names(played.path / "transcripts") == {"sums.L1.m.1.vote.jsonl"}
    assert names(played.path) == {
        "earlier",
        "experiment.yaml",
        "questions.jsonl",
        "recording",
        "run.json",
        "transcripts",
    }


def test_what_described_the_run_before_is_kept_byte_for_byte_each_time(
    played: RunFolder, make_header: MakeHeader, questions: list[QuestionRecord]
) -> None:
    files = ("run.json", "experiment.yaml", "questions.jsonl")
    first = [(played.path / name).read_bytes() for name in files]
    second_folder = change(played, two_cells(make_header, seed=8), "second\n", questions)
    second = [(played.path / name).read_bytes() for name in files]
    change(second_folder, two_cells(make_header, seed=9), "third\n", questions)
    assert [(played.path / "earlier" / "1" / name).read_bytes() for name in files] == first
    assert [(played.path / "earlier" / "2" / name).read_bytes() for name in files] == second
    assert RunFolder.open(played.path / "earlier" / "2").header.seed == 8


@pytest.mark.parametrize("broken", ["run.json", "experiment.yaml", "questions.jsonl"])
def test_a_change_that_breaks_off_leaves_a_run_of_the_earlier_experiment(
    played: RunFolder,
    make_header: MakeHeader,
    questions: list[QuestionRecord],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    before, replace = played.header, Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == broken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="No space left on device"):
        change(played, two_cells(make_header, seed=8), "new\n", questions)
    monkeypatch.undo()
    assert RunFolder.open(played.path).header == before
    assert RunFolder.open(change(played, two_cells(make_header, seed=8), "new\n", questions).path).header.seed == 8
    assert not list(played.path.glob(".*.tmp"))


def test_a_cell_holds_while_all_that_makes_its_trials_is_the_same(make_header: MakeHeader) -> None:
    there = two_cells(make_header)
    both = {cell.id for cell in there.cells}
    assert unchanged_cells(there, there) == both
    assert unchanged_cells(there, two_cells(make_header, embedder="lexical", name="other")) == both
    assert unchanged_cells(there, two_cells(make_header, cells=there.cells[:1])) == {there.cells[0].id}
    edges = there.cells[0].model_copy(update={"edges": ()})
    assert unchanged_cells(there, two_cells(make_header, cells=(edges, there.cells[1]))) == {there.cells[1].id}


def other_models(model: dict[str, object], **endpoint: object) -> dict[str, object]:
    return {"models": {"m": model}, "endpoints": {"here": endpoint}}


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 8},
        {"replicates": 2},
        {"questions_digest": "f" * 64},
        {"questions_digest": None},
        {"tasks": {}},
        {"experiment": {"models": {"m": {"model": "tiny"}}, "independent": True}},
        {"experiment": other_models({"model": "large"})},
        {"experiment": other_models({"model": "tiny", "extra": {"top_k": 4}})},
        {"experiment": other_models({"model": "tiny", "endpoint": "here"}, launch={"model": "x"})},
    ],
)
def test_no_cell_holds_where_its_draws_questions_or_models_are_others(
    make_header: MakeHeader, changed: dict[str, object]
) -> None:
    assert unchanged_cells(two_cells(make_header), two_cells(make_header, **changed)) == set()


def test_keys_that_an_older_version_did_not_know_change_nothing_while_they_are_empty(make_header: MakeHeader) -> None:
    now = two_cells(make_header, experiment=other_models({"model": "tiny", "extra": {}, "profile": None}))
    assert len(unchanged_cells(two_cells(make_header), now)) == 2


def test_a_chat_template_may_have_changed_unseen(make_header: MakeHeader) -> None:
    launched = other_models({"model": "tiny", "endpoint": "here"}, launch={"model": "x", "chat_template": "t.jinja"})
    header = two_cells(make_header, experiment=launched)
    assert unchanged_cells(header, header) == set()


def test_an_adopted_recording_brings_what_its_run_learnt(
    played: RunFolder, tmp_path: Path, make_header: MakeHeader, questions: list[QuestionRecord]
) -> None:
    from agentscale.schema.profile import Lesson

    lesson = Lesson(endpoint="here", model="m", parameter="seed", to=None, source="refusal", because="")
    played.keep_lessons([lesson])
    taker = RunFolder.create(tmp_path / "taker", make_header(questions_digest=questions_digest([])), "", [])
    taker.adopt_recording(played)
    assert taker.lessons() == (lesson,)
