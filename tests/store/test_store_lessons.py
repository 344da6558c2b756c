"""What a run has learnt of its endpoints stands in one file, whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.schema.profile import Lesson
from agentscale.store import RunFolder
from agentscale.store.lessons import read_lessons, write_lessons

COLD = Lesson(endpoint="here", model="m", parameter="temperature", to=None, source="refusal", because="only 1 é\ud800")
CAP = Lesson(
    endpoint="here", model="m", parameter="max_tokens", to="max_completion_tokens", source="refusal", because=""
)


def test_lessons_come_back_as_they_were_kept_and_the_last_ones_hold(run: RunFolder) -> None:
    assert run.lessons() == ()
    run.keep_lessons([COLD])
    run.keep_lessons([COLD, CAP])
    assert RunFolder.open(run.path).lessons() == (COLD, CAP)
    assert (
        (run.path / "profiles.json").read_text("utf-8").startswith('{"schema_version":1,"lessons":[{"endpoint":"here"')
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_words_of_a_server_survive(tmp_path_factory: pytest.TempPathFactory, model: str, because: str) -> None:
    folder = tmp_path_factory.mktemp("run")
    lesson = COLD.model_copy(update={"model": model, "because": because})
    write_lessons(folder, [lesson])
    assert read_lessons(folder) == (lesson,)


def test_a_write_that_fails_leaves_what_was_there(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run.keep_lessons([COLD])
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot write .*profiles\.json: No space left on device"):
        run.keep_lessons([CAP])
    monkeypatch.undo()
    assert run.lessons() == (COLD,)
    assert not list(run.path.glob(".*.tmp"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version":1,"lessons":[{}]}', '{"lesson": []}'])
def test_a_damaged_file_is_one_clear_error(run: RunFolder, text: str) -> None:
    (run.path / "profiles.json").write_text(text, "utf-8")
    with pytest.raises(StoreError, match=r"profiles\.json is damaged: .+\n  restore the file .*then learnt again"):
        run.lessons()


def test_nothing_is_read_beside_the_file(tmp_path: Path) -> None:
    assert read_lessons(tmp_path / "nowhere") == ()
