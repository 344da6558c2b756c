from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.recording import Recording
from agentscale.schema.run import SCHEMA_VERSION


@pytest.fixture
def crashed(tmp_path, make_call):
    """A small recording whose writer died: its one plain segment, nobody's lock on it."""

    def crash(folder: Path, *, n: int = 4) -> Path:
        source = tmp_path / "alive"
        recording = Recording.open(source, write=True)
        for number in range(n):
            recording.append(make_call(number, failed=number == 1))
        (segment,) = source.glob("*.jsonl")
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / segment.name
        copy.write_bytes(segment.read_bytes())
        recording.close()
        return copy

    return crash


def packed(folder: Path, make_call, n: int = 4) -> tuple[Path, Path]:
    with Recording.open(folder, write=True) as recording:
        for number in range(n):
            recording.append(make_call(number))
    return next(folder.glob("*.zst")), next(folder.glob("*.idx"))


def keys_of(lines: bytes) -> set[str]:
    complete = lines[: lines.rfind(b"\n") + 1].splitlines()
    return {line["key"] for line in map(json.loads, complete) if "key" in line}


@pytest.mark.parametrize("write", [False, True])
def test_cut_at_every_byte_all_complete_lines_before_survive(tmp_path, crashed, write):
    whole = crashed(tmp_path / "cut", n=3).read_bytes()
    folder = tmp_path / "cut"
    for end in range(len(whole) + 1):
        for path in folder.iterdir():
            path.unlink()
        (folder / "00-1-a.jsonl").write_bytes(whole[:end])
        with Recording.open(folder, write=write) as recording:
            assert set(recording.keys()) == keys_of(whole[:end])
            assert {record.key for record in recording.records()} == keys_of(whole[:end])


def test_a_resumed_run_cuts_the_torn_line_and_starts_a_segment_of_its_own(tmp_path, crashed, make_call):
    folder = tmp_path / "run"
    old = crashed(folder)
    old.write_bytes(old.read_bytes()[:-5])
    with Recording.open(folder, write=True) as recording:
        assert make_call(3).key not in recording
        recording.append(make_call(3))
        assert len(list(folder.glob("*.jsonl"))) == 1
    with Recording.open(folder) as recording:
        assert set(recording.keys()) == {make_call(n).key for n in range(4)}
        assert recording.get(make_call(1).key) == make_call(1, failed=True)
    assert len(list(folder.glob("*.zst"))) == 2


def test_every_flipped_bit_of_a_plain_segment_is_found(tmp_path, crashed):
    segment = crashed(tmp_path / "flip", n=1)
    whole = segment.read_bytes()
    last_line = whole.rfind(b"\n", 0, -1) + 1
    for position in range(0, len(whole) - 1):
        segment.write_bytes(_flipped(whole, position, 1 << position % 8))
        with pytest.raises(StoreError) as caught:
            Recording.open(segment.parent)
        if position < last_line - 1:
            assert segment.name in str(caught.value)
    segment.write_bytes(_flipped(whole, len(whole) - 1, 1))
    assert len(Recording.open(segment.parent)) == 0  # without its newline the last line is a torn one


def _flipped(data: bytes, position: int, bits: int) -> bytes:
    return data[:position] + bytes([data[position] ^ bits]) + data[position + 1 :]


def test_damage_in_the_middle_names_file_and_line_and_the_remedy(tmp_path, crashed):
    segment = crashed(tmp_path / "middle")
    whole = segment.read_bytes()
    third = whole.split(b"\n")[2]
    segment.write_bytes(whole.replace(third, third.replace(b'"seed":7', b'"seed":8')))
    with pytest.raises(StoreError) as caught:
        Recording.open(segment.parent)
    message = str(caught.value)
    assert f"{segment}, line 3 (byte " in message
    assert "its checksum does not fit" in message
    assert "restore the file from a copy" in message
    with pytest.raises(StoreError, match="line 3"):
        Recording.open(segment.parent, write=True)
    assert segment.exists()


