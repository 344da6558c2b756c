"""Overhead figures against published arithmetic, and the longest chain of events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import (
    coordination_efficiency,
    critical_path,
    duplicate_work_ratio,
    error_absorption,
    error_odds_ratio,
    error_outcome_ratio,
    message_density,
    overhead_percent,
    success_at_density,
    success_per_million_tokens,
    turn_law,
)
from agentscale.errors import SpecError


def test_the_turn_law_gives_the_tabled_turns() -> None:
    np.testing.assert_allclose(turn_law([1, 2, 3, 5, 9]), [5.472, 13.201, 23.58, 51.399, 131.876], atol=6e-4)


def test_efficiency_follows_from_published_success_and_overhead() -> None:
    """Single, independent, decentralised, centralised, hybrid: overheads of 0, 58, 263, 285 and 515 %."""
    success, overhead = np.array([0.466, 0.370, 0.479, 0.462, 0.455]), np.array([0.0, 58.0, 263.0, 285.0, 515.0])
    turns = 7.2 * (1 + overhead / 100)
    np.testing.assert_allclose(overhead_percent(turns, 7.2), overhead, atol=1e-9)
    efficiency = coordination_efficiency(success, turns, 7.2)
    np.testing.assert_allclose(efficiency, [0.466, 0.234, 0.132, 0.120, 0.074], atol=5e-4)


def test_the_published_plateau_of_message_density_is_the_single_agents_success() -> None:
    assert success_at_density(0.39) == pytest.approx(0.466, abs=5e-4)
    assert message_density(39, 100) == pytest.approx(0.39)
    assert np.isnan(message_density(0, 0))


def test_error_amplification_has_three_readings_and_the_published_one_is_not_the_first() -> None:
    assert error_outcome_ratio(0.370, 0.466) == pytest.approx(1.18, abs=5e-3)
    assert error_odds_ratio(0.370, 0.466) == pytest.approx((0.63 / 0.37) / (0.534 / 0.466))
    assert error_outcome_ratio(0.5, 0.5) == error_odds_ratio(0.5, 0.5) == 1.0
    assert np.isnan([error_outcome_ratio(0.5, 1.0), error_odds_ratio(0.5, 1.0), error_odds_ratio(0.0, 0.5)]).all()


def test_absorption_is_the_share_of_errors_that_are_not_made() -> None:
    assert error_absorption(0.4, 0.5) == pytest.approx(0.2)
    assert error_absorption(0.6, 0.5) == pytest.approx(-0.2)
    assert np.isnan(error_absorption(0.1, 0.0))


def test_success_is_told_for_every_million_tokens() -> None:
    assert success_per_million_tokens(0.466, 6_883) == pytest.approx(67.7, abs=0.05)
    assert np.isnan(success_per_million_tokens(1, 0))


def test_work_is_duplicate_only_where_two_agents_did_it() -> None:
    uses = [("a", "add(1,2)"), ("a", "add(1,2)"), ("b", "add(1,2)"), ("b", "look(x)")]
    assert duplicate_work_ratio(uses) == 0.5
    assert np.isnan(duplicate_work_ratio([]))


def test_the_critical_path_is_the_longest_chain() -> None:
    assert critical_path([1.0, 2.0, 4.0, 1.0], [(0, 1), (1, 3), (2, 3)]) == 5.0
    assert critical_path([1.0, 2.0, 4.0], []) == 4.0
    assert critical_path([], []) == 0.0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=8), st.integers(1, 4))
def test_rounds_with_a_barrier_take_the_sum_of_their_slowest(latencies: list[float], rounds: int) -> None:
    n = len(latencies)
    waits = [(t * n + i, (t + 1) * n + j) for t in range(rounds - 1) for i in range(n) for j in range(n)]
    assert critical_path(latencies * rounds, waits) == pytest.approx(rounds * max(latencies))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: critical_path([1, 1], [(0, 1), (1, 0)]), "wait for each other"),
        (lambda: critical_path([1], [(0, 3)]), "event 3"),
        (lambda: critical_path([-1], []), "latency_s = -1"),
        (lambda: overhead_percent(3, 0), "single_turns = 0"),
        (lambda: coordination_efficiency(1.5, 2, 1), "success = 1.5"),
        (lambda: success_at_density(0), "density = 0"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
