"""A recording may be taken over from another run: by links where it is packed, as a copy where it may still change."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.recording import CallRecord, Clock
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message, Usage
from agentscale.schema.run import RunHeader
from agentscale.store import RunFolder


def call(n: int) -> CallRecord:
    id = CallId(7, "t" * 64, f"q{n}", 0, "m/-/0", "agent", 0, 0, 0, 0, f"{n:064x}")
    request = ChatRequest("m", (Message("user", f"question {n} " * 40),), Sampling())
    return CallRecord(id, request, Completion("A", "stop", Usage(1, 1), None), None, Clock(1.5e9, 0.1, 0))


def record(folder: RunFolder, *numbers: int) -> None:
    with folder.recording(write=True) as recording:
        for n in numbers:
            recording.append(call(n))


def members(folder: RunFolder) -> list[Path]:
    return sorted((folder.path / "recording").iterdir())


@pytest.fixture
def other(tmp_path: Path, make_header: Callable[..., RunHeader]) -> RunFolder:
    return RunFolder.create(tmp_path / "other", make_header(), "x", [])


def test_a_run_has_a_recording_from_its_first_call_on(run: RunFolder) -> None:
    assert not run.has_recording
    with run.recording(write=True) as recording:
        assert not run.has_recording
        recording.append(call(0))
        assert run.has_recording
    assert run.has_recording
    (run.path / "recording").rename(run.path / "elsewhere")
    assert not run.has_recording


def test_an_adopted_recording_holds_the_same_calls_in_the_same_files(run: RunFolder, other: RunFolder) -> None:
    record(run, 0, 1)
    record(run, 2)
    other.adopt_recording(run)
    assert [path.name for path in members(other)] == [path.name for path in members(run)]
    assert all(one.samefile(two) for one, two in zip(members(run), members(other), strict=True))
    with run.recording() as ours, other.recording() as theirs:
        assert [*theirs.records()] == [*ours.records()]
        assert len(theirs) == 3


def test_what_is_recorded_after_adoption_stays_with_the_run_that_recorded_it(run: RunFolder, other: RunFolder) -> None:
    record(run, 0)
    before = {path.name: path.read_bytes() for path in members(run)}
    other.adopt_recording(run)
    record(other, 1)
    assert {path.name: path.read_bytes() for path in members(run)} == before
    with other.recording() as theirs:
        assert len(theirs) == 2


def test_a_segment_that_its_writer_left_is_copied_and_mended_apart(run: RunFolder, other: RunFolder) -> None:
    left = run.recording(write=True)
    left.append(call(0))
    (plain,) = members(run)
    with plain.open("ab") as file:
        file.write(b'{"torn')
    other.adopt_recording(run)
    torn = plain.read_bytes()
    assert not plain.samefile(members(other)[0])
    record(other, 1)
    assert plain.read_bytes() == torn
    with other.recording() as theirs:
        assert sorted(record.id.sample_id for record in theirs.records()) == ["q0", "q1"]


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP])
def test_what_cannot_be_linked_is_copied(
    run: RunFolder, other: RunFolder, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    record(run, 0)
    monkeypatch.setattr(os, "link", refuse)
    other.adopt_recording(run)
    assert [path.read_bytes() for path in members(other)] == [path.read_bytes() for path in members(run)]
    assert not any(one.samefile(two) for one, two in zip(members(run), members(other), strict=True))


def test_a_link_to_a_segment_is_followed(run: RunFolder, other: RunFolder) -> None:
    record(run, 0)
    packed = members(run)[-1]
    packed.rename(run.path / packed.name)
    packed.symlink_to(Path("..") / packed.name)
    other.adopt_recording(run)
    assert not any(path.is_symlink() for path in members(other))
    with other.recording() as theirs:
        assert len(theirs) == 1


def test_a_recording_is_never_mixed_with_another(run: RunFolder, other: RunFolder) -> None:
    record(run, 0)
    record(other, 1)
    before = members(other)
    for source in (run, other):
        with pytest.raises(StoreError, match=r"holds recorded calls already.*\n  choose another folder with --out"):
            other.adopt_recording(source)
    assert members(other) == before


def test_an_adoption_that_fails_leaves_nothing(
    run: RunFolder, other: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    record(run, 0)
    before = sorted(other.path.iterdir())
    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(StoreError, match="No space left on device\n  free space"):
        other.adopt_recording(run)
    assert sorted(other.path.iterdir()) == before
    assert members(other) == []


def test_a_run_without_a_recording_folder_gives_nothing(run: RunFolder, other: RunFolder) -> None:
    (run.path / "recording").rmdir()
    with pytest.raises(StoreError, match="cannot take the recording of"):
        other.adopt_recording(run)
    assert not other.has_recording
