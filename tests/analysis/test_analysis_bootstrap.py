"""Intervals over questions: coverage at a known truth, dependence kept by shared resamples, and edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import bootstrap_mean_of_means, bootstrap_means, mcnemar, paired_delta
from agentscale.analysis.resampling import resampling_weights
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def worlds(n_worlds: int, n_items: int = 126, n_agents: int = 16) -> tuple[np.ndarray, float]:
    """Shares of right agents by item and world, where items differ in difficulty, and the true mean."""
    rng = keyed(1, "worlds")
    return rng.binomial(n_agents, rng.beta(1.1, 0.75, size=(n_items, n_worlds))) / n_agents, 1.1 / 1.85


def test_intervals_over_questions_cover_the_truth_and_pooled_agents_do_not() -> None:
    shares, truth = worlds(2000)
    found = bootstrap_means(shares, seed=1, resamples=500)
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.925 <= covered <= 0.97
    pooled = 1.96 * np.sqrt(shares.mean(axis=0) * (1 - shares.mean(axis=0)) / (126 * 16))
    assert np.mean(abs(shares.mean(axis=0) - truth) <= pooled) < 0.65


def test_values_are_plain_means_and_intervals_hold_them() -> None:
    values = keyed(2, "x").random((40, 5))
    found = bootstrap_means(values, seed=3, resamples=400)
    np.testing.assert_allclose(found.value, values.mean(axis=0))
    assert (found.low < found.value).all()
    assert (found.value < found.high).all()
    assert found.n_items.tolist() == [40] * 5


def test_the_interval_is_as_wide_as_the_normal_one_of_many_questions() -> None:
    values = keyed(3, "x").standard_normal((4000, 1))
    found = bootstrap_means(values, seed=1, resamples=2000)
    assert (found.high - found.low)[0] == pytest.approx(2 * 1.96 / math.sqrt(4000), rel=0.08)


def test_a_column_has_the_same_interval_alone_and_among_others() -> None:
    values = keyed(4, "x").random((30, 7))
    together = bootstrap_means(values, seed=5, resamples=300)
    alone = bootstrap_means(values[:, 2:3], seed=5, resamples=300)
    assert together.low[2] == pytest.approx(alone.low[0])
    assert together.high[2] == pytest.approx(alone.high[0])


def test_equal_seeds_give_equal_intervals_and_others_do_not() -> None:
    values = keyed(5, "x").random((30, 1))
    first, again, other, task = (
        bootstrap_means(values, seed=seed, resamples=200, task=task).low[0]
        for seed, task in [(1, "a"), (1, "a"), (2, "a"), (1, "b")]
    )
    assert first == again
    assert len({first, other, task}) == 3


def test_shared_resamples_make_the_difference_of_dependent_curves_narrow() -> None:
    base = keyed(6, "x").random(60)
    delta = paired_delta(base + 0.1, base, seed=1, resamples=200)
    assert delta.value == pytest.approx(0.1)
    assert delta.high - delta.low == pytest.approx(0.0, abs=1e-12)
    assert (delta.n_items, delta.n_missing, delta.warnings) == (60, 0, ())


def test_a_missing_question_leaves_its_own_column_only() -> None:
    values = keyed(7, "x").random((20, 2))
    values[3, 0] = np.nan
    found = bootstrap_means(values, seed=1, resamples=200)
    assert found.n_items.tolist() == [19, 20]
    assert found.value[0] == pytest.approx(np.nanmean(values[:, 0]))
    assert np.isfinite([found.low, found.high]).all()


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_questions_have_no_interval(n: int) -> None:
    found = bootstrap_means(np.full((n, 1), 0.5), seed=1, resamples=50)
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert math.isnan(found.value[0]) == (n == 0)
    delta = paired_delta([1.0] * n, [0.5] * n, seed=1, resamples=50)
    assert math.isnan(delta.low)
    assert "fewer than 2" in delta.warnings[0]


def test_one_defined_question_among_many_has_no_interval() -> None:
    values = np.full((10, 1), np.nan)
    values[4] = 1.0
    found = bootstrap_means(values, seed=1, resamples=100)
    assert found.value[0] == 1.0
    assert np.isnan(found.low[0])


def test_every_resample_draws_as_many_questions_as_there_are() -> None:
    blocks = list(resampling_weights(7, 500, keyed(1, "w")))
    weights = np.concatenate(blocks)
    assert weights.shape == (500, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)
    assert weights.var() == pytest.approx(6 / 7, abs=0.1)


def test_tasks_are_strata_with_equal_weight_and_their_own_draws() -> None:
    by_task = {"easy": np.full((50, 1), 0.9), "hard": keyed(8, "x").random((10, 1))}
    found = bootstrap_mean_of_means(by_task, seed=1, resamples=500)
    hard = bootstrap_means(by_task["hard"], seed=1, resamples=500, task="hard")
    assert found.value[0] == pytest.approx((0.9 + hard.value[0]) / 2)
    assert found.high[0] - found.low[0] == pytest.approx((hard.high[0] - hard.low[0]) / 2)
    assert found.n_items[0] == 60


def test_a_column_that_a_task_lacks_is_averaged_over_the_others() -> None:
    by_task = {"a": np.array([[0.2, np.nan], [0.4, np.nan]]), "b": np.array([[0.5, 0.5], [0.7, 0.9]])}
    assert bootstrap_mean_of_means(by_task, seed=1, resamples=50).value == pytest.approx([0.45, 0.7])


@given(st.lists(st.sampled_from([(1, 1), (1, 0), (0, 1), (0, 0)]), min_size=1, max_size=25))
def test_mcnemar_is_the_exact_binomial_test_of_the_discordant(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=float).T
    wins, n = int((a > b).sum()), int((a != b).sum())
    want = sum(math.comb(n, k) for k in range(n + 1) if abs(2 * k - n) >= abs(2 * wins - n)) / 2**n
    assert mcnemar(a, b) == pytest.approx(want)
    assert mcnemar(b, a) == pytest.approx(want)


def test_mcnemar_leaves_missing_questions_out_and_needs_one() -> None:
    assert mcnemar([1, 1, 1, np.nan], [0, 0, 0, 0]) == pytest.approx(0.25)
    assert math.isnan(mcnemar([np.nan], [1.0]))
    assert mcnemar([1.0, 0.0], [1.0, 0.0]) == 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(0, 99))
def test_an_interval_stays_within_the_values(n: int, seed: int) -> None:
    values = keyed(seed, "x").random((n, 1))
    found = bootstrap_means(values, seed=seed, resamples=60)
    assert values.min() - 1e-12 <= found.low[0] <= found.high[0] <= values.max() + 1e-12


@pytest.mark.parametrize(
    "call",
    [
        lambda: bootstrap_means(np.zeros(3), seed=1),
        lambda: bootstrap_means(np.zeros((3, 1)), seed=1, resamples=0),
        lambda: bootstrap_mean_of_means({}, seed=1),
        lambda: paired_delta([1.0], [1.0, 2.0], seed=1),
    ],
)
def test_what_cannot_be_resampled_is_refused(call: object) -> None:
    with pytest.raises(SpecError):
        call()  # type: ignore[operator]


def test_where_few_questions_differ_a_paired_interval_still_covers() -> None:
    rng, hits = keyed(9, "paired"), 0
    for world in range(400):
        chance = rng.beta(1.1, 0.75, size=(48, 1))
        right = rng.random((48, 9)) < chance
        big, small = right.sum(axis=1) > 4, right[:, :3].sum(axis=1) > 1
        found = paired_delta(big * 1.0, small * 1.0, seed=world, resamples=200)
        hits += found.low <= 0.0103 <= found.high  # betabinom_jury of 9 less that of 3
    assert 0.93 <= hits / 400 <= 0.98


def test_a_difference_of_few_questions_is_warned_of() -> None:
    found = paired_delta([1.0] * 3 + [0.0] * 37, [0.0] * 40, seed=1, resamples=100)
    assert found.warnings == ("only 3 questions differ: the interval is too narrow",)
    assert found.low < 0.0 < found.value
