"""Racing votes against published values, simulation, and the laws they must reduce to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import (
    ahead_by_k,
    chain_cost,
    chain_samples,
    condorcet,
    first_to_k,
    k_min,
    p_full,
    pilot_k,
    race_by_draws,
)
from agentscale.errors import SpecError

HANOI = 2**20 - 1
ABOVE_HALF = st.floats(0.51, 0.999)


@pytest.mark.parametrize(("error", "k"), [(0.3571, 29), (0.2342, 15), (0.0569, 6), (0.0040, 4), (0.0022, 3)])
def test_the_lead_that_twenty_disks_need(error: float, k: int) -> None:
    assert k_min(1 - error, HANOI, 0.95) == k


@pytest.mark.parametrize(("p", "target", "k"), [(0.99, 0.9, 4), (0.9, 0.9, 8), (0.999, 0.9, 3)])
def test_the_lead_that_a_million_steps_need(p: float, target: float, k: int) -> None:
    assert k_min(p, 1e6, target) == k


def test_two_candidates_give_the_tabled_values() -> None:
    race = ahead_by_k(0.6, 3)
    assert race.correct == pytest.approx(0.7714, abs=5e-5)
    assert race.samples == pytest.approx(8.143, abs=5e-4)
    assert ahead_by_k(0.9978, 3).samples == pytest.approx(3.013, abs=5e-4)


def test_drawn_races_agree_with_the_law_of_two() -> None:
    law, drawn = ahead_by_k(0.6, 3), race_by_draws([0.6, 0.4], 3, seed=4)
    assert abs(drawn.correct - law.correct) < 3 * drawn.correct_se
    assert abs(drawn.samples - law.samples) < 3 * drawn.samples_se


def test_scattered_rivals_are_easier_than_the_law_of_two_says() -> None:
    drawn = race_by_draws([0.4] + [0.1] * 6, 3, races=40_000, seed=5)
    assert abs(drawn.correct - 0.961) < 3 * drawn.correct_se + 0.0005
    assert abs(drawn.samples - 13.9) < 3 * drawn.samples_se + 0.05
    assert drawn.correct > ahead_by_k(0.6, 3).correct


def test_a_race_that_is_stopped_is_undecided_and_not_correct() -> None:
    drawn = race_by_draws([1.0], 5, races=10, max_votes=4)
    assert (drawn.undecided, drawn.correct, drawn.samples) == (1.0, 0.0, 4.0)
    assert race_by_draws([1.0], 5, races=10).samples == 5.0


@given(ABOVE_HALF, st.integers(1, 12))
def test_a_lead_of_one_is_one_sample_and_a_longer_one_is_surer(p: float, k: int) -> None:
    assert ahead_by_k(p, 1) == pytest.approx((p, 1.0))
    assert ahead_by_k(p, k + 1).correct >= ahead_by_k(p, k).correct
    assert ahead_by_k(p, k).samples >= k * (1 - 1e-12)


@given(ABOVE_HALF, st.integers(1, 10**7), st.floats(0.05, 0.999), st.integers(1, 5))
def test_the_least_lead_reaches_the_target_and_one_less_does_not(p: float, steps: int, target: float, m: int) -> None:
    steps = max(steps, m)
    k = int(k_min(p, steps, target, m))
    assert p_full(p, k, steps, m) >= target * (1 - 1e-6)
    assert k == 1 or p_full(p, k - 1, steps, m) < target


def test_a_chain_of_one_step_is_a_race() -> None:
    assert p_full(0.7, 4, 1) == pytest.approx(float(ahead_by_k(0.7, 4).correct))
    assert p_full(0.7, 4, 50) == pytest.approx(float(ahead_by_k(0.7, 4).correct) ** 50)
    assert p_full(1.0, 1, 1e6) == 1.0


@given(ABOVE_HALF, st.integers(1, 8), st.floats(0.1, 1.0))
def test_cost_is_below_the_published_bound(p: float, k: int, valid: float) -> None:
    samples = chain_samples(p, k, 1000, valid=valid)
    assert 1000 * k / valid <= samples * (1 + 1e-9)
    assert samples <= 1000 * k / (valid * (2 * p - 1)) * (1 + 1e-9)
    assert chain_cost(p, k, 1000, 0.002, valid=valid) == pytest.approx(0.002 * float(samples))


def test_more_steps_in_a_call_cost_exponentially() -> None:
    one, ten = chain_samples(0.8, 3, 1000), chain_samples(0.8, 3, 1000, per_call=10)
    assert ten / one == pytest.approx(0.8**-9 / 10)


@given(st.floats(0.01, 0.99), st.integers(1, 12))
@settings(deadline=None)
def test_first_to_k_of_two_is_the_majority_of_two_k_minus_one(p: float, k: int) -> None:
    assert first_to_k([p, 1 - p], k).correct == pytest.approx(float(condorcet(2 * k - 1, p)), abs=1e-10)


def test_first_to_k_by_hand() -> None:
    assert first_to_k([0.5, 0.3, 0.2], 1) == pytest.approx((0.5, 1.0))
    two = first_to_k([0.6, 0.4], 2)  # two samples, or three if the first two differ
    assert two.samples == pytest.approx(2 + 2 * 0.6 * 0.4)
    assert first_to_k([1.0], 7) == pytest.approx((1.0, 7.0))


def test_first_to_k_stands_scattered_and_discarded_samples() -> None:
    law = first_to_k([[0.4, *[0.1] * 6], [0.2, *[0.05] * 6]], 3)
    assert law.correct[0] == pytest.approx(law.correct[1], abs=1e-10)
    assert law.samples[1] == pytest.approx(2 * law.samples[0])
    assert np.isnan(first_to_k([0.0, 0.0], 3)).all()
    assert first_to_k([0.0, 0.5], 3) == pytest.approx((0.0, 6.0))


@given(st.permutations([0.1, 0.15, 0.2]), st.integers(1, 6))
@settings(deadline=None)
def test_the_names_of_rivals_do_not_matter(rivals: list[float], k: int) -> None:
    np.testing.assert_allclose(first_to_k([0.5, *rivals], k), first_to_k([0.5, 0.1, 0.15, 0.2], k))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ahead_by_k(0.4, 3), "p = 0.4"),
        (lambda: ahead_by_k(0.5, 3), "0.5 < p ≤ 1"),
        (lambda: p_full([0.9, 0.3], 3, 10), "p = 0.3"),
        (lambda: chain_samples(0.5, 3, 10), "0.5 < p ≤ 1"),
        (lambda: k_min(0.5, 10, 0.9), "0.5 < p < 1"),
        (lambda: k_min(0.9, 10, 1.0), "target = 1"),
        (lambda: k_min(0.9, 0.5, 0.9), "steps = 0.5"),
        (lambda: ahead_by_k(0.9, 0), "k ≥ 1"),
        (lambda: ahead_by_k(0.9, 2.5), "k = 2.5"),
        (lambda: chain_samples(0.9, 3, 10, valid=0.0), "valid = 0"),
        (lambda: first_to_k([0.9, 0.2], 3), "theta adds up to 1.1"),
        (lambda: first_to_k([0.9, -0.2], 3), "theta = -0.2"),
    ],
)
def test_a_number_outside_its_range_is_named_with_its_range(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)


def test_a_pilot_asks_for_the_k_of_its_share_and_of_the_lower_end_of_its_interval() -> None:
    found = pilot_k(9_978, 10_000, HANOI, 0.95)
    assert (found.p, found.k) == (pytest.approx(0.9978), k_min(0.9978, HANOI, 0.95))
    assert found.k_safe == k_min(found.p_low, HANOI, 0.95) >= found.k
    assert found.p_low == pytest.approx(0.99668, abs=2e-5)


def test_a_pilot_of_several_steps_a_call_gives_the_chance_of_one() -> None:
    assert pilot_k(81, 100, 31, 0.9, per_call=2).p == pytest.approx(0.9)


def test_a_pilot_without_a_sure_majority_gives_no_k() -> None:
    with pytest.raises(SpecError, match="6 of 10 votes are right"):
        pilot_k(6, 10, 31, 0.9)
    with pytest.raises(SpecError, match="right is 11 of 10 votes"):
        pilot_k(11, 10, 31, 0.9)
