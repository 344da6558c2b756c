from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.randomness import keyed
from agentscale.scoring import expected_score, is_correct, plurality, settle

ANSWERS = st.lists(st.sampled_from(["A", "B", "C", "D", None]), max_size=12)


@given(answers=ANSWERS, data=st.data())
def test_plurality_does_not_depend_on_the_order_of_the_voters(answers, data):
    assert plurality(data.draw(st.permutations(answers))) == plurality(answers)


@given(answers=ANSWERS)
def test_winners_have_the_most_votes_and_all_who_have_them_win(answers):
    voted = [answer for answer in answers if answer is not None]
    most = max((voted.count(answer) for answer in voted), default=0)
    assert set(plurality(answers)) == {answer for answer in voted if voted.count(answer) == most}


@given(answers=ANSWERS, silent=st.integers(0, 5))
def test_who_has_no_answer_abstains(answers, silent):
    assert plurality([*answers, *[None] * silent]) == plurality(answers)


def test_where_nobody_is_readable_there_is_no_winner_and_no_score():
    assert plurality([None, None]) == plurality([]) == ()
    assert settle((), keyed(0, "tie")) is None
    assert expected_score((), str.isupper) is None


@given(first=st.sampled_from("ABCD"), second=st.sampled_from("ABCD"), target=st.sampled_from("ABCD"))
def test_two_voters_score_the_mean_of_the_two(first, second, target):
    score = expected_score(plurality([first, second]), target.__eq__)
    assert score == (is_correct(first, target, "choice") + is_correct(second, target, "choice")) / 2


@given(answers=st.lists(st.sampled_from("ABC"), min_size=1, max_size=8), seed=st.integers(0, 2**32))
def test_a_tie_is_settled_by_the_seed_and_by_nothing_else(answers, seed):
    winners = plurality(answers)
    settled = settle(winners, keyed(seed, "tie"))
    assert settled in winners
    assert settle(winners, keyed(seed, "tie")) == settled


def test_ties_are_settled_evenly():
    drawn = [settle(("A", "B", "C"), keyed(seed, "tie")) for seed in range(3_000)]
    assert all(900 < drawn.count(answer) < 1_100 for answer in "ABC")


def test_a_clear_win_draws_nothing():
    rng = keyed(1, "tie")
    settle(("A",), rng)
    assert rng.random() == keyed(1, "tie").random()


@pytest.mark.parametrize(
    ("answer", "target", "kind", "right"),
    [
        ("B", "b", "choice", True),
        ("B", "C", "choice", False),
        ("72", "72.0", "number", True),
        ("1234", "1,234", "number", True),
        ("18", "$18", "number", True),
        ("0.75", "3/4", "number", True),
        ("0.333", "1/3", "number", False),
        ("4", "-4", "number", False),
        ("none", "none", "number", False),
    ],
)
def test_letters_are_compared_without_case_and_numbers_by_value(answer, target, kind, right):
    assert is_correct(answer, target, kind) is right
