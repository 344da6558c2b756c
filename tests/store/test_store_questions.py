"""The questions of a run are known by their digest: what is not as it was is never read as the run's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.schema.run import QuestionRecord, RunHeader
from agentscale.store import RunFolder, questions_digest

MakeHeader = Callable[..., RunHeader]


@pytest.fixture
def kept(tmp_path: Path, make_header: MakeHeader, questions: list[QuestionRecord]) -> RunFolder:
    header = make_header(questions_digest=questions_digest(questions))
    return RunFolder.create(tmp_path / "run", header, "x", questions)


def test_questions_that_are_whole_are_read(kept: RunFolder, questions: list[QuestionRecord]) -> None:
    assert list(RunFolder.open(kept.path).questions().values()) == questions


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_other_bytes_are_read_as_the_questions(kept: RunFolder, data: st.DataObject) -> None:
    path = kept.path / "questions.jsonl"
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    path.write_bytes(whole[:start] + whole[end:])
    try:
        with pytest.raises(StoreError, match=r"questions\.jsonl") as caught:
            RunFolder.open(kept.path).questions()
    finally:
        path.write_bytes(whole)
    assert f"`agentscale run EXPERIMENT --out {kept.path}` writes the file anew" in str(caught.value)


def test_fewer_whole_lines_are_noticed_and_counted(kept: RunFolder) -> None:
    path = kept.path / "questions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(StoreError, match="has changed since the run: it holds 2 questions, but not those of the run"):
        kept.questions()


def test_a_run_of_before_the_digest_is_read_as_it_is(run: RunFolder) -> None:
    path = run.path / "questions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    text = (run.path / "run.json").read_text("utf-8").replace('"questions_digest":null,', "")
    assert "questions_digest" not in text
    (run.path / "run.json").write_text(text, "utf-8")
    assert len(RunFolder.open(run.path).questions()) == 2


@pytest.mark.parametrize("damage", ["cut", "gone", "none"])
def test_mending_writes_the_questions_as_they_were(
    kept: RunFolder, questions: list[QuestionRecord], damage: str
) -> None:
    path = kept.path / "questions.jsonl"
    whole, written = path.read_bytes(), path.stat().st_mtime_ns
    if damage == "cut":
        path.write_bytes(whole[:50])
    elif damage == "gone":
        path.unlink()
    kept.mend_questions(questions)
    assert path.read_bytes() == whole
    assert damage != "none" or path.stat().st_mtime_ns == written


def test_other_questions_mend_nothing(kept: RunFolder, questions: list[QuestionRecord]) -> None:
    path = kept.path / "questions.jsonl"
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="the experiment file does not give the run's questions either"):
        kept.mend_questions(questions[1:])
    assert path.read_bytes() == b""
