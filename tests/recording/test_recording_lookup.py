from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.recording import CallRecord, Clock, Recording
from agentscale.recording.segments import Shelf
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure, Message, Usage


def names(folder: Path, suffix: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(suffix))


# Every Python string, halves of surrogate pairs in any order included.
texts = st.text(st.characters(exclude_categories=()), max_size=120) | st.text(st.sampled_from("\ud83d\ude00\\u\n\0é"))
counts = st.integers(0, 2**70)
messages = st.builds(Message, st.sampled_from(["system", "user", "assistant"]), texts)
samplings = st.builds(
    Sampling,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0.01, 1),
    max_tokens=st.none() | st.integers(1, 10**6),
    stop=st.lists(texts, max_size=2).map(tuple),
    seed=st.none() | st.just("derived") | st.integers(0, 2**40),
)
ids = st.builds(
    CallId,
    seed=counts,
    task=texts,
    sample_id=texts,
    replicate=counts,
    slot=texts,
    role=st.sampled_from(["agent", "judge", "controller", "probe", "grader", "environment"]),
    round=counts,
    turn=counts,
    step=counts,
    attempt=counts,
    body=texts,
    salt=texts,
)
usages = st.builds(Usage, st.none() | counts, st.none() | counts)
outcomes = st.tuples(st.builds(Completion, texts, texts, usages, st.none() | texts), st.none()) | st.tuples(
    st.none(), st.builds(Failure, texts, texts, st.none() | st.integers(100, 599))
)
seconds = st.floats(0, 1e12)
records = st.builds(
    lambda id, request, outcome, clock: CallRecord(id, request, *outcome, clock),
    ids,
    st.builds(ChatRequest, texts, st.lists(messages, max_size=3).map(tuple), samplings),
    outcomes,
    st.builds(Clock, seconds, seconds, st.integers(0, 9)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(records, max_size=4))
def test_any_call_comes_back_as_it_was_before_and_after_packing(tmp_path_factory, calls):
    folder = tmp_path_factory.mktemp("any")
    expected: dict[str, CallRecord] = {}
    with Recording.open(folder, write=True) as recording:
        for call in calls:
            recording.append(call)
            if call.completion is not None or call.key not in expected or expected[call.key].completion is None:
                expected[call.key] = call
        assert list(map(recording.get, recording.keys())) == [expected[key] for key in sorted(expected)]
    with Recording.open(folder) as packed:
        assert list(packed.records()) == [expected[key] for key in sorted(expected)]
        assert len(packed) == len(expected)


def test_a_megabyte_of_text_in_one_line_is_read_alone(tmp_path, make_call):
    long = make_call(1, text="\u2028é😀" * 300_000, prompt="x" * 1_000_000)
    with Recording.open(tmp_path, write=True) as recording:
        for call in (make_call(0), long, make_call(2)):
            recording.append(call)
        assert recording.get(long.key) == long
    with Recording.open(tmp_path) as packed:
        assert packed.get(long.key) == long
        assert packed.get(make_call(2).key) == make_call(2)


def test_what_is_recorded_can_be_got_at_once_and_by_the_next_reader(tmp_path, make_call):
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
        assert make_call(1).key in recording
        assert recording.get(make_call(1).key) == make_call(1)
        with Recording.open(tmp_path) as beside:
            assert beside.get(make_call(1).key) == make_call(1)
    assert names(tmp_path, ".jsonl") == []
    assert len(names(tmp_path, ".jsonl.zst")) == len(names(tmp_path, ".jsonl.idx")) == 1


def test_an_unknown_or_senseless_key_is_simply_not_there(tmp_path, make_call):
    with Recording.open(tmp_path, write=True) as recording:
        recording.append(make_call(1))
        for key in (make_call(2).key, "", "no key", "é"):
            assert recording.get(key) is None
            assert recording.answer(key) is None
            assert key not in recording


def test_the_answer_alone_is_the_answer_of_the_call(tmp_path, make_call):
    calls = [make_call(1), make_call(2, failed=True)]
    with Recording.open(tmp_path, write=True) as recording:
        for call in calls:
            recording.append(call)
            assert recording.answer(call.key) == (call.completion, call.failure, call.clock)


@pytest.mark.parametrize("apart", [False, True])
def test_a_success_wins_over_a_failure_and_the_later_over_the_earlier(tmp_path, make_call, apart):
    tries = [
        make_call(1, text="down", failed=True),
        make_call(1, text="first"),
        make_call(1, text="second"),
        make_call(1, text="down again", failed=True),
    ]
    best = [tries[0], tries[1], tries[2], tries[2]]
    recording = Recording.open(tmp_path, write=True)
    for call, expected in zip(tries, best, strict=True):
        recording.append(call)
        assert recording.get(call.key) == expected
        if apart:
            recording.close()
            recording = Recording.open(tmp_path, write=True)
            assert recording.get(call.key) == expected
    assert len(recording) == 1
    recording.close()


def test_keys_and_records_come_in_the_order_of_the_keys(tmp_path, make_call):
    with Recording.open(tmp_path, write=True) as recording:
        for n in range(20):
            recording.append(make_call(n))
        assert list(recording.keys()) == sorted(make_call(n).key for n in range(20))
        assert [record.key for record in recording.records()] == list(recording.keys())


def test_a_message_that_repeats_is_stored_once_a_segment(tmp_path, make_call):
    quoted = "Q" * 500
    with Recording.open(tmp_path, write=True) as recording:
        for n in range(50):
            recording.append(make_call(n, prompt=quoted))
        (segment,) = tmp_path.glob("*.jsonl")
        assert segment.read_bytes().count(quoted.encode()) == 1
        assert all(record.request.messages[1].content == quoted for record in recording.records())


def test_a_writer_that_forgets_old_messages_stores_them_again_and_stays_right(tmp_path, make_call, monkeypatch):
    monkeypatch.setattr("agentscale.recording.writer._REMEMBERED", 2)
    calls = [make_call(n, prompt=f"{n % 5}" * 200) for n in range(30)]
    with Recording.open(tmp_path, write=True) as recording:
        for call in calls:
            recording.append(call)
        assert [recording.get(call.key) for call in calls] == calls


def test_many_frames_are_read_in_any_order(tmp_path, make_call):
    calls = [make_call(n, text=f"{n} " * 900, prompt=f"question {n % 7} " * 40) for n in range(300)]
    with Recording.open(tmp_path, write=True) as recording:
        for call in calls:
            recording.append(call)
    with Recording.open(tmp_path) as packed:
        for n in [*range(299, -1, -7), *range(0, 300, 11)]:
            assert packed.get(calls[n].key) == calls[n]


def test_a_shelf_never_holds_more_than_its_budget():
    shelf: Shelf[str] = Shelf(10)
    shelf.put("a", 0, "x", 6)
    shelf.put("a", 1, "y", 4)
    assert (shelf.get("a", 0), shelf.get("a", 1)) == ("x", "y")
    shelf.put("a", 2, "z", 1)
    assert (shelf.get("a", 0), shelf.get("a", 1), shelf.get("a", 2)) == (None, None, "z")
    shelf.put("a", 3, "too large", 11)
    assert shelf.get("a", 3) is None


def test_the_nearest_call_agrees_in_the_sample_first_then_in_the_slot_then_in_most_fields(tmp_path, make_call):
    wanted = make_call(1, body="changed")
    other_sample = make_call(1, sample_id="other")
    other_slot = make_call(1, slot="large/-/0")
    later_round = make_call(1, round=3, attempt=1, body="far")
    closest = make_call(1, round=3, body="far")
    with Recording.open(tmp_path, write=True) as recording:
        assert recording.nearest(wanted.id) is None
        for call in (other_sample, other_slot, later_round, closest):
            recording.append(call)
            assert recording.nearest(wanted.id) == call
        recording.append(other_slot)
        assert recording.nearest(wanted.id) == closest
    with Recording.open(tmp_path) as packed:
        assert packed.nearest(wanted.id) == closest
        assert packed.nearest(other_sample.id) == other_sample


def test_equally_near_calls_are_settled_by_the_key_and_not_by_arrival(tmp_path, make_call):
    pair = [make_call(1, round=1), make_call(1, round=2)]
    for name, order in (("a", pair), ("b", pair[::-1])):
        with Recording.open(tmp_path / name, write=True) as recording:
            for call in order:
                recording.append(call)
            assert recording.nearest(make_call(1).id) == min(pair, key=lambda call: call.key)


def test_opening_to_read_touches_nothing(tmp_path, make_call):
    recording = Recording.open(tmp_path, write=True)
    recording.append(make_call(1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with Recording.open(tmp_path) as reader:
        assert len(reader) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    recording.close()


def test_a_recording_that_nothing_was_written_to_leaves_no_file(tmp_path):
    Recording.open(tmp_path / "new", write=True).close()
    assert list((tmp_path / "new").iterdir()) == []


def test_appending_needs_a_recording_open_for_writing(tmp_path, make_call):
    Recording.open(tmp_path, write=True).close()
    with Recording.open(tmp_path) as reader, pytest.raises(StoreError, match="open for reading only"):
        reader.append(make_call(1))


def test_a_closed_recording_says_so_and_may_be_closed_again(tmp_path, make_call):
    recording = Recording.open(tmp_path, write=True)
    recording.append(make_call(1))
    recording.close()
    recording.close()
    for use in (
        lambda: recording.get(make_call(1).key),
        lambda: recording.append(make_call(2)),
        lambda: recording.nearest(make_call(1).id),
    ):
        with pytest.raises(StoreError, match="is closed"):
            use()


def test_a_call_with_both_or_no_outcome_or_an_endless_clock_is_refused_and_leaves_no_trace(tmp_path, make_call):
    good = make_call(1)
    bad = (
        replace(good, completion=None),
        replace(good, failure=Failure("x", "y")),
        replace(good, clock=Clock(float("nan"), 0, 0)),
    )
    with Recording.open(tmp_path, write=True) as recording:
        for call in bad:
            with pytest.raises(StoreError, match="call"):
                recording.append(call)
            assert len(recording) == 0
        recording.append(good)
    with Recording.open(tmp_path) as packed:
        assert list(packed.records()) == [good]


def test_writers_side_by_side_each_have_a_segment_and_lose_nothing(tmp_path, make_call):
    def work(first: int) -> None:
        with Recording.open(tmp_path, write=True) as recording:
            for n in range(first, first + 50):
                recording.append(make_call(n))

    threads = [threading.Thread(target=work, args=(50 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Recording.open(tmp_path) as all_of_it:
        assert [all_of_it.get(make_call(n).key) for n in range(300)] == [make_call(n) for n in range(300)]
    assert len(names(tmp_path, ".zst")) == 6
    assert names(tmp_path, ".tmp") == names(tmp_path, ".jsonl") == []


def test_fsync_is_an_option_and_is_called_for_every_call(tmp_path, make_call, monkeypatch):
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Recording.open(tmp_path / "durable", write=True, fsync=True) as recording:
        recording.append(make_call(1))
        recording.append(make_call(2))
        assert len(synced) == 2
    synced.clear()
    with Recording.open(tmp_path / "fast", write=True) as recording:
        recording.append(make_call(1))
        assert synced == []
