"""Usable evidence against exact sums, a large symmetric world, and what it must not depend on."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agentscale.analysis import (
    alpha_n,
    expected_accuracy,
    increments,
    v_information_curve,
    vote_decomposition,
    vote_information,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed

SIZES = [1, 2, 3, 5, 8, 12]
TABLED = [0.39506, 0.69819, 0.94164, 1.29522, 1.61353, 1.82487]
THETA = math.log(0.6 * 3 / 0.4)


def symmetric(n_items: int, n_agents: int, p: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers and truth of voters that are right with p and else take any of three wrong options."""
    rng = keyed(seed, "voters")
    truth = rng.integers(0, 4, n_items)
    wrong = (truth[:, None] + rng.integers(1, 4, (n_items, n_agents))) % 4
    return np.where(rng.random((n_items, n_agents)) < p, truth[:, None], wrong), truth


def test_the_weight_of_a_symmetric_voter_is_the_tabled_one() -> None:
    assert pytest.approx(1.50408, abs=5e-6) == THETA


def exact(n: int) -> float:
    """Î(n) of symmetric voters with p = .6 among four options, summed over all votes."""
    rows = np.array([row for row in itertools.product(range(n + 1), repeat=4) if sum(row) == n])
    ways = [math.factorial(n) / math.prod(math.factorial(int(k)) for k in row) for row in rows]
    chance = ways * 0.6 ** rows[:, 0] * (0.4 / 3) ** (n - rows[:, 0])
    return float(chance @ vote_information(rows[:, None, :], [THETA]))


def test_usable_evidence_of_symmetric_voters_is_the_tabled_curve() -> None:
    curve = [exact(n) for n in SIZES]
    assert curve == pytest.approx(TABLED, abs=5.1e-6)
    residual = 1 - np.array(curve) / 2
    np.testing.assert_allclose(residual, [0.8025, 0.6509, 0.5292, 0.3524, 0.1932, 0.0876], atol=5.1e-5)
    assert residual[4] > (1 - 0.1975) ** 8 == pytest.approx(0.172, abs=5e-4)  # the theorem is no bound on real voters
    alpha = alpha_n(curve, SIZES, 2.0)
    np.testing.assert_allclose(alpha[[0, -1]], [0.1975, 0.1837], atol=5.1e-5)
    assert (np.diff(alpha) < 0).all()  # so no single α describes real voters


def test_the_curve_is_found_in_two_hundred_thousand_questions() -> None:
    answers, truth = symmetric(200_000, 12, 0.6, seed=3)
    found = v_information_curve(answers, truth, np.zeros(12, dtype=int), 4, 1, sizes=[1, 3, 12])
    error = found.by_item.std(axis=0) / math.sqrt(200_000)
    assert (np.abs(found.bits - [0.39506, 0.94164, 1.82487]) < 3 * error).all()
    np.testing.assert_allclose(found.theta, THETA, atol=0.03)
    assert not found.synergy.any()
    assert (found.redundancy[1:] > 0.1).all()


def test_each_configuration_gets_its_own_weight() -> None:
    good, truth = symmetric(4000, 2, 0.8, seed=1)
    poor, _ = symmetric(4000, 2, 0.25, seed=2)  # knows nothing of this truth
    found = v_information_curve(np.c_[good, poor], truth, [0, 0, 1, 1], 4, 1)
    assert found.theta[-1, 0] == pytest.approx(math.log(0.8 * 3 / 0.2), abs=0.15)
    assert found.theta[-1, 1] == pytest.approx(0.0, abs=0.1)
    alone = v_information_curve(good, truth, [0, 0], 4, 1)
    assert found.bits[-1] == pytest.approx(alone.bits[-1], abs=0.01)


def test_a_second_copy_of_a_voter_tells_nothing_new() -> None:
    answers, truth = symmetric(3000, 1, 0.6, seed=4)
    found = v_information_curve(np.repeat(answers, 4, axis=1), truth, [0, 0, 0, 0], 4, 1)
    np.testing.assert_allclose(found.bits, found.bits[0], atol=0.005)
    np.testing.assert_allclose(found.redundancy[1:], found.bits[0], atol=0.005)


