"""What stands on the disk is torn, damaged or forged: every call comes back whole, or the damage is named."""

from __future__ import annotations

import json
import zlib

import pytest

from agentscale.errors import StoreError
from agentscale.recording import Recording
from agentscale.recording.record import LINE_VERSION


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
    segment.write_bytes(segment.read_bytes() + _sealed({"v": LINE_VERSION + 1, "whatever": 1}))
    told = f"{segment}, line 3 .*version {LINE_VERSION + 1}.*up to {LINE_VERSION}\n  update agentscale"
    with pytest.raises(StoreError, match=told):
        Recording.open(segment.parent, write=write)


@pytest.mark.parametrize("write", [False, True])
def test_a_missing_or_damaged_index_is_made_anew(tmp_path, packed, make_call, write):
    _, index = packed(tmp_path)
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


def test_an_index_of_another_segment_is_not_believed(tmp_path, packed):
    _, index = packed(tmp_path / "a", n=2)
    _, other = packed(tmp_path / "b", n=4)
    index.write_bytes(other.read_bytes())
    with Recording.open(tmp_path / "a") as recording:
        assert len(recording) == 2


@pytest.mark.parametrize("with_index", [True, False])
def test_damaged_frames_never_give_a_wrong_call_and_name_the_file_and_the_remedy(tmp_path, packed, with_index):
    frames, index = packed(tmp_path, n=2)
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
