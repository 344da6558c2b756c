"""Amounts are read from what stands behind the mark, and never made up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments.amounts import Amount, amount
from agentscale.environments.faults import NONE_AT_FAULT

FEW = settings(max_examples=30)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Final answer: 10", Amount(10)),
        ("I think so.\nfinal answer: 10 tons of fish.", Amount(10)),
        ("**Final answer:** 10", Amount(10)),
        ("**Final answer**: **2.5**", Amount(2.5)),
        ("Final answer: 5\nNo, less.\nFinal answer: 3", Amount(3)),
        ("Final answer: give 30,720 units", Amount(30_720, ("give",))),
        ("Final answer: I punish −4", Amount(-4, ("i", "punish"))),
        ("Final answer: -4", Amount(-4)),
        ("Final answer: give .5 units", Amount(0.5, ("give",))),
        ("Final answer: -.5", Amount(-0.5)),
        ("Final answer: 50 %", Amount(50, is_share=True)),
        ("Final answer: 50 percent of it", Amount(50, is_share=True)),
        ("10", None),
        ("Final answer:", None),
        ("Final answer: all", None),
        ("Final answer: 10 to 20", None),
        ("Final answer: 10 of 100", None),
        ("Final answer: " + "9" * 400, None),
    ],
)
def test_an_amount_is_the_one_number_behind_the_last_mark(said: str, read: Amount | None) -> None:
    assert amount(said) == read


@FEW
@given(st.text(max_size=80), st.integers(0, 10**14))
def test_whatever_is_said_before_the_amount_is_the_last_one(said: str, units: int) -> None:
    found = amount(f"{said}\nFinal answer: {units}")
    assert found is not None
    assert found.number == units


@FEW
@given(st.text(max_size=80))
def test_any_text_can_be_read(said: str) -> None:
    amount(f"Final answer: {said}")


def test_faults_are_shares_of_all_that_was_asked_for() -> None:
    assert NONE_AT_FAULT.shares() == {"silent": None, "unreadable": None, "invalid": None}
    faults = NONE_AT_FAULT.and_those(["", "silent"]).and_those(["invalid", ""])
    assert faults.shares() == {"silent": 0.25, "unreadable": 0.0, "invalid": 0.25}
