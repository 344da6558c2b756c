"""Trials of a cell one by one, by place and by name, also while the cell is under way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.schema.run import Transcript
from agentscale.store import TranscriptWriter, change, trials
from agentscale.store.folder import RunFolder
from agentscale.store.trials import Trials

CELL = "c"
Make = Callable[..., Transcript]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=6, unique=True),
    chunk=st.sampled_from([1, 50, 1 << 20]),
)
def test_every_trial_is_read_alone_and_found_by_its_name_whatever_that_is(
    tmp_path_factory: pytest.TempPathFactory, make_transcript: Make, names: list[str], chunk: int
) -> None:
    folder = tmp_path_factory.mktemp("cell")
    order = [(name, replicate) for name in names for replicate in (0, 1)]
    given = [make_transcript(*trial, text=f'"sample_id":{trial[0]}\n\ud800') for trial in order]
    write(folder, given, order).close(complete=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "_CHUNK", chunk)
        there = Trials(folder, CELL)
        assert there.refresh() == len(order)
        assert [there[place] for place in range(len(order))] == given
        assert [there.find(*trial) for trial in order] == list(range(len(order)))
        assert [there.find(name) for name in names] == list(range(0, len(order), 2))
        assert there.find(names[0], 2) is None


def test_a_cell_under_way_shows_what_has_ended_and_then_all_in_the_order_of_the_design(
    tmp_path: Path, make_transcript: Make
) -> None:
    order = [(f"q{n}", 0) for n in range(4)]
    there = Trials(tmp_path, CELL)
    assert (there.refresh(), there.find("q0")) == (0, None)
    writer = write(tmp_path, [make_transcript("q3")], order)
    assert there.refresh() == 0  # held, and nobody has asked to show it
    writer.show()
    assert (there.refresh(), there[0].sample_id) == (1, "q3")
    under_way = there.version
    writer.add(make_transcript("q1"))
    writer.show()
    assert (there.refresh(), there[1].sample_id, there.version) == (2, "q1", under_way)
    for sample in ("q0", "q2"):
        writer.add(make_transcript(sample))
    writer.close(complete=True)
    assert there.refresh() == 4
    assert there.version > under_way
    assert [there[place].sample_id for place in range(4)] == ["q0", "q1", "q2", "q3"]


def test_what_was_shown_changes_no_byte_of_the_file(tmp_path: Path, make_transcript: Make) -> None:
    order = [(f"q{n}", 0) for n in range(5)]
    for name, shows in (("one", False), ("other", True)):
        (tmp_path / name).mkdir()
        writer = TranscriptWriter(tmp_path / name, CELL, order)
        for sample, _ in reversed(order):
            writer.add(make_transcript(sample))
            if shows:
                writer.show()
        writer.close(complete=True)
    one, other = (list((tmp_path / name).iterdir()) for name in ("one", "other"))
    assert one[0].read_bytes() == other[0].read_bytes()
    assert len(one) == len(other) == 1


def test_half_a_line_is_no_trial_until_it_is_whole(tmp_path: Path, make_transcript: Make) -> None:
    write(tmp_path, [make_transcript("q0")], [("q0", 0)]).close(complete=True)
    path = tmp_path / "c.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    there = Trials(tmp_path, CELL)
    assert there.refresh() == 1
    with path.open("ab") as file:
        file.write(whole[40:])
    assert (there.refresh(), there[1].sample_id) == (2, "q0")


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path, make_transcript: Make) -> None:
    order = [(f"q{n}", 0) for n in range(3)]
    write(tmp_path, [make_transcript(*trial) for trial in order], order).close(complete=True)
    there = Trials(tmp_path, CELL)
    assert there.refresh() == 3
    write(tmp_path, [make_transcript("q2")], order[2:]).close(complete=True)
    assert (there.refresh(), there[0].sample_id) == (1, "q2")


def test_a_damaged_line_is_told_with_its_file_and_number(tmp_path: Path, make_transcript: Make) -> None:
    write(tmp_path, [make_transcript("q0")], [("q0", 0)]).close(complete=True)
    with (tmp_path / "c.jsonl").open("ab") as file:
        file.write(b'{"cell": 1}\n')
    there = Trials(tmp_path, CELL)
    assert there.refresh() == 2
    with pytest.raises(StoreError, match=r"c\.jsonl, line 2 holds no Transcript"):
        there[1]
    with pytest.raises(IndexError):
        there[2]


def test_a_changed_experiment_leaves_no_trial_of_the_killed_one(
    run: RunFolder, make_transcript: Make, make_header: Callable[..., object]
) -> None:
    writer = run.transcript_writer("sums.L1.m.1.vote", [("q0", 0)])
    writer.add(make_transcript("q0", cell="sums.L1.m.1.vote"))
    writer.show()  # and then it was killed
    assert run.trials("sums.L1.m.1.vote").refresh() == 1
    change(run, run.header.model_copy(update={"seed": 8}), "", run.questions().values())
    assert run.trials("sums.L1.m.1.vote").refresh() == 0


def write(folder: Path, given: list[Transcript], order: list[tuple[str, int]]) -> TranscriptWriter:
    writer = TranscriptWriter(folder, CELL, order)
    for transcript in given:
        writer.add(transcript)
    return writer
