from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.models.possible import plain_number, possible_answers
from agentscale.schema.run import QuestionRecord


def question(target: str, *choices: str, sample_id: str = "1") -> QuestionRecord:
    return QuestionRecord(task="t", sample_id=sample_id, prompt="How many?", choices=choices, target=target)


NUMBERS = st.one_of(
    st.integers().filter(lambda n: abs(n) < 10**60).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3).map(str),
)


@given(NUMBERS, st.integers(2, 60), st.integers(0, 9))
def test_a_number_gets_as_many_distinct_answers_as_asked_for_with_the_right_one_first(
    target: str, n_open: int, seed: int
) -> None:
    labels = possible_answers(question(target), n_open=n_open, seed=seed).labels
    assert len(set(labels)) == len(labels) == n_open
    assert Decimal(labels[0]) == Decimal(target)
    assert [plain_number(label) for label in labels] == list(labels)


@given(st.integers(2, 26), st.data())
def test_choices_are_their_letters_with_the_right_one_first(n: int, data: st.DataObject) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:n]
    target = data.draw(st.sampled_from(letters))
    possible = possible_answers(question(target, *letters), n_open=8, seed=0)
    assert possible.labels[0] == target
    assert sorted(possible.labels) == list(letters)


def test_wrong_numbers_are_near_slips() -> None:
    labels = possible_answers(question("142"), n_open=8, seed=0).labels
    assert {"143", "141", "152", "132", "412", "124"} <= set(labels)
    assert all(int(label) >= 0 for label in possible_answers(question("0"), n_open=9, seed=0).labels)


def test_the_order_of_wrong_answers_belongs_to_the_question_and_the_world() -> None:
    orders = {possible_answers(question("A", *"ABCDEF", sample_id=str(i)), n_open=8, seed=0).labels for i in range(20)}
    assert len(orders) > 10
    again = possible_answers(question("A", *"ABCDEF"), n_open=8, seed=0)
    assert again == possible_answers(question("A", *"ABCDEF"), n_open=8, seed=0)


@pytest.mark.parametrize(
    ("target", "choices"),
    [("E", "ABCD"), ("", "ABCD"), ("AB", "ABCD"), ("A", "A"), ("A", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1"), ("1", "ABCD")],
)
def test_a_target_that_is_no_letter_of_the_choices_is_refused(target: str, choices: str) -> None:
    with pytest.raises(SpecError, match=r"t/1 has \d+ choices"):
        possible_answers(question(target, *choices), n_open=8, seed=0)


@pytest.mark.parametrize("target", ["", "x", "1/2", "nan", "inf", "-Infinity", "9" * 65, "1e400", "1e99999999999"])
def test_a_target_that_is_no_number_is_refused(target: str) -> None:
    with pytest.raises(SpecError, match="no choices and the target"):
        possible_answers(question(target), n_open=8, seed=0)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,050.0", "1050"),
        ("-0.0", "0"),
        ("+7", "7"),
        ("1e3", "1000"),
        (" 12.50 ", "12.5"),
        ("−3", "-3"),
        (".5", "0.5"),
    ],
)
def test_equal_numbers_have_one_plain_form(text: str, plain: str) -> None:
    assert plain_number(text) == plain


@given(st.text())
def test_a_plain_number_is_its_own_plain_form(text: str) -> None:
    try:
        plain = plain_number(text)
    except ValueError:
        return
    assert plain_number(plain) == plain


def test_answers_are_read_behind_their_mark_and_placeholders_are_not() -> None:
    letters = possible_answers(question("A", *"ABCD"), n_open=8, seed=0)
    text = "Final answer: <letter>\nFinal answer: X\nfinal answer: (b)\nFinal answer: **C**\nIt is D. Final answer:"
    assert letters.read(text) == ["B", "C"]
    assert letters.read("Final answer: Banana") == []
    numbers = possible_answers(question("12"), n_open=8, seed=0)
    assert numbers.read("Final answer: <number>\nFinal answer: $1,200.\nFinal answer: -3.50 apples\n4") == [
        "1200",
        "-3.5",
    ]


@given(st.lists(st.one_of(st.text(), st.just("Final answer:"), NUMBERS, st.sampled_from("ABCDX"))))
def test_whatever_is_quoted_gives_possible_letters_or_plain_numbers(parts: list[str]) -> None:
    text = " ".join(parts)
    letters = possible_answers(question("A", *"ABCD"), n_open=8, seed=0)
    assert set(letters.read(text)) <= set("ABCD")
    for number in possible_answers(question("12"), n_open=8, seed=0).read(text):
        assert plain_number(number) == number
