"""Other ways to choose from the same answers, against laws of votes and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agentscale.analysis import aggregate, expected_accuracy, plurality_accuracy, weighted_majority
from agentscale.errors import SpecError
from agentscale.randomness import keyed

ANSWERS = hnp.arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(1, 5)), elements=st.integers(-1, 3))


def drawn(p: list[float], questions: int, options: int, seed: int = 1) -> np.ndarray:
    """Independent agents of these accuracies whose wrong answers fall evenly."""
    rng = keyed(seed, "aggregators")
    right = rng.random((questions, len(p))) < np.array(p)
    return np.where(right, 0, rng.integers(1, options, size=right.shape))


def test_weighted_votes_reach_the_optimum_of_independent_voters() -> None:
    """The theory's three voters (.9, .6, .6): majority .792, optimal .900."""
    a = drawn([0.9, 0.6, 0.6], 20_000, 2)
    found = aggregate(a, [0, 1, 2], np.arange(len(a)), 2, seed=1)
    assert found.plurality.mean() == pytest.approx(0.792, abs=0.009)
    assert found.weighted.mean() == pytest.approx(weighted_majority([0.9, 0.6, 0.6]), abs=0.007)
    assert found.best_member.mean() == pytest.approx(0.9, abs=0.007)
    assert found.random_member.mean() == pytest.approx(0.7, abs=0.007)
    assert found.oracle.mean() == pytest.approx(1 - 0.1 * 0.4 * 0.4, abs=0.003)


def test_a_voter_who_is_worse_than_guessing_is_counted_against_its_answer() -> None:
    a = drawn([0.05, 0.6], 5000, 2)
    found = aggregate(a, [0, 1], np.arange(len(a)), 2, seed=1)
    assert found.weighted.mean() == pytest.approx(0.95 * 0.6 + 0.05 * 0.6, abs=0.03)
    assert found.plurality.mean() == pytest.approx((0.05 + 0.6) / 2, abs=0.02)


@given(ANSWERS)
def test_of_one_configuration_weights_change_nothing_where_it_beats_chance(a: np.ndarray) -> None:
    better = np.concatenate([a, np.zeros((40, a.shape[1]), dtype=np.int64)])
    found = aggregate(better, [0] * a.shape[1], np.arange(len(better)), 4, seed=1)
    np.testing.assert_allclose(found.weighted, found.plurality)
    np.testing.assert_allclose(found.best_member, found.random_member)


@given(ANSWERS, st.permutations(range(3)))
def test_the_oracle_bounds_every_choice_and_names_do_not_matter(a: np.ndarray, names: list[int]) -> None:
    config = np.arange(a.shape[1]) % 2
    found = aggregate(a, config, np.arange(len(a)), 4, seed=1)
    assert all((part <= found.oracle).all() for part in found)
    other = aggregate(np.where(a > 0, 1 + np.array(names)[a - 1], a), config, np.arange(len(a)), 4, seed=1)
    for one, renamed in zip(found, other, strict=True):
        np.testing.assert_allclose(one, renamed)
    counts = (a[..., None] == np.arange(4)).sum(axis=1)
    np.testing.assert_allclose(found.plurality, expected_accuracy(counts))


def test_what_is_learned_comes_from_other_questions() -> None:
    """Were the weights learned from the judged questions, random voters would look better than chance."""
    a = keyed(3, "noise").integers(0, 2, size=(40, 9))
    values = [aggregate(a, np.arange(9), np.arange(40), 2, seed=s).best_member.mean() for s in range(20)]
    assert np.mean(values) < 0.56


def test_replicates_of_a_question_are_judged_together() -> None:
    a = drawn([0.6, 0.7, 0.8], 100, 3)
    once = aggregate(a, [0, 1, 2], np.arange(100), 3, seed=2)
    twice = aggregate(np.repeat(a, 2, axis=0), [0, 1, 2], np.repeat(np.arange(100), 2), 3, seed=2)
    assert twice.plurality[::2].tolist() == once.plurality.tolist()
    assert twice.weighted[::2].tolist() == twice.weighted[1::2].tolist()


def test_one_question_teaches_nothing_and_the_silent_are_not_right() -> None:
    found = aggregate([[0, 0, 1]], [0, 1, 1], [0], 4, seed=1)
    assert np.isnan([found.weighted[0], found.best_member[0]]).all()
    assert (found.plurality[0], found.random_member[0], found.oracle[0]) == (1.0, pytest.approx(2 / 3), 1.0)
    silent = aggregate([[-1, -1], [0, 0], [0, 0]], [0, 0], [0, 1, 2], 4, seed=1)
    assert [part[0] for part in silent] == [0.0] * 5


def test_plurality_of_many_trials_is_the_law_of_a_vote() -> None:
    a = drawn([0.4] * 9, 20_000, 4)
    found = aggregate(a, [0] * 9, np.arange(len(a)), 4, seed=1)
    assert found.plurality.mean() == pytest.approx(float(plurality_accuracy([0.4, 0.2, 0.2, 0.2], 9)), abs=0.01)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: aggregate([[0, 1]], [0], [0], 4, 1), "config (1,)"),
        (lambda: aggregate([[0, 1]], [0, 1], [0, 1], 4, 1), "item (2,)"),
        (lambda: aggregate([[0, 1]], [0, 1], [0], 1, 1), "n_options = 1"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
