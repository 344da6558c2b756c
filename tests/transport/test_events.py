from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.events import EventReader


def read(*pieces: bytes) -> EventReader:
    reader = EventReader()
    for piece in pieces:
        reader.feed(piece)
    return reader


def test_the_data_of_each_event_comes_out_in_order_and_the_end_is_no_event() -> None:
    reader = read(b'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n')
    assert (reader.events, reader.ended) == ([b'{"a":1}', b'{"b":2}'], True)


STREAM = (
    b': hello\r\n\r\nevent: x\r\ndata: {"a":\r\ndata: 1}\r\nid: 7\r\n\r\nretry: 5\n\ndata:{"b":2}\n\ndata: [DONE]\n\n'
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_where_the_pieces_are_cut_makes_no_difference(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    reader = read(*(STREAM[start:end] for start, end in itertools.pairwise(edges)))
    assert (reader.events, reader.ended) == ([b'{"a":\n1}', b'{"b":2}'], True)


def test_only_a_whole_event_counts_as_progress() -> None:
    reader = EventReader()
    fed = [reader.feed(piece) for piece in (b": ping\n\n", b"data: {", b"}\n", b"\n", b"data: [DONE]\n\n", b"\n\n")]
    assert fed == [False, False, False, True, True, False]


def test_what_follows_the_end_is_passed_over() -> None:
    assert read(b"data: [DONE]\n\ndata: {}\n\n").events == []


def test_an_event_that_was_never_ended_is_none() -> None:
    assert read(b"data: {}\n").events == []


@given(st.binary(max_size=300))
def test_any_bytes_can_be_fed(noise: bytes) -> None:
    reader = read(noise, b"\n\ndata: {}\n\n")
    assert reader.ended or reader.events[-1] == b"{}"


def test_a_long_line_in_many_pieces_is_put_together_once() -> None:
    reader = read(b"data: ", *[b"x" * 1000] * 5000, b"\n\n")
    assert reader.events == [b"x" * 5_000_000]
