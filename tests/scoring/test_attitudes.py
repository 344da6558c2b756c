"""Attitudes: one number from 0 to 10, read from whatever stands around it, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.schema.calls import Completion
from agentscale.scoring import read_attitude

READ = {
    "7": "7",
    "7/10": "7",
    "7 out of ten.": "7",
    "I stand at 7.50": "7.5",
    "On a scale from 0 to 10, I would say 3.": "3",
    "3 (0-10)": "3",
    "**8**": "8",
    "I was at 3 before.\nNow I am at 8.": "8",
    "<think>Perhaps 2? No.</think>6": "6",
    "10/10": "10",
    "0": "0",
}
UNREAD = [
    "",
    "Rather sure.",
    "between 3 and 4",
    "11",
    "-1",
    "70 %",
    "3, or perhaps 4",
    "It went from 3\nto 4 and then 5",
]
AROUND = st.sampled_from(["", "I am at ", "My attitude: ", "On a scale from 0 to 10 it is ", "Well.\nToday: "])
AFTER = st.sampled_from(["", ".", "/10", " out of 10.", " of course.", "\n\nThat is all."])


@pytest.mark.parametrize(("text", "attitude"), READ.items(), ids=repr)
def test_the_one_number_on_the_scale_is_read(text: str, attitude: str) -> None:
    reading = read_attitude(Completion(text))
    assert (reading.answer, reading.missing) == (attitude, None)


@pytest.mark.parametrize("text", UNREAD, ids=repr)
def test_what_is_no_one_number_on_the_scale_is_missing(text: str) -> None:
    reading = read_attitude(Completion(text))
    assert (reading.answer, reading.missing) == (None, "no_answer")


@given(st.integers(0, 100), AROUND, AFTER)
def test_a_planted_attitude_is_read_back_from_any_wrapping(tenths: int, before: str, after: str) -> None:
    assert float(read_attitude(Completion(f"{before}{tenths / 10}{after}")).answer or "nan") == tenths / 10


def test_a_text_that_was_cut_off_is_not_read() -> None:
    assert read_attitude(Completion("I stand at 7", finish="length")).missing == "truncated"