def test_voters_that_must_be_read_together_are_flagged_as_synergy() -> None:
    """Just one of the two is right at every question: alone worth 0.21 bits, together one bit."""
    rng = keyed(5, "synergy")
    n = 4000
    truth = rng.integers(0, 4, n)
    wrong = (truth + rng.integers(1, 4, n)) % 4
    first = rng.random(n) < 0.5
    answers = np.stack([np.where(first, truth, wrong), np.where(first, wrong, truth)], axis=1)
    found = v_information_curve(answers, truth, [0, 0], 4, 1)
    assert found.bits == pytest.approx([1 - 0.5 * math.log2(3), 1.0], abs=0.03)
    assert found.synergy.tolist() == [False, True]
    independent = v_information_curve(*symmetric(n, 3, 0.6, seed=6), [0, 0, 0], 4, 1)
    assert not independent.synergy.any()


@given(st.permutations(range(5)), st.permutations(range(4)))
@settings(deadline=None, max_examples=10)
def test_order_of_agents_and_names_of_options_change_no_number(order: list[int], names: list[int]) -> None:
    answers, truth = symmetric(60, 5, 0.6, seed=7)
    answers[3, 2] = -1
    config = np.array([0, 1, 0, 2, 1])
    want = v_information_curve(answers, truth, config, 4, 9)
    renamed = np.where(answers >= 0, np.array(names)[answers], -1)
    found = v_information_curve(renamed[:, order], np.array(names)[truth], config[order], 4, 9)
    np.testing.assert_allclose(found.by_item, want.by_item, atol=1e-9)
    np.testing.assert_allclose(found.theta, want.theta, atol=1e-9)


def test_the_same_seed_gives_the_same_curve_and_sizes_stand_alone() -> None:
    answers, truth = symmetric(100, 6, 0.6, seed=8)
    config = [0, 1, 0, 1, 0, 1]
    whole = v_information_curve(answers, truth, config, 4, 2)
    part = v_information_curve(answers, truth, config, 4, 2, sizes=[2, 5])
    np.testing.assert_array_equal(part.by_item, whole.by_item[:, [1, 4]])
    assert part.increments[1] == pytest.approx((whole.bits[4] - whole.bits[1]) / 3)
    assert part.increments[0] == pytest.approx(whole.bits[1] / 2)


def test_guessers_carry_nothing_and_the_certain_nearly_all() -> None:
    guesses, truth = symmetric(2000, 4, 0.25, seed=9)
    none = v_information_curve(guesses, truth, [0, 0, 1, 1], 4, 1)
    assert (np.abs(none.bits) < 0.01).all()
    sure = v_information_curve(np.repeat(truth[:, None], 3, axis=1), truth, [0, 0, 0], 4, 1)
    assert (sure.bits < 2.0).all()
    assert (sure.bits > 1.98).all()
    assert np.isfinite(sure.theta).all()


def test_unlabelled_questions_are_left_out_and_the_missing_carry_nothing() -> None:
    answers, truth = symmetric(200, 3, 0.6, seed=10)
    more = np.r_[answers, answers[:50]]
    found = v_information_curve(more, np.r_[truth, np.full(50, -1)], [0, 0, 0], 4, 1)
    np.testing.assert_array_equal(found.by_item, v_information_curve(answers, truth, [0, 0, 0], 4, 1).by_item)
    with_silent = v_information_curve(np.c_[answers, np.full(200, -1)], truth, [0, 0, 0, 1], 4, 1)
    assert with_silent.bits[-1] == pytest.approx(found.bits[-1], abs=0.01)
    assert with_silent.theta[-1, 1] == 0.0


@pytest.mark.parametrize(
    ("answers", "truth"),
    [
        (np.zeros((0, 3), dtype=int), np.zeros(0, dtype=int)),
        (np.zeros((4, 3), dtype=int), np.zeros(4, dtype=int)),
        (np.zeros((9, 3), dtype=int), np.full(9, -1)),
        (np.full((9, 3), -1), np.zeros(9, dtype=int)),
    ],
)
def test_too_little_to_fit_is_undefined_with_a_warning(answers: np.ndarray, truth: np.ndarray) -> None:
    found = v_information_curve(answers, truth, [0, 0, 1], 4, 1)
    assert np.isnan([found.bits, found.alpha, found.increments, found.redundancy]).all()
    assert not found.synergy.any()
    assert "undefined" in found.warnings[0]
    assert found.theta.shape == (3, 2)


