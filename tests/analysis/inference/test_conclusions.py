"""Power, matches, permutation tests, association within datasets, and what may not be compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from agentscale.analysis import mcnemar
from agentscale.analysis.inference import (
    benjamini_hochberg,
    check_decoding,
    check_parse_failure,
    detectable_delta,
    isotonic,
    items_needed,
    n_match,
    permutation_test,
    within_association,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def test_two_points_of_difference_need_some_2790_questions() -> None:
    assert items_needed(0.0237, 0.2) == pytest.approx(2790, abs=5)
    assert detectable_delta(items_needed(0.05, 0.3), 0.3) == pytest.approx(0.05, abs=1e-4)
    assert math.isnan(detectable_delta(1, 0.001))


def test_the_power_that_is_promised_is_the_power_that_mcnemar_has() -> None:
    n = items_needed(0.1, 0.3)
    drawn = keyed(1, "power").multinomial(n, [0.2, 0.1, 0.7], size=1000)
    found = [mcnemar([1] * wins + [0] * losses, [0] * wins + [1] * losses) < 0.05 for wins, losses, _ in drawn]
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)  # the exact test is a little conservative


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_an_isotonic_curve_rises_keeps_its_mean_and_leaves_rising_ones_alone(y: list[float]) -> None:
    smooth = isotonic(y)
    assert (np.diff(smooth) >= -1e-12).all()
    assert smooth.mean() == pytest.approx(np.mean(y))
    np.testing.assert_allclose(isotonic(np.sort(y)), np.sort(y), atol=1e-12)


def test_an_isotonic_curve_pools_what_falls() -> None:
    np.testing.assert_allclose(isotonic([1.0, 3.0, 2.0, 2.0, 5.0]), [1, 7 / 3, 7 / 3, 7 / 3, 5])


def curves(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy .5, .6, .7, .8 at 1, 2, 4, 8 agents, on shared questions."""
    luck = keyed(2, "match").random((n, 1))
    return np.array([1, 2, 4, 8]), (luck < np.array([0.5, 0.6, 0.7, 0.8])).astype(float)


def test_a_match_is_found_where_the_curves_cross_and_its_spread_is_told() -> None:
    sizes, curve = curves()
    found = n_match(sizes, curve, {"half": curve[:, 1], "none": np.ones(len(curve))}, resamples=500)
    assert found["half"].size == pytest.approx(2.0)
    assert found["half"].p_match == 1.0
    assert found["half"].surely == 2.0  # never worse: the questions are shared
    assert found["none"].size == math.inf
    assert found["none"].p_match == 0.0
    assert "no match" in found["none"].warnings[0]


def test_a_match_against_other_questions_luck_is_a_distribution() -> None:
    sizes, curve = curves()
    reference = (keyed(3, "other").random(len(curve)) < 0.65).astype(float)
    found = n_match(sizes, curve, {"reference": reference}, resamples=500)["reference"]
    assert found.low < found.size < found.high
    assert found.surely >= found.size
    loose = n_match(sizes, curve, {"reference": reference}, epsilon=0.1, resamples=500)["reference"]
    assert loose.size < found.size


@pytest.mark.parametrize(
    ("sizes", "curve", "references", "said"),
    [
        ([1, 2], np.ones((5, 2)), {}, "at least one reference"),
        ([2, 1], np.ones((5, 2)), {"r": np.ones(5)}, "increasing"),
        ([1, 2], np.ones((5, 3)), {"r": np.ones(5)}, "curve"),
        ([1, 2], np.full((5, 2), np.nan), {"r": np.ones(5)}, "defined throughout"),
    ],
)
def test_a_match_of_what_does_not_fit_is_refused(sizes: list, curve: np.ndarray, references: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        n_match(sizes, curve, references)


def test_shuffling_inside_strata_sees_what_is_there_and_not_what_strata_share() -> None:
    rng = keyed(4, "strata")
    dataset = np.repeat(np.arange(6), 20)
    level = dataset * 1.0
    shared = permutation_test(level + rng.standard_normal(120), level + rng.standard_normal(120), dataset, n=300)
    assert shared.p > 0.05
    x = rng.standard_normal(120)
    real = permutation_test(x + level, 0.7 * x - level + rng.standard_normal(120), dataset, n=300)
    assert real.p < 0.01
    assert real.z > 3


def test_p_values_under_the_null_are_uniform() -> None:
    rng = keyed(5, "null")
    found = [permutation_test(rng.random(12), rng.random(12), [0] * 6 + [1] * 6, n=99, seed=i).p for i in range(200)]
    assert np.mean(np.array(found) <= 0.1) == pytest.approx(0.1, abs=0.065)
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15))
def test_adjusted_p_values_are_scipys(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), atol=1e-12)


