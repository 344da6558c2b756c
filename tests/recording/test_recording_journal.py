"""The journal: what was let go and has no line is in flight, at any byte, and no living writer is taken for dead."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.recording import CallRecord, Recording
from agentscale.recording.journal import unanswered

Make = Callable[..., CallRecord]


def suffixes(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def in_flight(folder: Path, calls: list[CallRecord]) -> list[int]:
    """Which of the calls the folder says were in flight, once a next writer has opened it."""
    with Recording.open(folder, write=True) as recording:
        found = [number for number, call in enumerate(calls) if recording.was_in_flight(call.key)]
        assert recording.n_in_flight == len(found)
    return found


@pytest.fixture
def killed(tmp_path: Path) -> Callable[[Recording], Path]:
    """Makes a folder as a kill would leave the one of a recording that is at work: the same bytes, nobody's lock."""

    def kill(recording: Recording) -> Path:
        return Path(shutil.copytree(recording.path, tmp_path / "killed", dirs_exist_ok=True))

    return kill


def test_a_recording_that_is_closed_with_every_call_answered_leaves_no_journal(tmp_path: Path, make_call: Make) -> None:
    with Recording.open(tmp_path, write=True) as recording:
        for number in range(3):
            recording.asked(make_call(number).key)
            recording.append(make_call(number, failed=number == 1))
        assert suffixes(tmp_path) == [".asked", ".jsonl"]
    assert suffixes(tmp_path) == [".idx", ".zst"]
    assert in_flight(tmp_path, [make_call(number) for number in range(3)]) == []


def test_a_folder_without_a_journal_opens_and_has_nothing_in_flight(
    tmp_path: Path, make_call: Make, crashed: Callable[..., Path]
) -> None:
    crashed(tmp_path / "old")
    assert in_flight(tmp_path / "old", [make_call(number) for number in range(4)]) == []


