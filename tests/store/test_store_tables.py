from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.store.tables import cell


def read(path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_table_has_its_columns_in_order_and_empty_cells_for_what_is_missing(run):
    path = run.write_table(
        "curves", ["size", "k_star", "name"], [{"name": "a", "size": 4, "beyond": 1}, {"k_star": 0.1}]
    )
    assert path == run.path / "tables" / "curves.csv"
    assert path.read_bytes() == b"size,k_star,name\n4,,a\n,0.1,\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (np.float64("nan"), ""),
        (math.inf, "inf"),
        (1 / 3, "0.3333333333"),
        (0.1 + 0.2, "0.3"),
        (-2.0, "-2"),
        (np.float32(0.5), "0.5"),
        (10**20, "100000000000000000000"),
        (np.int64(3), "3"),
        (True, "True"),
        (np.True_, "True"),
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-x", "'-x"),
        ("@sum(a)", "'@sum(a)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("-", "'-"),
        ("-5", "-5"),
        ("+1e3", "+1e3"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_cell_is_stable_and_harmless(value, text):
    assert cell(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_ten_digits_and_reads_back_stably(value):
    text = cell(value)
    assert float(text) == pytest.approx(value, rel=1e-9, abs=0)
    assert cell(float(text)) == text


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_taken_for_a_formula(text):
    shown = cell(text)
    if shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        float(shown)
    assert shown.removeprefix("'") == text.removeprefix("'")


def test_any_text_stays_within_its_cell(run):
    texts = ['a,b"c\nd', "\r\n", "é\u2028😀", "\ud800", "'", "=1\n2"]
    path = run.write_table("t", ["=head", "text"], [{"text": text} for text in texts])
    expected = ['a,b"c\nd', "'\r\n", "é\u2028😀", "\\ud800", "'", "'=1\n2"]
    assert read(path) == [["'=head", "text"], *(["", text] for text in expected)]


def test_a_table_that_fails_half_way_leaves_the_old_one(run):
    run.write_table("t", ["a"], [{"a": 1}])

    def rows():
        yield {"a": 2}
        raise StoreError("no more")

    with pytest.raises(StoreError, match="no more"):
        run.write_table("t", ["a"], rows())
    assert read(run.path / "tables" / "t.csv") == [["a"], ["1"]]
    assert [path.name for path in (run.path / "tables").iterdir()] == ["t.csv"]