def test_damage_that_comes_while_a_recording_is_open_is_found_by_the_reader_of_the_line(tmp_path, crashed, make_call):
    segment = crashed(tmp_path / "late")
    with Recording.open(segment.parent) as recording:
        whole = segment.read_bytes()
        at = whole.index(b'"sample_id":"q2"')
        with segment.open("r+b") as file:
            file.seek(at)
            file.write(b"#")
        assert recording.get(make_call(0).key) == make_call(0)
        for read in (recording.get, recording.answer):
            with pytest.raises(StoreError, match=r"line 4 \(byte \d+\) cannot be read: its checksum"):
                read(make_call(2).key)
        with pytest.raises(StoreError, match="line 4"):
            recording.nearest(make_call(9).id)


def _sealed(fields: dict[str, object]) -> bytes:
    body = json.dumps(fields, separators=(",", ":"))[:-1].encode()
    return b'%s,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def _forged(line: bytes, **changed: object) -> bytes:
    fields = {**json.loads(line), **changed}
    del fields["crc"]
    return _sealed({name: value for name, value in fields.items() if value != "gone"})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model": 5}, "its line has other keys or types"),
        ({"model": "gone"}, "its line should be an object with"),
        ({"extra": 1}, "its line has other keys"),
        ({"completion": None}, "either a completion or a failure"),
        ({"failure": {"kind": "a", "message": "b", "status": None}}, "either a completion or a failure"),
        ({"completion": {"text": "a"}}, "its completion should be an object"),
        ({"clock": {"started_s": 1, "latency_s": True, "retries": 0}}, "its clock has other keys or types"),
        ({"clock": {"started_s": 1e301, "latency_s": 0, "retries": 0}}, "its clock is"),
        ({"clock": {"started_s": "1", "latency_s": 0, "retries": 0}}, "its clock has other"),
        ({"sampling": {"temperature": "hot"}}, "its sampling is"),
        ({"sampling": {"stop": 3}}, "its sampling is"),
        ({"sampling": {"heat": 3}}, "its sampling is"),
        ({"messages": [{"role": "ghost", "content": ""}]}, "its message has role"),
        ({"messages": [["ab", 0, 0]]}, "its reference"),
        ({"messages": [["ab", 0]]}, "it holds message"),
        ({"messages": [["ab", 1]]}, "checksum"),
        ({"messages": [3]}, "its message should be an object"),
    ],
)
def test_a_line_of_wrong_types_is_damage_even_if_its_checksum_fits(tmp_path, crashed, make_call, changed, told):
    segment = crashed(tmp_path / "forged", n=1)
    message, call, _ = segment.read_bytes().split(b"\n")
    segment.write_bytes(message + b"\n" + _forged(call, **changed))
    with Recording.open(segment.parent) as recording, pytest.raises(StoreError) as caught:
        recording.get(make_call(0).key)
    assert told in str(caught.value)
    assert f"{segment}, line 2" in str(caught.value)


@pytest.mark.parametrize("changed", [{"role": "boss"}, {"seed": True}, {"seed": "7"}])
def test_an_identity_of_wrong_types_is_damage(tmp_path, crashed, make_call, changed):
    segment = crashed(tmp_path / "forged", n=1)
    message, call, _ = segment.read_bytes().split(b"\n")
    segment.write_bytes(message + b"\n" + _forged(call, id={**json.loads(call)["id"], **changed}))
    with Recording.open(segment.parent) as recording:
        for use in (lambda: recording.get(make_call(0).key), lambda: recording.nearest(make_call(0).id)):
            with pytest.raises(StoreError, match=r"line 2.*its id has"):
                use()