def test_what_was_let_go_and_has_no_line_is_in_flight_until_it_has_one(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    calls = [make_call(number) for number in range(4)]
    with Recording.open(tmp_path / "alive", write=True) as recording:
        for call in calls:
            recording.asked(call.key)
        recording.append(calls[1])
        recording.append(make_call(2, failed=True))
        folder = killed(recording)
    assert in_flight(folder, calls) == [0, 3]
    assert in_flight(folder, calls) == [0, 3]  # to open and close a folder answers nothing
    with Recording.open(folder, write=True) as recording:
        recording.asked(calls[0].key)
        recording.append(calls[0])
        recording.append(make_call(3, failed=True))
        assert recording.n_in_flight == 2
    assert suffixes(folder) == [".idx", ".idx", ".zst", ".zst"]
    assert in_flight(folder, calls) == []


def test_what_was_withdrawn_is_not_in_flight_whatever_becomes_of_it_later(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    calls = [make_call(number) for number in range(3)]
    with Recording.open(tmp_path / "alive", write=True) as recording:
        for call in calls:
            recording.asked(call.key)
        recording.withdrawn(calls[1].key)
        folder = killed(recording)
    assert in_flight(folder, calls) == [0, 2]
    with Recording.open(folder, write=True) as recording:
        recording.append(calls[1])
    assert in_flight(folder, calls) == [0, 2]
    with Recording.open(folder, write=True) as recording:
        recording.asked(calls[1].key)
        recording.withdrawn(calls[1].key)
        recording.append(calls[0])
        recording.append(calls[2])
    assert in_flight(folder, calls) == []
    assert ".asked" not in suffixes(folder)


def test_a_call_that_failed_before_and_was_under_way_again_is_in_flight(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    with Recording.open(tmp_path / "alive", write=True) as recording:
        recording.append(make_call(0, failed=True))
    with Recording.open(tmp_path / "alive", write=True) as recording:
        recording.asked(make_call(0).key)
        folder = killed(recording)
    assert in_flight(folder, [make_call(0)]) == [0]


def test_a_recording_knows_how_often_a_call_was_asked(make_call: Make, tmp_path: Path) -> None:
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(0, failed=True))
        recording.append(make_call(1))
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(0, failed=True))
        recording.append(make_call(0))
        times = [recording.times(make_call(number).key) for number in range(3)]
    assert times == [3, 1, 0]
    with Recording.open(tmp_path) as recording:
        assert [recording.times(make_call(number).key) for number in range(3)] == times


def test_a_writer_that_dies_before_its_first_line_leaves_its_journal(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    with Recording.open(tmp_path / "alive", write=True) as recording:
        recording.asked(make_call(0).key)
        folder = killed(recording)
    assert in_flight(folder, [make_call(0)]) == [0]
    assert suffixes(folder) == [".asked"]


def test_a_call_that_is_broken_off_stays_in_flight_when_its_recording_is_closed(
    tmp_path: Path, make_call: Make
) -> None:
    with Recording.open(tmp_path, write=True) as recording:
        recording.asked(make_call(0).key)
        recording.append(make_call(1))
    assert in_flight(tmp_path, [make_call(0), make_call(1)]) == [0]


def test_a_journal_torn_at_any_byte_gives_its_whole_keys(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    calls = [make_call(number) for number in range(4)]
    with Recording.open(tmp_path / "alive", write=True) as recording:
        for call in calls:
            recording.asked(call.key)
        recording.append(calls[1])
        folder = killed(recording)
    (journal,) = folder.glob("*.asked")
    whole = journal.read_bytes()
    assert len(whole) == 4 * 32
    for end in range(len(whole), -1, -1):
        journal.write_bytes(whole[:end])
        assert in_flight(folder, calls) == [number for number in (0, 2, 3) if number < end // 32]
        if not journal.exists():  # cleared, as nothing is open in it
            assert end < 32


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, None])
def test_a_full_disk_refuses_the_call_and_leaves_no_part_of_its_key(
    tmp_path: Path, make_call: Make, monkeypatch: pytest.MonkeyPatch, fault: int | None
) -> None:
    real, sizes = os.write, []

    def short_then_fault(fd: int, data: bytes) -> int:
        sizes.append(len(data))
        if len(sizes) == 1:
            return real(fd, bytes(data[:9]))
        if fault is None:
            return 0
        raise OSError(fault, os.strerror(fault))

    with Recording.open(tmp_path, write=True) as recording:
        recording.asked(make_call(0).key)
        recording.append(make_call(0))
        monkeypatch.setattr(os, "write", short_then_fault)
        with pytest.raises(
            StoreError, match=r"the 1 calls recorded before it are kept\n  .*run the same command again"
        ):
            recording.asked(make_call(1).key)
        monkeypatch.undo()
        recording.asked(make_call(2).key)
    assert in_flight(tmp_path, [make_call(number) for number in range(3)]) == [2]


def test_after_part_of_a_key_that_cannot_be_taken_back_a_new_segment_begins(
    tmp_path: Path, make_call: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "gone")

    with Recording.open(tmp_path, write=True) as recording:
        recording.asked(make_call(0).key)
        monkeypatch.setattr(os, "write", broken)
        monkeypatch.setattr(os, "ftruncate", broken)
        with pytest.raises(StoreError):
            recording.asked(make_call(1).key)
        monkeypatch.undo()
        recording.asked(make_call(2).key)
        assert len(list(tmp_path.glob("*.asked"))) == 2
    assert in_flight(tmp_path, [make_call(number) for number in range(3)]) == [0, 2]


def test_a_living_writers_calls_are_nobodys_loss(tmp_path: Path, make_call: Make) -> None:
    with Recording.open(tmp_path, write=True) as first:
        first.asked(make_call(0).key)
        assert in_flight(tmp_path, [make_call(0)]) == []
        assert len(list(tmp_path.glob("*.asked"))) == 1
        first.append(make_call(0))
    assert suffixes(tmp_path) == [".idx", ".zst"]


def test_to_read_a_recording_touches_no_journal_and_asking_needs_it_open_for_writing(
    make_call: Make, killed: Callable[[Recording], Path], tmp_path: Path
) -> None:
    with Recording.open(tmp_path / "alive", write=True) as recording:
        recording.asked(make_call(0).key)
        folder = killed(recording)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with Recording.open(folder) as recording:
        assert recording.n_in_flight == 0
        with pytest.raises(StoreError, match="open for reading only"):
            recording.asked(make_call(0).key)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_after_kill_9_what_was_let_go_is_answered_or_in_flight(tmp_path: Path) -> None:
    script = """
        import sys, pathlib
        from agentscale.recording import CallRecord, Clock, Recording
        from agentscale.schema.calls import CallId, ChatRequest, Completion, Message

        recording = Recording.open(pathlib.Path(sys.argv[1]), write=True)
        start = int(sys.argv[2])
        ids = [CallId(0, "t", str(n), 0, "s", "agent", 0, 0, 0, 0, "b") for n in range(start, start + 20000)]
        for n, id in enumerate(ids):
            recording.asked(id.key)
            print(id.key, flush=True)
            if n >= 5:
                made = CallRecord(ids[n - 5], ChatRequest("m", ()), Completion("x" * 900), None, Clock(0, 0, 0))
                recording.append(made)
    """
    told: set[str] = set()
    for start in (0, 20000):
        command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told |= {process.stdout.readline().strip() for _ in range(100)}
            process.send_signal(signal.SIGKILL)
            told |= {line.strip() for line in process.stdout if len(line) == 65}
    with Recording.open(tmp_path, write=True) as recording:
        lost = {key for key in told if key not in recording}
        assert all(recording.was_in_flight(key) for key in lost)
        assert 10 <= len(lost) <= recording.n_in_flight <= 14  # five or six of each writer, one perhaps not told


def test_a_journal_that_another_process_clears_away_since_it_was_listed_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "00000000000000000001-1-0123456789ab.asked"
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: iter([gone]))
    assert unanswered(tmp_path, lambda plain, key: False) == set()
