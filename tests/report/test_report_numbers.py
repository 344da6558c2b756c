from __future__ import annotations

import math

import pytest

from agentscale.report.numbers import ABSENT, between, cell_text, channels, count, known, percent, points, sheet


@pytest.mark.parametrize("absent", [None, math.nan, math.inf, "", "0.5", True])
def test_what_is_not_a_finite_number_is_a_dash_and_never_a_zero(absent: object) -> None:
    assert not known(absent)
    assert percent(absent) == points(absent) == channels(absent) == ABSENT


def test_numbers_carry_their_units() -> None:
    assert percent(0.714) == "71.4 %"
    assert points(0.041) == "+4.1"
    assert points(-0.02) == "−2.0"
    assert points(0.0) == points(-0.0001) == "0.0"
    assert channels(1.234) == "1.23"


def test_an_interval_needs_both_its_ends() -> None:
    assert between(0.6, 0.7, percent) == "60.0 to 70.0 %"
    assert between(1.1, 1.3, channels) == "1.10 to 1.30"
    assert between(math.nan, 0.7, percent) == between(0.6, None, percent) == ""


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (None, ABSENT),
        (math.nan, ABSENT),
        (12345, "12,345"),
        (12345.0, "12,345.0"),
        (0.12345, "0.123"),
        (1234.56, "1,234.6"),
        (True, "yes"),
        ((), ABSENT),
        ((1.0, None), "1.000; –"),
        ("", ABSENT),
        ("text", "text"),
    ],
)
def test_a_table_entry_reads_well(entry: object, text: str) -> None:
    assert cell_text(entry) == text


def test_a_column_of_whole_numbers_has_no_decimals() -> None:
    made = sheet("t", ("calls", "k"), [{"calls": 24.0, "k": 2.0}, {"calls": 2400.0, "k": 1.5}, {"calls": None}])
    assert [row[0] for row in made.rows] == ["24", "2,400", ABSENT]
    assert made.rows[0][1] == "2.000"


def test_a_mean_count_has_a_decimal_only_where_it_needs_one() -> None:
    assert [count(value) for value in (24.0, 3990.4, 7)] == ["24", "3,990.4", "7"]


def test_a_sheet_keeps_columns_in_order_and_sets_numbers_flush_right() -> None:
    made = sheet("t", ("b", "a", "c"), [{"a": 1, "b": "x"}, {"a": None, "b": "y", "c": 0.5}])
    assert made.columns == ("b", "a", "c")
    assert made.numeric == {"a", "c"}
    assert made.rows == (("x", "1", ABSENT), ("y", ABSENT, "0.500"))