def test_lines_that_are_no_call_are_damage(tmp_path):
    head = b'{"v":1,"key":"' + b"0" * 64 + b'","ok":true,"id":'
    for body in (head + b"{]", head + b"[" * 100_000):
        (tmp_path / "a.jsonl").write_bytes(b'%s,"crc":"%08x"}\n' % (body, zlib.crc32(body)))
        with Recording.open(tmp_path) as recording, pytest.raises(StoreError, match=r"line 1.*it is no JSON"):
            recording.get("0" * 64)
    for line in (_sealed({"v": 1, "else": 0}), _sealed({"v": 0, "message": "0" * 32}), b"\n", b"\0\n"):
        (tmp_path / "a.jsonl").write_bytes(line)
        with pytest.raises(StoreError, match="line 1"):
            Recording.open(tmp_path)


@pytest.mark.parametrize("write", [False, True])
def test_a_line_of_a_newer_version_is_refused_with_the_remedy(tmp_path, crashed, write):
    segment = crashed(tmp_path / "newer", n=1)
    segment.write_bytes(segment.read_bytes() + _sealed({"v": SCHEMA_VERSION + 1, "whatever": 1}))
    told = f"{segment}, line 3 .*version {SCHEMA_VERSION + 1}.*up to {SCHEMA_VERSION}\n  update agentscale"
    with pytest.raises(StoreError, match=told):
        Recording.open(segment.parent, write=write)


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


def test_a_segment_packed_by_another_process_after_the_listing_is_read_packed(tmp_path, make_call, monkeypatch):
    frames, _ = packed(tmp_path, make_call)
    gone = frames.with_suffix("")
    monkeypatch.setattr("agentscale.recording.recording._plain_names", lambda path: [gone])
    real, looks = Path.exists, []
    monkeypatch.setattr(Path, "exists", lambda path: real(path) if looks else looks.append(1) or False)
    with Recording.open(tmp_path) as recording:
        assert len(recording) == 4


@pytest.mark.parametrize("write", [False, True])
def test_a_missing_or_damaged_index_is_made_anew(tmp_path, make_call, write):
    _, index = packed(tmp_path, make_call)
    whole = index.read_bytes()
    for broken in (
        None,
        b"",
        b"{}\n",
        b"[]\n",
        whole[:-1],
        whole + b"x",
        *(_flipped(whole, n, 4) for n in range(len(whole))),
    ):
        index.unlink(missing_ok=True)
        if broken is not None:
            index.write_bytes(broken)
        with Recording.open(tmp_path, write=write) as recording:
            assert recording.get(make_call(2).key) == make_call(2)
            assert set(recording.keys()) == {make_call(n).key for n in range(4)}
        assert not write or index.read_bytes() == whole


def test_an_index_of_another_segment_is_not_believed(tmp_path, make_call):
    _, index = packed(tmp_path / "a", make_call, n=2)
    _, other = packed(tmp_path / "b", make_call, n=4)
    index.write_bytes(other.read_bytes())
    with Recording.open(tmp_path / "a") as recording:
        assert len(recording) == 2


@pytest.mark.parametrize("with_index", [True, False])
def test_damaged_frames_never_give_a_wrong_call_and_name_the_file_and_the_remedy(tmp_path, make_call, with_index):
    frames, index = packed(tmp_path, make_call, n=2)
    expected = list(Recording.open(tmp_path).records())
    if not with_index:
        index.unlink()
    whole = frames.read_bytes()
    told: list[str] = []
    for position in range(0, len(whole), 3):
        frames.write_bytes(_flipped(whole, position, 1 << position % 8))
        try:
            # A few bits of a zstd header mean nothing: then every call is as it was.
            assert list(Recording.open(tmp_path).records()) == expected
        except StoreError as error:
            told.append(str(error))
    assert len(told) > 0.9 * len(whole) / 3
    assert all(f"{frames.name}: the frame at byte 0 is damaged" in message for message in told)
    assert all("restore the file from a copy" in message for message in told)
    for end in range(1, len(whole)):
        frames.write_bytes(whole[:end])
        with pytest.raises(StoreError, match="the frame at byte 0 is damaged: the file ends within it"):
            Recording.open(tmp_path)


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
