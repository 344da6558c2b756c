"""Bootstrap of nested data: what is drawn, what stays, and that the intervals cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentscale.analysis import bootstrap_means
from agentscale.analysis.inference import bootstrap_statistic, d2_estimate, hier_bootstrap, icc_estimate
from agentscale.analysis.rarefaction import d2_unbiased
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def mean(rows: np.ndarray) -> float:
    return float(rows.mean())


def test_a_mean_of_questions_has_the_interval_of_the_vectorised_bootstrap() -> None:
    x = keyed(1, "x").random(80)
    found = hier_bootstrap(mean, x, {"question": np.arange(80)}, seed=2)
    fast = bootstrap_means(x[:, None], seed=2)
    assert found.value == pytest.approx(x.mean())
    assert found.low == pytest.approx(fast.low[0], abs=0.01)
    assert found.high == pytest.approx(fast.high[0], abs=0.01)
    assert (found.n_items, found.warnings) == (80, ())


def test_questions_are_drawn_within_their_dataset_so_that_its_share_is_fixed() -> None:
    dataset = np.repeat(["easy", "hard"], [30, 10])
    question = np.concatenate([np.arange(30), np.arange(10)])  # names repeat between datasets
    found = hier_bootstrap(mean, (dataset == "easy") * 1.0, {"dataset": dataset, "question": question}, B=200)
    assert (found.low, found.value, found.high) == (0.75, 0.75, 0.75)
    assert found.n_items == 40


def test_agents_stay_with_their_question_unless_they_are_asked_for() -> None:
    agent = np.tile(np.arange(4), 50)
    question = np.repeat(np.arange(50), 4)
    levels = {"question": question, "agent": agent}
    fixed = hier_bootstrap(mean, agent * 1.0, levels, B=300)
    assert (fixed.low, fixed.high) == (1.5, 1.5)
    sampled = hier_bootstrap(mean, agent * 1.0, levels, B=300, resample=("question", "agent"), crossed=("agent",))
    assert sampled.high - sampled.low > 1.5  # one draw of four agents serves all questions
    nested = hier_bootstrap(mean, agent * 1.0, levels, B=300, resample=("question", "agent"))
    assert nested.high - nested.low < 0.5  # a draw for each question averages out


def test_where_agents_alone_are_drawn_the_interval_is_one_of_so_many_agents() -> None:
    skill = keyed(9, "skill").random(5)
    levels = {"question": np.repeat(np.arange(60), 5), "agent": np.tile(np.arange(5), 60)}
    found = hier_bootstrap(mean, np.tile(skill, 60), levels, seed=1, resample=("agent",), crossed=("agent",))
    alone = hier_bootstrap(mean, skill, {"agent": np.arange(5)}, seed=1, resample=("agent",))
    assert (found.n_items, alone.n_items) == (5, 5)
    assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.1)
    one = hier_bootstrap(
        mean, [0.1, 0.2], {"question": [0, 1], "agent": [0, 0]}, resample=("agent",), crossed=("agent",)
    )
    assert one.warnings == ("fewer than 2 units of agent: no interval",)


def test_a_question_with_its_agents_is_the_unit_whose_intervals_cover() -> None:
    rng, truth, hits = keyed(4, "worlds"), 1.1 / 1.85, 0
    for _ in range(120):
        right = rng.random((60, 4)) < rng.beta(1.1, 0.75, size=(60, 1))
        question = np.repeat(np.arange(60), 4)
        found = hier_bootstrap(mean, right.ravel() * 1.0, {"question": question}, B=200, seed=5)
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / 120 <= 0.985


def test_pooled_agents_cover_little_more_than_half_the_time_where_questions_cover() -> None:
    """126 questions of p ~ Beta(1.1, .75), 16 agents each: the pooled error is too small by √(1 + 15ρ) = 2.5."""
    worlds, truth = 2000, 1.1 / 1.85
    rng = keyed(10, "pooled")
    share = rng.binomial(16, rng.beta(1.1, 0.75, size=(126, worlds))) / 16
    found = bootstrap_means(share, seed=1, resamples=1000)
    by_question = np.mean((found.low <= truth) & (truth <= found.high))
    p = share.mean(axis=0)
    pooled = np.mean(np.abs(p - truth) <= 1.96 * np.sqrt(p * (1 - p) / (126 * 16)))
    for covered, published in ((by_question, 0.948), (pooled, 0.55)):
        assert abs(covered - published) < 3 * np.sqrt(published * (1 - published) / worlds)


def test_percentile_and_bca_differ_for_a_skewed_mean() -> None:
    x = keyed(5, "x").exponential(size=40) ** 2
    levels = {"question": np.arange(40)}
    bca, plain = (hier_bootstrap(mean, x, levels, method=method, seed=1) for method in ("bca", "percentile"))
    assert bca.high > plain.high
    assert "bca" in bca.method
    assert "percentile" in plain.method


def test_one_question_has_no_interval() -> None:
    found = hier_bootstrap(mean, [0.2, 0.4], {"question": [7, 7]}, B=50)
    assert math.isnan(found.low)
    assert "fewer than 2" in found.warnings[0]


@pytest.mark.parametrize(
    ("levels", "kwargs", "said"),
    [
        ({"question": [0, 1]}, {}, "one a row"),
        ({"question": [0, 1, 2]}, {"resample": ("item",)}, "'item'"),
        ({"question": [0, 1, 2]}, {"B": 0}, "B = 0"),
        ({"question": [0, 1, 2]}, {"resample": ()}, "nothing to resample"),
    ],
)
def test_levels_that_do_not_fit_are_refused(levels: dict, kwargs: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        hier_bootstrap(mean, [0.0, 1.0, 1.0], levels, **kwargs)


def test_intervals_of_the_icc_cover_the_spread_of_difficulty() -> None:
    rng, truth, hits = keyed(6, "worlds"), 1 / 2.85, 0
    for world in range(400):
        k = rng.binomial(8, rng.beta(1.1, 0.75, size=100))
        found = icc_estimate(k, 8, seed=world, resamples=400)
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_the_estimates_are_those_of_the_plain_functions() -> None:
    z = keyed(7, "z").standard_normal((30, 5, 8)) + 1.0
    found = d2_estimate(z, seed=1, resamples=300)
    assert found.value == pytest.approx(d2_unbiased(z).pooled)
    assert found.low < found.value < found.high
    assert (found.n_items, found.n_agents) == (30, 5)


def test_a_number_that_is_not_defined_has_no_interval_though_some_resamples_are() -> None:
    found = bootstrap_statistic(
        [[-1.2], [1.0], [0.1]], lambda means: np.where(means[..., 0] > 0, means[..., 0], np.nan), seed=1, resamples=200
    )
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.warnings


def test_all_right_has_no_icc_and_no_interval() -> None:
    found = icc_estimate([4, 4, 4], 4, seed=1, resamples=50)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert "not defined" in found.warnings[0]


def test_a_statistic_of_a_mean_is_the_mean() -> None:
    x = keyed(8, "x").random((25, 1))
    found = bootstrap_statistic(np.vstack([x, [[np.nan]]]), lambda means: means[..., 0], seed=3, resamples=500)
    assert found.value == pytest.approx(x.mean())
    assert found.n_items == 25
    assert math.isnan(bootstrap_statistic(x[:1], lambda means: means[..., 0], seed=3).low)
    with pytest.raises(SpecError, match="columns"):
        bootstrap_statistic(x[:, 0], lambda means: means[..., 0], seed=3)
    with pytest.raises(SpecError, match="vectors of shape"):
        d2_estimate(np.ones((3, 4)), seed=1)
