"""Votes in theory against tabled values, enumeration, and the identities that every law of a vote obeys."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import (
    beta_shape,
    betabinom_jury,
    condorcet,
    expected_accuracy,
    jury_ceiling,
    kish_ceiling,
    log_odds,
    plurality_accuracy,
    weighted_majority,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed

CHANCE = st.floats(0.01, 0.99)


def test_condorcet_gives_the_tabled_values() -> None:
    want = [0.6, 0.6, 0.648, 0.68256, 0.73343, 0.7869, 0.7869, 0.9791]
    digits = [1e-12, 1e-12, 1e-12, 1e-12, 5e-6, 5e-5, 5e-5, 5e-5]
    found = condorcet([1, 2, 3, 5, 9, 15, 16, 101], 0.6)
    assert (np.abs(found - want) < digits).all()


def test_plurality_gives_the_tabled_values() -> None:
    want = {1: 0.4, 2: 0.4, 3: 0.44, 5: 0.49024, 9: 0.55619, 17: 0.63884}
    for n, value in want.items():
        assert plurality_accuracy([0.4, 0.3, 0.2, 0.1], n) == pytest.approx(value, abs=5e-6)


def test_an_easy_and_hard_mixture_rises_and_falls() -> None:
    theta = [[0.85, 0.15], [0.4, 0.6]]
    found = [np.dot([0.6, 0.4], plurality_accuracy(theta, n)) for n in (1, 3, 5, 9, 25, 201)]
    assert found == pytest.approx([0.67, 0.70435, 0.71101, 0.70325, 0.6615, 0.60083], abs=5e-6)
    assert np.dot([0.6, 0.4], expected_accuracy(theta)) == pytest.approx(0.6)


def enumerated(theta: list[float], n: int) -> float:
    """By the definition: over all answers of n voters; the last one abstains."""
    total = 0.0
    for answers in itertools.product(range(len(theta)), repeat=n):
        votes = np.bincount(answers, minlength=len(theta))[:-1]
        total += math.prod(theta[answer] for answer in answers) * float(expected_accuracy(votes))
    return total


@given(st.lists(st.integers(0, 5), min_size=2, max_size=4).filter(sum), st.integers(1, 5))
@settings(deadline=None, max_examples=40)
def test_plurality_is_the_sum_over_all_ways_to_vote(weights: list[int], n: int) -> None:
    theta = [weight / sum(weights) for weight in weights]
    assert plurality_accuracy(theta[:-1], n) == pytest.approx(enumerated(theta, n), abs=1e-10)


@given(CHANCE, st.integers(1, 40))
@settings(deadline=None)
def test_plurality_of_two_answers_is_condorcet(p: float, n: int) -> None:
    assert plurality_accuracy([p, 1 - p], n) == pytest.approx(float(condorcet(n, p)), abs=1e-9)


@given(CHANCE, st.integers(1, 60), st.floats(0, 1))
@settings(deadline=None)
def test_an_even_jury_is_no_better_than_the_odd_one_below(p: float, m: int, rho: float) -> None:
    assert condorcet(2 * m, p) == pytest.approx(float(condorcet(2 * m - 1, p)), abs=1e-12)
    even, odd = betabinom_jury(p, rho, [2 * m, 2 * m - 1])
    assert even == pytest.approx(odd, abs=1e-9)


@given(CHANCE, CHANCE, st.floats(0, 1))
def test_two_voters_are_worth_their_mean_whatever_they_share(p: float, q: float, rho: float) -> None:
    assert weighted_majority([p, q], [1, 1]) == pytest.approx((p + q) / 2)
    assert betabinom_jury(p, rho, 2) == pytest.approx(p, abs=1e-9)


@given(st.permutations([0.05, 0.1, 0.25]), st.integers(1, 9))
@settings(deadline=None)
def test_names_of_wrong_answers_change_nothing(wrong: list[float], n: int) -> None:
    want = float(plurality_accuracy([0.6, 0.05, 0.1, 0.25], n))
    assert plurality_accuracy([0.6, *wrong], n) == pytest.approx(want, abs=1e-12)


def test_a_large_plurality_tends_to_whether_the_right_answer_is_the_likeliest() -> None:
    theta = np.array([[0.3, 0.25, 0.45], [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])
    np.testing.assert_allclose(plurality_accuracy(theta, 301), expected_accuracy(theta), atol=5e-3)


def test_nobody_and_only_silent_voters() -> None:
    assert np.isnan([plurality_accuracy([0.6, 0.4], 0), condorcet(0, 0.6), betabinom_jury(0.6, 0.2, 0)]).all()
    assert np.isnan(weighted_majority([]))
    assert plurality_accuracy([0.0, 0.0], 3) == 0.0
    assert plurality_accuracy([0.2], 2) == pytest.approx(1 - 0.8**2)
    assert np.isnan([condorcet(3, np.nan), jury_ceiling(np.nan, 0.2), jury_ceiling(0.6, np.nan)]).all()
    assert np.isnan(betabinom_jury(0.6, np.nan, 3))


def test_the_beta_binomial_jury_gives_the_tabled_values() -> None:
    found = betabinom_jury(0.6, 0.2, [1, 3, 9, 101])
    np.testing.assert_allclose(found, [0.6, 0.6256, 0.64952, 0.66980], atol=5e-6)
    assert jury_ceiling(0.6, 0.2) == pytest.approx(0.67241, abs=5e-6)
    assert kish_ceiling(0.2) == 5.0  # of the mean, and not of the vote


@given(CHANCE, st.integers(1, 50))
@settings(deadline=None)
def test_a_jury_without_correlation_is_condorcet_and_with_all_of_it_one_voter(p: float, n: int) -> None:
    assert betabinom_jury(p, 0.0, n) == pytest.approx(float(condorcet(n, p)))
    assert betabinom_jury(p, 1e-6, n) == pytest.approx(float(condorcet(n, p)), abs=1e-3)
    assert betabinom_jury(p, 1.0, n) == pytest.approx(p)


def test_the_ceiling_is_the_limit_and_has_limits_of_its_own() -> None:
    assert betabinom_jury(0.55, 0.3, 20_001) == pytest.approx(float(jury_ceiling(0.55, 0.3)), abs=1e-4)
    np.testing.assert_allclose(jury_ceiling([0.6, 0.5, 0.4], 0.0), [1.0, 0.5, 0.0])
    np.testing.assert_allclose(jury_ceiling([0.6, 0.4, 1.0], [1.0, 1.0, 0.3]), [0.6, 0.4, 1.0])


def test_a_jury_is_what_drawn_juries_do() -> None:
    a, b = beta_shape(0.6, 0.25)
    rng = keyed(1, "jury")
    votes = rng.binomial(7, rng.beta(a, b, size=40_000))
    error = 0.5 / np.sqrt(40_000)
    assert abs((votes > 3.5).mean() - betabinom_jury(0.6, 0.25, 7)) < 3 * error


def test_weighted_majority_gives_the_tabled_values() -> None:
    p = [0.9, 0.6, 0.6]
    assert weighted_majority(p, [1, 1, 1]) == pytest.approx(0.792)
    assert weighted_majority(p) == pytest.approx(0.900)


@given(st.lists(CHANCE, min_size=1, max_size=6), st.lists(st.integers(-3, 3), min_size=6, max_size=6))
@settings(deadline=None)
def test_no_weights_beat_the_log_odds(p: list[float], weights: list[int]) -> None:
    w = np.array(weights[: len(p)], dtype=float)
    by_hand = 0.0
    for right in itertools.product([0, 1], repeat=len(p)):
        chance = math.prod(q if one else 1 - q for q, one in zip(p, right, strict=True))
        total = float(w @ (2 * np.array(right) - 1))
        by_hand += chance * (0.5 if total == 0 else total > 0)
    assert weighted_majority(p, w) == pytest.approx(by_hand)
    assert weighted_majority(p) >= by_hand - 1e-9


def test_a_hundred_equal_voters_need_no_enumeration() -> None:
    assert weighted_majority([0.6] * 101) == pytest.approx(float(condorcet(101, 0.6)))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: condorcet(3, 1.1), "p = 1.1"),
        (lambda: condorcet(2.5, 0.6), "n = 2.5"),
        (lambda: plurality_accuracy([0.7, 0.7], 3), "theta adds up to 1.4"),
        (lambda: betabinom_jury(0.6, -0.1, 3), "rho = -0.1"),
        (lambda: jury_ceiling(0.6, 1.5), "0 ≤ rho ≤ 1"),
        (lambda: log_odds([0.5, 1.0]), "0 < p < 1"),
        (lambda: weighted_majority([0.6, 0.7], [1.0]), "weights"),
        (lambda: weighted_majority(np.linspace(0.51, 0.97, 24)), "some 20"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
