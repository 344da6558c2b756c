"""Union of coverage, explained variance, truncated K*, and what a team costs by its design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import (
    cost_model,
    coverage_union,
    effective_channels,
    hill_spectrum,
    kish,
    kstar_truncated,
    mvn_r2_curve,
    pass_at_k,
    team_tokens,
    token_cost_usd,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def test_one_configuration_covers_what_it_covers_alone_and_more_cover_more() -> None:
    assert coverage_union([3], 10, [2]) == pytest.approx(float(pass_at_k(10, 3, 2)))
    both = coverage_union([[3, 0], [0, 5], [3, 5]], 10, [2, 2])
    single = [float(pass_at_k(10, 3, 2)), float(pass_at_k(10, 5, 2))]
    np.testing.assert_allclose(both, [*single, 1 - (1 - single[0]) * (1 - single[1])])


def test_two_temperatures_that_solve_different_questions_beat_one_with_all_the_tries() -> None:
    right = np.array([[8, 0], [0, 8]] * 10)
    together = coverage_union(right, 10, [2, 2]).mean()
    assert together > max(pass_at_k(10, right[:, b], 4).mean() for b in (0, 1))


@given(st.integers(1, 12), st.floats(0, 0.95), st.floats(0.05, 0.3))
def test_equal_correlations_explain_as_much_as_kishs_size(n: int, rho: float, s: float) -> None:
    cov = np.full((n, n), rho) + (1 - rho) * np.eye(n)
    sizes = kish(np.arange(1, n + 1), rho).value
    np.testing.assert_allclose(mvn_r2_curve(cov, np.full(n, s)), s * s * sizes, rtol=1e-6)


def test_correlations_that_vary_about_nought_give_increasing_returns() -> None:
    rng, gains = keyed(1, "mvn"), np.zeros(30)
    for _ in range(200):
        factor = rng.standard_normal((30, 200)) / math.sqrt(200)
        cov = factor @ factor.T
        gains += np.diff(mvn_r2_curve(cov, np.full(30, 0.1)), prepend=0.0)
    assert gains[20:].mean() > 1.05 * gains[:10].mean()


def test_explained_variance_needs_a_covariance() -> None:
    with pytest.raises(SpecError, match="not positive definite"):
        mvn_r2_curve(np.ones((2, 2)), [0.1, 0.1])
    with pytest.raises(SpecError, match="signal"):
        mvn_r2_curve(np.eye(2), [0.1])


def test_all_directions_kept_is_k_star_and_one_is_one() -> None:
    z = keyed(2, "z").standard_normal((5, 8, 20))
    np.testing.assert_allclose(kstar_truncated(z, 8), effective_channels(z))
    np.testing.assert_allclose(kstar_truncated(z, 99, q=2), hill_spectrum(z, (2.0,)).d(2.0))
    np.testing.assert_allclose(kstar_truncated(z, 1), 1.0)


def test_truncated_k_star_is_that_of_the_leading_eigenvalues_with_the_rest_spread_over_them() -> None:
    z = np.diag([1.0, 1, 1, 1])[[0, 0, 0, 0, 1, 1, 2, 3]]  # spectrum 1/2, 1/4, 1/8, 1/8
    p = np.array([0.5, 0.25]) + 0.125
    assert kstar_truncated(z, 2) == pytest.approx(math.exp(-(p * np.log(p)).sum()))
    assert kstar_truncated(z, 2, q=2) == pytest.approx(1 / (p**2).sum())


def test_truncated_k_star_of_nothing_is_undefined() -> None:
    assert math.isnan(kstar_truncated(np.zeros((3, 4)), 2))
    with pytest.raises(SpecError, match="t = 0"):
        kstar_truncated(np.eye(3), 0)


def test_a_debates_tokens_grow_with_what_is_read() -> None:
    vote = team_tokens(4, 0, 0, prompt=100, answer=50)
    assert (float(vote.input), float(vote.cached), float(vote.output)) == (400, 0, 200)
    debate = team_tokens(4, 3, 2, prompt=100, answer=50)
    assert float(debate.output) == 4 * 50 * 3
    assert float(debate.input) == 4 * 100 + 4 * 2 * (100 + 4 * 50)
    assert float(debate.cached) == 4 * 2 * 100
    np.testing.assert_allclose(team_tokens([1, 2], 0, 1, prompt=10, answer=5).input, [25, 50])


@given(st.integers(1, 50), st.integers(0, 10), st.integers(0, 5))
def test_tokens_are_linear_in_agents(n: int, k: int, tau: int) -> None:
    one, many = (team_tokens(size, k, tau, prompt=30, answer=20) for size in (1, n))
    np.testing.assert_allclose(np.array(many), n * np.array(one))


def test_work_and_money_of_tokens() -> None:
    tokens = team_tokens(1, 0, 0, prompt=90, answer=10)
    plain = cost_model(tokens, parameters=1e9, context=0)
    assert plain.flops == pytest.approx(2e9 * 100)
    assert plain.memory_bytes == pytest.approx(2e9 * 10)
    deep = cost_model(tokens, parameters=1e9, context=50, layers=10, width=1000)
    assert deep.flops - plain.flops == pytest.approx(100 * 4 * 10 * 1000 * 50)
    assert deep.equivalent_flops(100.0) == pytest.approx(deep.flops + 100 * deep.memory_bytes)
    assert token_cost_usd(tokens, input=1.0, output=4.0) == pytest.approx((90 + 40) / 1e6)
    debate = team_tokens(2, 1, 1, prompt=90, answer=10)
    assert token_cost_usd(debate, input=1.0, output=4.0, cached=0.1) < token_cost_usd(debate, input=1.0, output=4.0)


def test_a_team_of_nobody_is_refused() -> None:
    with pytest.raises(SpecError, match="n = 0"):
        team_tokens(0, 0, 0, prompt=1, answer=1)
