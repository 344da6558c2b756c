from __future__ import annotations

import errno
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.schema.run import Transcript
from agentscale.store import TranscriptWriter, jsonl, transcripts

ORDER = [(f"q{n}", replicate) for n in (3, 1, 2, 0) for replicate in (0, 1)]
CELL = "c"


def trials(folder, cell: str = CELL) -> list[tuple[str, int]]:
    return [(transcript.sample_id, transcript.replicate) for transcript in folder.transcripts(cell)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(ORDER), st.sampled_from([1, 300, 1 << 20]), st.integers(0, len(ORDER)))
def test_the_file_is_the_same_whatever_the_order_of_arrival(tmp_path_factory, make_transcript, arrivals, held, cut):
    make = make_transcript
    folder = tmp_path_factory.mktemp("cell")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcripts, "_HELD", held)
        writer = TranscriptWriter(folder, CELL, ORDER)
        for trial in arrivals[:cut]:
            writer.add(make(*trial, text=f"{trial}" * 20))
        writer.close(complete=cut == len(ORDER))
    expected = [make(*trial, text=f"{trial}" * 20) for trial in ORDER if trial in arrivals[:cut]]
    if expected:
        assert (folder / "c.jsonl").read_bytes() == jsonl.joined(expected)
    assert os.listdir(folder) == (["c.jsonl"] if expected else [])


def test_transcripts_come_back_as_they_were(run, make_transcript):
    texts = ["plain", "é😀\u2028\0", "half \ud800 of a pair", '"=\\']
    writer = run.transcript_writer(CELL, [(text, 0) for text in texts])
    given = [make_transcript(text, text=text) for text in texts]
    for transcript in given:
        writer.add(transcript)
    assert not run.has_transcripts(CELL)
    writer.close(complete=True)
    assert run.has_transcripts(CELL)
    assert list(run.transcripts(CELL)) == given


def test_the_file_is_utf_8_with_unescaped_letters(run, make_transcript):
    writer = run.transcript_writer(CELL, [("q", 0)])
    writer.add(make_transcript("q", text="é \ud800"))
    writer.close(complete=True)
    text = (run.path / "transcripts" / "c.jsonl").read_text("utf-8")
    assert "é" in text
    assert json.loads(text)["events"][0]["text"] == "é \ud800"


def test_a_trial_of_another_cell_an_unknown_one_or_a_second_time_is_refused(run, make_transcript):
    writer = run.transcript_writer(CELL, ORDER)
    writer.add(make_transcript("q3"))
    for wrong in (
        make_transcript("q3"),
        make_transcript("q9"),
        make_transcript("q3", 2),
        make_transcript("q1", cell="d"),
    ):
        with pytest.raises(
            StoreError, match=f"cannot take the transcript of cell '{wrong.cell}', sample '{wrong.sample_id}'"
        ):
            writer.add(wrong)
    writer.close(complete=False)
    with pytest.raises(StoreError, match="until the writer is closed"):
        writer.add(make_transcript("q1"))
    assert trials(run) == [("q3", 0)]


def test_a_complete_cell_must_be_complete(run, make_transcript):
    writer = run.transcript_writer(CELL, ORDER)
    writer.add(make_transcript("q3"))
    with pytest.raises(
        StoreError, match=r"7 of 8 transcripts of cell 'c' are missing, the first is sample 'q3', replicate 1"
    ):
        writer.close(complete=True)
    assert not run.has_transcripts(CELL)


def test_an_interrupted_cell_keeps_what_it_has_in_order_and_never_replaces_more_by_less(run, make_transcript):
    def played(*some: tuple[str, int]) -> None:
        writer = run.transcript_writer(CELL, ORDER)
        for trial in some:
            writer.add(make_transcript(*trial))
        writer.close(complete=False)
        writer.close(complete=False)

    played()
    assert not run.has_transcripts(CELL)
    played(("q0", 1), ("q3", 1))
    assert trials(run) == [("q3", 1), ("q0", 1)]
    played(("q1", 0))
    assert trials(run) == [("q3", 1), ("q0", 1)]
    played(("q1", 0), ("q0", 0), ("q3", 0))
    assert trials(run) == [("q3", 0), ("q1", 0), ("q0", 0)]


def test_memory_is_bounded_when_the_first_trial_ends_last(run, make_transcript):
    order = [(f"q{n}", 0) for n in range(200)]
    writer = run.transcript_writer(CELL, order)
    for trial in reversed(order):
        writer.add(make_transcript(*trial, text="x" * 5000))
        assert len(writer._held) < transcripts._HELD + 6000
    writer.close(complete=True)
    assert trials(run) == order
    assert os.listdir(run.path / "transcripts") == ["c.jsonl"]


def test_an_empty_cell_that_is_complete_has_an_empty_file(run):
    run.transcript_writer(CELL, []).close(complete=True)
    assert list(run.transcripts(CELL)) == []


@pytest.mark.parametrize("aside", [False, True])
def test_a_full_disk_is_one_clear_error_and_the_old_file_stays(run, make_transcript, monkeypatch, aside):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    first = run.transcript_writer(CELL, ORDER[:1])
    first.add(make_transcript(*ORDER[0]))
    first.close(complete=True)
    writer = run.transcript_writer(CELL, ORDER)
    monkeypatch.setattr(transcripts, "_HELD", 1 if aside else 1 << 20)
    monkeypatch.setattr("pathlib.Path.open", full)
    if aside:
        with pytest.raises(StoreError, match="every recorded call is kept\n  free space"):
            writer.add(make_transcript("q0"))
    else:
        writer.add(make_transcript("q0"))
    with pytest.raises(StoreError, match="No space left"):
        writer.close(complete=False)
    monkeypatch.undo()
    assert trials(run) == ORDER[:1]


def test_an_aside_file_of_a_killed_run_is_overwritten(run, make_transcript, monkeypatch):
    monkeypatch.setattr(transcripts, "_HELD", 1)
    killed = run.transcript_writer(CELL, ORDER)
    killed.add(make_transcript("q0", text="old" * 100))
    writer = run.transcript_writer(CELL, ORDER)
    writer.add(make_transcript("q0", text="new"))
    writer.close(complete=False)
    assert [transcript.events[0].text for transcript in run.transcripts(CELL)] == ["new"]
    assert os.listdir(run.path / "transcripts") == ["c.jsonl"]


def test_missing_transcripts_say_how_to_make_them(run):
    with pytest.raises(StoreError, match=r"has no transcripts of cell 'c'\n  .*agentscale replay .*demo"):
        run.transcripts(CELL)


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff", b'{"cell": "c"}', b""])
def test_a_damaged_transcript_names_file_line_and_remedy(run, make_transcript, line):
    path = run.path / "transcripts" / "c.jsonl"
    path.write_bytes(jsonl.line(make_transcript()) + line + b"\n")
    read = run.transcripts(CELL)
    assert isinstance(next(read), Transcript)
    with pytest.raises(StoreError, match=r"c\.jsonl, line 2 holds no Transcript: .+\n  .*agentscale replay"):
        next(read)
