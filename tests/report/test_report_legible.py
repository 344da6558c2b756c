from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.report.legible import embedded, plain, visible

any_text = st.text(st.characters(exclude_categories=())) | st.text("<>&/script!-\u2028\u2029\u202e\x1b\ud800ab")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("half \ud83d", "half \\ud83d"),
        ("nul\x00 bell\x07", "nul\\x00 bell\\x07"),
        ("line\r\nnext\rover", "line\nnext\\rover"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("two\tcolumns\nnext", "two\tcolumns\nnext"),
        ("Ünïcødé 😀 العربية", "Ünïcødé 😀 العربية"),
    ],
)
def test_what_cannot_be_seen_is_written_as_an_escape(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@given(any_text)
def test_visible_text_can_be_encoded_and_stays_as_it_is(text: str) -> None:
    once = visible(text)
    once.encode("utf-8")
    assert visible(once) == once


@given(st.recursive(any_text | st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner)))
def test_embedded_data_cannot_leave_its_script_and_comes_back_whole(value: object) -> None:
    text = str(embedded(value))
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == plain(value)


@given(st.lists(st.floats(), max_size=4))
def test_embedded_numbers_are_json_even_where_they_are_not_finite(values: list[float]) -> None:
    back = json.loads(str(embedded(values)))
    assert back == [number if math.isfinite(number) else None for number in values]


def test_a_line_of_a_million_characters_is_embedded_whole() -> None:
    assert json.loads(str(embedded("<" * 1_000_000))) == "<" * 1_000_000