def test_a_test_that_is_not_defined_does_not_count() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])


def cells(effect: float, seed: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = keyed(seed, "cells")
    dataset = np.repeat(np.arange(7), 30)
    metric = rng.standard_normal(210)
    return metric, dataset / 10 + effect * metric + 0.1 * rng.standard_normal(210), dataset


def test_an_association_within_datasets_is_found_and_predicts_datasets_that_were_left_out() -> None:
    found = within_association(*cells(0.1), permutations=300)
    assert found.slope == pytest.approx(1 / math.sqrt(2), abs=0.1)
    assert found.r2_within == pytest.approx(found.slope**2)
    assert found.r2_left_out == pytest.approx(found.r2_within, abs=0.06)
    assert found.permuted.p < 0.01
    assert (found.n_points, found.n_datasets, found.warnings) == (210, 7, ())


def test_difficulty_of_datasets_is_no_association() -> None:
    metric, accuracy, dataset = cells(0.0)
    found = within_association(metric + 2 * dataset, accuracy, dataset, permutations=300)
    assert abs(found.slope) < 0.2
    assert found.r2_left_out < 0.05
    assert found.permuted.p > 0.05


def test_what_a_covariate_explains_is_not_the_metrics() -> None:
    metric, accuracy, dataset = cells(0.1, seed=7)
    copy = metric + 0.2 * keyed(8, "copy").standard_normal(len(metric))
    found = within_association(copy, accuracy, dataset, covariates=metric, permutations=200)
    assert found.r2_gain < 0.02
    assert found.r2_within > 0.3


def test_cells_that_are_not_defined_and_lonely_datasets_are_told() -> None:
    found = within_association([1, 2, np.nan, 4], [0.1, 0.2, 0.3, 0.4], ["a", "a", "a", "b"], permutations=10)
    assert found.warnings == (
        "1 cells are not defined and were left out",
        "1 datasets have a single cell and say nothing",
    )
    with pytest.raises(SpecError, match="one row a cell"):
        within_association([1, 2], [1, 2], ["a"])


def test_teams_that_were_decoded_differently_are_not_compared_by_mistake() -> None:
    assert check_decoding(["temperature 1", "temperature 0"], ["temperature 0", "temperature 1"] * 2) == ()
    with pytest.raises(SpecError) as caught:
        check_decoding(["temperature 1"], ["temperature 0"])
    assert "decoding differs: temperature 1 against temperature 0" in str(caught.value)
    assert "across_decoding=True" in str(caught.value)
    assert len(check_decoding(["temperature 1"], ["temperature 0"], across_decoding=True)) == 1


def test_unequal_shares_of_unreadable_answers_are_warned_of() -> None:
    assert check_parse_failure(0.05, 0.06) == ()
    assert "5.0% against 30.0%" in check_parse_failure(0.05, 0.30)[0]


@pytest.mark.parametrize("call", [lambda: items_needed(0.3, 0.2), lambda: items_needed(0.0, 0.2)])
def test_a_difference_that_cannot_be_is_refused(call: object) -> None:
    with pytest.raises(SpecError, match="delta"):
        call()  # type: ignore[operator]
