"""Studentised intervals of ρ: the scale, its gradient, coverage where BCa falls short, and edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import bootstrap_statistic, icc_correct, icc_estimate
from agentscale.analysis.inference.correlation import fisher_scale, icc_columns, icc_of_means
from agentscale.analysis.inference.studentised import Scale, studentised_ends
from agentscale.analysis.resampling import resampling_weights
from agentscale.randomness import keyed

IDENTITY = Scale(lambda means: (means[..., 0], np.ones_like(means)), lambda value: value)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(2, 9)), min_size=3, max_size=30))
def test_the_scale_gives_back_the_correlation_and_its_gradient_is_that_of_differences(
    items: list[tuple[int, int]],
) -> None:
    k, n = np.array([min(pair) for pair in items]), np.array([pair[1] for pair in items])
    means = icc_columns(k.astype(float), n.astype(float)).mean(axis=0)
    rho = float(icc_correct(k, n))
    scale = fisher_scale(means)
    value, gradient = scale.on(means)
    if not np.isfinite(value) or abs(value) > 3:
        return
    assert scale.back(value) == pytest.approx(rho, abs=1e-9)
    for at in range(3):
        step = 1e-6 * np.eye(3)[at] * max(means[at], 1.0)
        slope = (scale.on(means + step)[0] - scale.on(means - step)[0]) / (2 * step[at])
        assert gradient[at] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_the_standard_error_of_a_mean_is_students() -> None:
    x = keyed(1, "x").standard_normal((40, 1))
    drawn = np.concatenate(list(resampling_weights(40, 4000, keyed(1, "w")))).astype(float)
    ends = studentised_ends(x, lambda columns: drawn @ columns / 40, IDENTITY)
    means = drawn @ x[:, 0] / 40
    errors = np.sqrt((drawn @ x[:, 0] ** 2 / 40 - means**2) / 39)
    t = np.quantile((means - x.mean()) / errors, [0.975, 0.025])
    np.testing.assert_allclose(ends, x.mean() - t * x.std(ddof=0) / np.sqrt(39), rtol=1e-9)


@pytest.mark.parametrize(("agents", "a", "b"), [(4, 1.1, 0.75), (2, 4.0, 4.0)])
def test_thirty_two_questions_are_enough_for_an_interval_of_rho(agents: int, a: float, b: float) -> None:
    rng, truth = keyed(2, "worlds", agents), 1 / (a + b + 1)
    hits = 0
    for world in range(400):
        found = icc_estimate(rng.binomial(agents, rng.beta(a, b, size=32)), agents, seed=world % 8, resamples=500)
        hits += found.low <= truth <= found.high
    assert abs(hits / 400 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400)


def test_where_nearly_all_is_right_it_covers_more_often_than_bca() -> None:
    """Nine in ten right, 64 questions: 92 to 95 times in 100, where BCa comes to 88 to 90."""
    rng, truth = keyed(3, "easy"), 1 / 4.0
    hits = {"studentised": 0, "bca": 0}
    for world in range(300):
        k = rng.binomial(4, rng.beta(2.7, 0.3, size=64)).astype(float)
        columns = icc_columns(k, np.full(64, 4.0))
        for name, scale in (("studentised", fisher_scale), ("bca", None)):
            found = bootstrap_statistic(columns, icc_of_means, seed=world % 8, resamples=500, scale=scale)
            hits[name] += found.low <= truth <= found.high
    assert hits["studentised"] / 300 > 0.87
    assert hits["studentised"] >= hits["bca"]


def test_where_too_few_questions_differ_the_interval_is_bcas() -> None:
    k = np.array([4.0] * 20 + [0.0] * 11 + [2.0])  # one resample in three has no split team
    found, bca = (
        bootstrap_statistic(icc_columns(k, np.full(32, 4.0)), icc_of_means, seed=1, resamples=500, scale=scale)
        for scale in (fisher_scale, None)
    )
    assert (found.low, found.high, found.method) == (bca.low, bca.high, bca.method)
    assert "BCa" in found.method


def test_teams_that_are_always_of_one_mind_have_an_interval_without_width() -> None:
    found = icc_estimate([4, 0, 4, 0, 4, 4, 0], 4, seed=1, resamples=200)
    np.testing.assert_allclose([found.value, found.low, found.high], 1.0, atol=1e-12)


def test_the_ends_do_not_leave_the_range_of_a_correlation() -> None:
    rng = keyed(4, "short")
    for _ in range(50):
        found = icc_estimate(rng.binomial(3, rng.beta(0.5, 0.5, size=8)), 3, seed=1, resamples=200)
        if np.isfinite(found.low):
            assert -0.5 - 1e-9 <= found.low <= found.high <= 1 + 1e-9
