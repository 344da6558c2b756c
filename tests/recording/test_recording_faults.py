"""Disk, process or neighbour fails while a recording is written: no acknowledged call is lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.recording import Recording


def test_short_writes_are_finished(tmp_path, make_call, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:7])))
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
        recording.append(make_call(2))
        monkeypatch.undo()
    with Recording.open(tmp_path) as read:
        assert list(read.records()) == sorted((make_call(1), make_call(2)), key=lambda call: call.key)


def test_each_call_is_one_write(tmp_path, make_call, monkeypatch):
    real, written = os.write, []
    monkeypatch.setattr(os, "write", lambda fd, data: written.append(bytes(data)) or real(fd, data))
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
        recording.append(make_call(2))
        assert len(written) == 2
        assert all(data.endswith(b"\n") for data in written)


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EIO, None])
def test_a_full_disk_says_what_is_kept_and_leaves_no_half_line(tmp_path, make_call, monkeypatch, fault):
    real, sizes = os.write, []

    def short_then_fault(fd: int, data: bytes) -> int:
        sizes.append(len(data))
        if len(sizes) == 1:
            return real(fd, bytes(data[:100]))
        if fault is None:
            return 0  # which some file systems say for a full disk
        raise OSError(fault, os.strerror(fault))

    recording = Recording.open(tmp_path, write=True)
    recording.append(make_call(1))
    monkeypatch.setattr(os, "write", short_then_fault)
    with pytest.raises(StoreError) as caught:
        recording.append(make_call(2))
    monkeypatch.undo()
    assert "the 1 calls recorded before it are kept" in str(caught.value)
    assert ("check the disk" if fault == errno.EIO else "run the same command again") in str(caught.value)
    recording.append(make_call(3))
    recording.close()
    with Recording.open(tmp_path) as read:
        assert set(read.keys()) == {make_call(1).key, make_call(3).key}


def test_after_half_a_line_that_cannot_be_taken_back_a_new_segment_begins(tmp_path, make_call, monkeypatch):
    real = os.write

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "gone")

    def half(fd: int, data: bytes) -> int:
        if len(data) < 100:
            broken()
        return real(fd, bytes(data[:-50]))

    recording = Recording.open(tmp_path, write=True)
    recording.append(make_call(1))
    monkeypatch.setattr(os, "write", half)
    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(StoreError):
        recording.append(make_call(2))
    monkeypatch.undo()
    recording.append(make_call(3))
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    recording.close()
    with Recording.open(tmp_path) as read:
        assert set(read.keys()) == {make_call(1).key, make_call(3).key}


def test_an_interrupt_in_a_write_leaves_no_half_line(tmp_path, make_call, monkeypatch):
    real = os.write

    def interrupted(fd: int, data: bytes) -> int:
        real(fd, bytes(data[:20]))
        raise KeyboardInterrupt

    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
        monkeypatch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recording.append(make_call(2))
        monkeypatch.undo()
        recording.append(make_call(3))
    with Recording.open(tmp_path) as read:
        assert set(read.keys()) == {make_call(1).key, make_call(3).key}


def test_a_missing_folder_a_file_and_a_read_only_folder_are_one_clear_error_each(tmp_path, monkeypatch):
    with pytest.raises(StoreError, match=r"there is no recording in .*\n  record a run first"):
        Recording.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="there is no recording"):
        Recording.open(tmp_path / "file")
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        Recording.open(tmp_path / "file", write=True)
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        Recording.open(tmp_path / "file" / "below", write=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="read-only\n  make it writable, or choose another with --out"):
        Recording.open(tmp_path, write=True)


def test_a_crash_between_packing_and_removing_doubles_nothing(tmp_path, crashed, make_call):
    folder = tmp_path / "both"
    plain = crashed(folder)
    lines = plain.read_bytes()
    Recording.open(folder, write=True).close()
    assert not plain.exists()
    plain.write_bytes(lines)
    with Recording.open(folder) as recording:
        assert len(recording) == len(list(recording.records())) == 4
        assert len(list(recording._ids())) == 4
    (folder / f".{plain.name}.zst.0.tmp").write_bytes(b"half")
    with Recording.open(folder, write=True) as recording:
        assert len(recording) == 4
    assert sorted(path.suffix for path in folder.iterdir()) == [".idx", ".zst"]


@pytest.mark.parametrize("moment", ["fsync", "replace", "unlink"])
def test_a_failure_anywhere_in_packing_keeps_every_call(tmp_path, make_call, monkeypatch, moment):
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recording = Recording.open(tmp_path, write=True)
    for n in range(4):
        recording.append(make_call(n))
    monkeypatch.setattr(
        *{"fsync": (os, "fsync"), "replace": (Path, "replace"), "unlink": (Path, "unlink")}[moment], fails
    )
    with pytest.raises(StoreError, match="free space on the disk"):
        recording.close()
    monkeypatch.undo()
    for write in (False, True):
        with Recording.open(tmp_path, write=write) as again:
            assert [again.get(make_call(n).key) for n in range(4)] == [make_call(n) for n in range(4)]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".idx", ".zst"]


def test_a_living_writer_is_left_alone_by_another_that_opens_the_folder(tmp_path, make_call):
    with Recording.open(tmp_path, write=True) as first:
        first.append(make_call(1))
        with Recording.open(tmp_path, write=True) as second:
            assert make_call(1).key in second
            second.append(make_call(2))
            first.append(make_call(3))
        assert len(list(tmp_path.glob("*.jsonl"))) == 1
    with Recording.open(tmp_path) as read:
        assert set(read.keys()) == {make_call(n).key for n in (1, 2, 3)}


def test_a_segment_tidied_away_before_its_writer_has_the_lock_is_given_up_for_another(tmp_path, make_call, monkeypatch):
    import fcntl

    real, seen = fcntl.flock, []

    def tidied_meanwhile(fd: int, how: int) -> None:
        if not seen:
            seen.append(1)
            next(tmp_path.glob("*.jsonl")).unlink()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", tidied_meanwhile)
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
    with Recording.open(tmp_path) as read:
        assert list(read.records()) == [make_call(1)]


def test_a_segment_packed_by_another_process_after_the_listing_is_read_packed(tmp_path, packed, monkeypatch):
    frames, _ = packed(tmp_path)
    gone = frames.with_suffix("")
    monkeypatch.setattr("agentscale.recording.recording._plain_names", lambda path: [gone])
    real, looks = Path.exists, []
    monkeypatch.setattr(Path, "exists", lambda path: real(path) if looks else looks.append(1) or False)
    with Recording.open(tmp_path) as recording:
        assert len(recording) == 4


def test_a_forked_process_writes_a_segment_of_its_own(tmp_path, make_call):
    script = """
        import os, sys, pathlib
        from agentscale.recording import CallRecord, Clock, Recording
        from agentscale.schema.calls import CallId, ChatRequest, Completion, Message

        def call(n):
            id = CallId(0, "t", str(n), 0, "s", "agent", 0, 0, 0, 0, "b")
            request = ChatRequest("m", (Message("user", "long " * 50),))
            return CallRecord(id, request, Completion("x"), None, Clock(0, 0, 0))

        recording = Recording.open(pathlib.Path(sys.argv[1]), write=True)
        recording.append(call(0))
        child = os.fork()
        for n in range(1, 20):
            recording.append(call(n if child else 100 + n))
        recording.close()
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=True)
    with Recording.open(tmp_path) as recording:
        assert len(list(recording.records())) == 39


def test_kill_9_loses_no_acknowledged_call(tmp_path):
    script = """
        import sys, pathlib
        from agentscale.recording import CallRecord, Clock, Recording
        from agentscale.schema.calls import CallId, ChatRequest, Completion, Message

        recording = Recording.open(pathlib.Path(sys.argv[1]), write=True)
        n = 0
        while True:
            id = CallId(0, "t", str(n), 0, "s", "agent", 0, 0, 0, 0, "b")
            request = ChatRequest("m", (Message("user", f"{n % 9} " * 90),))
            recording.append(CallRecord(id, request, Completion("x" * 900), None, Clock(0, 0, 0)))
            print(id.key, flush=True)
            n += 1
    """
    acknowledged: set[str] = set()
    for _ in range(3):
        command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged |= {process.stdout.readline().strip() for _ in range(100)}
            process.send_signal(signal.SIGKILL)
            acknowledged |= {line.strip() for line in process.stdout if len(line) == 65}
        with Recording.open(tmp_path) as recording:
            assert acknowledged <= set(recording.keys())
    with Recording.open(tmp_path, write=True) as recording:
        assert acknowledged <= {record.key for record in recording.records()}
