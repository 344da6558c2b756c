"""BCa ends: coverage where percentiles fail, invariance, and edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import bootstrap_means
from agentscale.analysis.intervals import bca_ends, percentile_ends, quantiles, shape_of
from agentscale.analysis.resampling import resampling_weights
from agentscale.randomness import keyed


def covered(low: np.ndarray, high: np.ndarray, truth: float) -> float:
    return float(np.mean((low - 1e-12 <= truth) & (truth <= high + 1e-12)))


def test_with_thirty_two_questions_at_nine_tenths_bca_covers_and_percentiles_do_not() -> None:
    right = (keyed(1, "x").random((32, 2000)) < 0.9).astype(float)
    found = bootstrap_means(right, seed=1, resamples=1000)
    weights = np.concatenate(list(resampling_weights(32, 1000, keyed(1, "w"))))
    assert 0.93 <= covered(found.low, found.high, 0.9) <= 0.97
    assert covered(*percentile_ends(weights @ right / 32), 0.9) < 0.88


def test_the_shape_of_a_mean_is_its_skewness_and_its_degrees_of_freedom() -> None:
    x = keyed(2, "x").exponential(size=(50, 1))
    shape = shape_of([(x - x.mean()) / 50])
    skewness = ((x - x.mean()) ** 3).mean() / ((x - x.mean()) ** 2).mean() ** 1.5
    assert shape.acceleration[0] == pytest.approx(skewness / (6 * math.sqrt(50)))
    assert shape.widening[0] == pytest.approx(math.sqrt(50 / 49))
    assert shape.freedom[0] == pytest.approx(49)


def test_two_equal_strata_have_the_degrees_of_freedom_of_both() -> None:
    x = keyed(3, "x").standard_normal((20, 1))
    part = (x - x.mean()) / 40
    assert shape_of([part, part]).freedom[0] == pytest.approx(38)


def test_what_does_not_vary_has_an_interval_without_width() -> None:
    found = bootstrap_means(np.ones((10, 1)), seed=1, resamples=100)
    assert (found.low[0], found.high[0]) == (1.0, 1.0)


def test_symmetric_draws_of_many_questions_give_the_percentile_interval() -> None:
    drawn = np.linspace(-3, 3, 4001)[:, None]
    shape = shape_of([np.tile([[-1.0], [1.0]], (50_000, 1))])
    np.testing.assert_allclose(
        np.ravel(bca_ends(drawn, np.zeros(1), shape)), np.ravel(percentile_ends(drawn)), atol=2e-3
    )


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=40), st.floats(0, 1))
def test_a_quantile_of_defined_draws_is_numpys(values: list[float], level: float) -> None:
    with_gaps = np.array([np.nan, *values, np.nan])[:, None]
    assert quantiles(with_gaps, np.array([level]))[0] == pytest.approx(np.quantile(values, level), abs=1e-12)


def test_a_column_without_a_defined_draw_has_no_interval() -> None:
    assert np.isnan(quantiles(np.full((5, 1), np.nan), np.array([0.5])))[0]


@settings(max_examples=30)
@given(st.integers(0, 200), st.floats(0.1, 4), st.floats(-3, 3))
def test_intervals_move_and_stretch_with_their_values(seed: int, scale: float, shift: float) -> None:
    x = keyed(seed, "x").random((15, 1))
    plain, moved = (bootstrap_means(values, seed=1, resamples=200) for values in (x, scale * x + shift))
    assert moved.low[0] == pytest.approx(scale * plain.low[0] + shift, abs=1e-8)
    assert moved.high[0] == pytest.approx(scale * plain.high[0] + shift, abs=1e-8)