def test_a_team_without_agents_has_an_empty_curve() -> None:
    found = v_information_curve(np.zeros((9, 0), dtype=int), np.zeros(9, dtype=int), [], 4, 1)
    assert found.bits.shape == found.alpha.shape == (0,)


def test_one_agent_has_one_point() -> None:
    answers, truth = symmetric(500, 1, 0.6, seed=11)
    found = v_information_curve(answers, truth, [0], 4, 1)
    assert found.increments.tolist() == found.bits.tolist()
    assert found.redundancy.tolist() == [0.0]
    assert found.alpha == pytest.approx(found.bits / 2)


def test_alpha_is_undefined_above_the_entropy_and_increments_add_up() -> None:
    assert np.isnan(alpha_n(2.1, 3, 2.0))
    assert alpha_n(2.0, 3, 2.0) == 1.0
    assert increments([0.4, 0.9, 1.0], [1, 3, 4]).tolist() == pytest.approx([0.4, 0.25, 0.1])


ANSWERS = hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.integers(-1, 3))


@given(ANSWERS, st.permutations(range(4)))
@settings(deadline=None)
def test_the_parts_of_a_vote_are_ordered_and_free_of_names(a: np.ndarray, names: list[int]) -> None:
    truth = np.arange(len(a)) % 5 - 1
    found = vote_decomposition(a, truth)
    renamed = vote_decomposition(
        np.where(a >= 0, np.array(names)[a], -1), np.where(truth >= 0, np.array(names)[truth], -1)
    )
    np.testing.assert_allclose(found, renamed)
    undefined = (truth < 0) | (a < 0).all(axis=1)
    assert all((np.isnan(part) == undefined).all() for part in found)
    ok = ~undefined
    assert (found.any_correct[ok] >= np.maximum(found.plurality, found.mean_readable)[ok]).all()
    assert (found.mean[ok] <= found.mean_readable[ok]).all()
    np.testing.assert_array_equal(found.modal, found.plurality)


def test_the_parts_of_a_vote_by_hand() -> None:
    pool = [[0, 0, 0, 1, 1], [2, 2, 2, 1, 1], [-1, -1, -1, -1, -1]]
    found = vote_decomposition([[0, 1, -1], [2, 1, 1], [0, 0, 0]], [0, 1, 0], pool)
    assert found.any_correct.tolist() == [1.0, 1.0, 1.0]
    assert found.plurality.tolist() == [0.5, 1.0, 1.0]
    assert found.mean.tolist() == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert found.mean_readable.tolist() == pytest.approx([0.5, 2 / 3, 1.0])
    assert found.modal.tolist()[:2] == [1.0, 0.0]
    assert np.isnan(found.modal[2])
    assert float(expected_accuracy([2, 3])) == 0.0


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_nothing_to_take_apart_is_undefined(shape: tuple[int, int]) -> None:
    found = vote_decomposition(np.zeros(shape, dtype=int), np.zeros(shape[0], dtype=int))
    assert all(part.shape == shape[:1] and np.isnan(part).all() for part in found)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: v_information_curve([[0, 1]], [0], [0], 4, 1), "answers (1, 2)"),
        (lambda: v_information_curve([[0, 1]], [0, 1], [0, 0], 4, 1), "truth (2,)"),
        (lambda: v_information_curve([[0, 4]], [0], [0, 0], 4, 1), "not below C"),
        (lambda: v_information_curve([[0, 1]], [0], [0, 0], 1, 1), "C ≥ 2"),
        (lambda: v_information_curve([[0, 1]], [0], [0, -1], 4, 1), "config = -1"),
        (lambda: v_information_curve([[0, 1]], [0], [0, 0], 4, 1, sizes=[2, 1]), "increasing"),
        (lambda: v_information_curve([[0, 1]], [0], [0, 0], 4, 1, sizes=[3]), "1 to 2"),
        (lambda: v_information_curve([[0, 1]], [0], [0, 0], 4, 1, folds=1), "folds = 1"),
        (lambda: vote_decomposition([[0, 1]], [0, 1]), "truth"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
