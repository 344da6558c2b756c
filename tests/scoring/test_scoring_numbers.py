from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.scoring import canonical_number
from agentscale.scoring.numbers import canonical

RATIONALS = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**4)


@given(value=RATIONALS)
def test_a_value_has_one_text_that_reads_back_exactly(value):
    text = canonical(value)
    assert Fraction(text) == value
    assert canonical_number(text) == text


@given(value=st.integers(-(10**15), 10**15))
def test_thousands_separators_and_zeros_change_nothing(value):
    forms = (f"{value}", f"{value:,}", f"{value}.0", f"{value:,}.00", f"{value}.")
    assert {canonical_number(form) for form in forms} == {str(value)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("72", "72"),
        ("72.0", "72"),
        ("$1,234.50", "1234.5"),
        ("0.1", "0.1"),
        ("1e-3", "0.001"),
        ("2/4", "0.5"),
        ("-2/6", "-1/3"),
        ("-1 1/2", "-1.5"),
        ("3 hundred thousand", "300000"),
        ("12%", "12"),
    ],
)
def test_a_number_has_its_canonical_text(text, wanted):
    assert canonical_number(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "none", "1,23", "3,5", "1.2.3", "12:30", "1/0", "1/2/3", "5k", "x2", "2nd", "3-digit", "1 and 2"]
)
def test_what_is_not_one_sound_number_has_no_text(text):
    assert canonical_number(text) is None


def test_a_tenth_and_two_tenths_are_not_noise():
    assert canonical_number("0.3") == canonical(Fraction("0.1") + Fraction("0.2"))


@pytest.mark.parametrize("text", ["9" * 201, "1e999", "1e-999", "1." + "0" * 300 + "1"])
def test_numbers_beyond_all_bounds_are_noise(text):
    assert canonical_number(text) is None
