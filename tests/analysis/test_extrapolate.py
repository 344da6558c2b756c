"""Forecasts from a pilot against exact sub-team averages, known laws, and worlds whose answer laws are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import ndtr

from agentscale.analysis import (
    DeFinetti,
    Pilot,
    condorcet,
    expected_accuracy,
    maj_at_k,
    margin_histogram,
    plurality_accuracy,
    subteam_accuracy,
)
from agentscale.analysis.extrapolate.limits import approach, rounded
from agentscale.analysis.extrapolate.search import compositions, visit
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import Seat, World, WorldParameters

COUNTS = hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.just(2), st.integers(1, 4)), elements=st.integers(0, 3))


def forecaster(counts: object, missing: object = None, seed: int = 1) -> DeFinetti:
    return DeFinetti(Pilot.of_counts(counts, missing), seed=seed, resamples=200)  # type: ignore[arg-type]


def true_accuracy(theta: np.ndarray, team: tuple[int, ...], draws: int = 400) -> float:
    """Of the vote of a team whose agents answer by theta (Q, B, C); what is missing to 1 abstains."""
    rng = keyed(1, "truth", *team)
    silent = np.maximum(1 - theta.sum(axis=2, keepdims=True), 0)
    shares = np.concatenate([theta, silent], axis=2)
    votes = sum(rng.multinomial(m, shares[:, b], size=(draws, len(theta))) for b, m in enumerate(team))
    return float(expected_accuracy(votes[..., :-1]).mean())


def pilot_of_world(seed: int, replicates: int, **changes: object) -> tuple[Pilot, np.ndarray]:
    world = World(WorldParameters(seed=seed, **changes))  # type: ignore[arg-type]
    seats = [Seat(f"{model}/-", model, None, copy) for model in range(3) for copy in range(replicates)]
    votes = world.answers([f"q{at}" for at in range(400)], 4, seats)
    return Pilot.of_answers(votes.answers, np.repeat(np.arange(3), replicates)), votes.truth.theta


# -- inside the pilot -------------------------------------------------------------------------------------------------


@given(COUNTS, st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=40)
def test_inside_the_pilot_a_forecast_is_the_exact_average_over_sub_teams(counts: np.ndarray, a: int, b: int) -> None:
    counts[:, :, 0] += 3  # so that three agents of each configuration were recorded
    if a + b == 0:
        return
    answers = [[np.repeat(np.arange(counts.shape[2]), row).tolist() for row in question] for question in counts]
    want = [subteam_accuracy(question, [a, b], 0) for question in answers]
    np.testing.assert_allclose(forecaster(counts).right([a, b]), want, atol=1e-9)


@given(COUNTS, st.integers(1, 3))
@settings(max_examples=30)
def test_of_one_configuration_a_forecast_is_maj_at_k(counts: np.ndarray, k: int) -> None:
    counts[:, 0, 0] += 3
    counts[:, 1, 0] += 1
    np.testing.assert_allclose(forecaster(counts).right([k, 0]), maj_at_k(counts[:, 0], k), atol=1e-12)


@given(COUNTS)
@settings(max_examples=30)
def test_two_voters_are_as_good_as_their_mean_whatever_they_answer(counts: np.ndarray) -> None:
    counts[:, :, 0] += 1
    found = forecaster(counts)
    np.testing.assert_allclose(found.right([1, 1]), (found.right([1, 0]) + found.right([0, 1])) / 2, atol=1e-12)


@given(hnp.arrays(np.int64, (3, 1, 2), elements=st.integers(1, 6)), st.integers(1, 9))
@settings(max_examples=15)
def test_of_right_or_wrong_answers_an_even_team_is_worth_one_agent_less(counts: np.ndarray, m: int) -> None:
    """Inside the pilot, where it is a U-statistic, and outside, where shares are plugged in."""
    found, recorded = forecaster(counts), counts.sum(axis=2)[:, 0]
    inside = 2 * m <= recorded.min() or 2 * m - 1 > recorded.min()  # both sizes on the same side
    if inside:
        np.testing.assert_allclose(found.right([2 * m]), found.right([2 * m - 1]), atol=1e-9)


def test_inside_the_pilot_nothing_is_biased_and_nothing_drawn() -> None:
    (found,) = forecaster([[[4, 2], [1, 3]], [[2, 2], [3, 3]]]).accuracy([(2, 2)])
    assert (found.bias, found.draw_error, found.reach) == (0.0, 0.0, 0.5)
    assert "all sub-teams of the pilot, exact" in found.accuracy.method
    assert found.accuracy.warnings == ()


def test_a_missing_answer_does_not_vote_and_is_no_wrong_answer() -> None:
    found = forecaster([[[2, 0]]], [[2]])
    assert found.right([1]).tolist() == pytest.approx([0.5])
    assert found.right([2]).tolist() == pytest.approx([1 - 1 / 6])  # silent only where both of the silent are drawn
    assert found.right([300]).tolist() == pytest.approx([1.0])


def test_too_many_sub_teams_to_list_are_drawn_without_replacement() -> None:
    rng = keyed(3, "many")
    counts = rng.multinomial(24, [0.4, 0.35, 0.25], size=(300, 3))
    found = forecaster(counts)
    (one,) = found.accuracy([(8, 8, 8)])
    assert one.draw_error > 0
    assert "all sub-teams of the pilot, drawn" in one.accuracy.method
    few = [
        subteam_accuracy([np.repeat(np.arange(3), row).tolist() for row in question], [8, 8, 8], 0)
        for question in counts[:12]
    ]
    np.testing.assert_allclose(found.right([8, 8, 8])[:12], few, atol=5 * 0.5 / np.sqrt(25_000 / 300))


# -- beyond the pilot -------------------------------------------------------------------------------------------------


def test_beyond_the_pilot_the_shares_are_plugged_into_the_law_of_a_vote() -> None:
    counts = np.array([[[4, 3, 2, 1]], [[6, 4, 0, 0]]])
    found = forecaster(counts)
    np.testing.assert_allclose(found.right([17]), plurality_accuracy(counts[:, 0] / 10, 17))
    assert found.right([17])[0] == pytest.approx(0.63884, abs=5e-6)
    assert found.right([101])[1] == pytest.approx(condorcet(101, 0.6), abs=0.01)


@pytest.mark.parametrize("replicates", [8, 16, 32])
@pytest.mark.parametrize("team", [(22, 21, 21), (64, 0, 0)])
def test_sixty_four_agents_are_forecast_within_a_point(replicates: int, team: tuple[int, ...]) -> None:
    """The prototype of the theory had biases of −.5, −.5, −.3 (mixed) and −2.0, −1.3, −.7 points, not corrected."""
    errors = []
    for seed in range(4):
        pilot, theta = pilot_of_world(seed, replicates)
        (found,) = DeFinetti(pilot, seed=seed, resamples=10).accuracy([team])
        errors.append(found.accuracy.value - true_accuracy(theta, team))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.02


def test_where_plugging_in_is_biased_the_split_replicates_correct_it() -> None:
    """64 agents of one of three configurations, whose accuracies vary over questions as Beta(1.1, .75)."""
    plugged, corrected, bars = [], [], []
    for seed in range(6):
        rng = keyed(seed, "spread")
        p = rng.beta(1.1, 0.75, size=400)
        theta = np.concatenate([p[:, None], (1 - p[:, None]) * rng.dirichlet([0.5] * 3, 400)], axis=1)[:, None]
        found = DeFinetti(Pilot.of_counts(rng.multinomial(8, theta)), seed=seed, resamples=10)
        (one,), truth = found.accuracy([(64,)]), true_accuracy(theta, (64,))
        plugged.append(found.right((64,)).mean() - truth)
        corrected.append(one.accuracy.value - truth)
        bars.append(one.bias)
    assert np.mean(plugged) < -0.015
    assert abs(np.mean(corrected)) < 0.01
    assert np.mean(bars) == pytest.approx(np.mean(plugged), abs=0.01)


def beta_world(seed: int) -> np.ndarray:
    """Answer laws of one configuration at 400 questions, right with probability Beta(1.1, .75)."""
    rng = keyed(seed, "beta world")
    p = rng.beta(1.1, 0.75, size=(400, 1))
    return np.concatenate([p, (1 - p) * rng.dirichlet([0.5] * 3, 400)], axis=1)[:, None]


@pytest.mark.slow
def test_the_bias_of_plugging_in_falls_with_the_replicates_as_tabled() -> None:
    """64 equal agents from 8, 16 and 32 replicates: −2.0, −1.3 and −.7 points; as of six worlds each."""
    found = []
    for seed in range(8):
        theta = beta_world(seed)
        truth = true_accuracy(theta, (64,), draws=200)
        drawn = [keyed(seed, "replicates", n).multinomial(n, theta) for n in (8, 16, 32)]
        found.append([forecaster(counts).right((64,)).mean() - truth for counts in drawn])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) * np.sqrt(1 / 8 + 1 / 6)
    assert (np.diff(mean) > 0).all()
    assert (np.abs(mean - [-0.020, -0.013, -0.007]) < 3 * error).all()


def test_smoothing_the_shares_hurts_small_teams_and_whole_sub_teams_do_not() -> None:
    """−1.8 points in the prototype; the more the heavier the prior."""
    off = []
    for seed in range(6):
        theta = beta_world(seed)
        counts, truth = keyed(seed, "smoothed").multinomial(8, theta), plurality_accuracy(theta[:, 0], 3).mean()
        smooth = [plurality_accuracy(((counts + a) / (8 + 4 * a))[:, 0], 3).mean() - truth for a in (0.15, 0.5)]
        off.append([maj_at_k(counts[:, 0], 3).mean() - truth, *smooth])
    exact, light, heavy = np.mean(off, axis=0)
    assert abs(exact) < 3 * np.std(off, axis=0)[0] / np.sqrt(6) + 1e-3
    assert heavy < light < -0.01


def test_near_ties_leave_an_error_that_the_longer_interval_holds() -> None:
    """Right and wrong are almost equally likely: eight replicates cannot tell them apart, and four not much less."""
    rng = keyed(4, "near ties")
    p = rng.beta(20, 17, size=3000)
    pilot = Pilot.of_counts(np.stack([k := rng.binomial(8, p), 8 - k], axis=1)[:, None])
    found = DeFinetti(pilot, seed=1, resamples=300)
    beyond, inside = found.accuracy([(65,), (7,)])
    truth = float(condorcet(65, p).mean())
    assert found.right([65]).mean() < beyond.accuracy.value < truth
    assert beyond.accuracy.high > truth - 0.02
    assert inside.accuracy.value == pytest.approx(float(condorcet(7, p).mean()), abs=0.015)


def test_a_million_agents_are_forecast_without_a_loop_over_them() -> None:
    found = forecaster([[[5, 3, 0], [2, 4, 2]], [[1, 6, 1], [2, 3, 3]], [[3, 3, 2], [4, 3, 1]]])
    (many,) = found.accuracy([(500_000, 500_000)])
    assert many.accuracy.value == pytest.approx(found.ceiling([1, 1]).accuracy.value, abs=0.02)
    assert many.reach == 62_500
    assert "more than 4 times the pilot" in many.accuracy.warnings[0]


def test_draws_belong_to_the_seed_and_the_team() -> None:
    pilot, _ = pilot_of_world(0, 4)
    first, second = DeFinetti(pilot, seed=5), DeFinetti(pilot, seed=5)
    second.right((9, 1, 1))
    np.testing.assert_array_equal(first.right((7, 7, 7)), second.right((7, 7, 7)))
    assert (first.right((7, 7, 7)) != DeFinetti(pilot, seed=6).right((7, 7, 7))).any()


def test_one_replicate_cannot_tell_how_far_it_is_off() -> None:
    (found,) = forecaster([[[1, 0]], [[0, 1]]]).accuracy([(3,)])
    assert np.isnan(found.bias)
    assert "one replicate" in found.accuracy.warnings[0]
    assert found.accuracy.value == 0.5


def test_questions_without_a_configuration_are_left_out_and_told() -> None:
    found = forecaster([[[2, 0], [2, 0]], [[0, 2], [0, 0]]])
    assert found.right([1, 1]).tolist()[0] == 1.0
    assert np.isnan(found.right([1, 1])[1])
    (one,) = found.accuracy([(1, 1)])
    assert (one.accuracy.value, one.accuracy.n_items) == (1.0, 1)
    assert "1 questions" in one.accuracy.warnings[0]


def test_a_pilot_without_a_complete_question_forecasts_nothing() -> None:
    (one,) = forecaster(np.zeros((3, 2, 2), dtype=int)).accuracy([(2, 1)])
    assert np.isnan([one.accuracy.value, one.accuracy.low]).all()
    assert np.isnan(forecaster(np.zeros((3, 2, 2), dtype=int)).approach([1, 1]))


def test_the_interval_over_questions_covers_the_accuracy_on_all_questions() -> None:
    """Forecasts of 33 agents from 16 replicates at 100 questions, against the law on endlessly many questions."""
    p = np.linspace(0.0005, 0.9995, 1000)
    truth, covered = float(condorcet(33, p).mean()), 0
    for at in range(100):
        rng = keyed(at, "coverage")
        right = rng.binomial(16, rng.random(100))
        pilot = Pilot.of_counts(np.stack([right, 16 - right], axis=1)[:, None])
        (one,) = DeFinetti(pilot, seed=at, resamples=200).accuracy([(33,)])
        covered += one.accuracy.low <= truth <= one.accuracy.high
    assert 88 <= covered <= 100


# -- ceilings, margins, best teams ------------------------------------------------------------------------------------


def test_the_ceiling_is_where_the_likeliest_answer_of_the_mix_is_right() -> None:
    counts = [[[6, 4], [1, 9]], [[6, 4], [5, 5]], [[5, 5], [5, 5]]]
    found = forecaster(counts)
    alone, both = found.ceiling([1, 0]), found.ceiling([1, 1])
    assert alone.accuracy.value + alone.bias == pytest.approx((1 + 1 + 0.5) / 3)  # plugged in, then corrected
    assert both.accuracy.value + both.bias == pytest.approx((0 + 1 + 0.5) / 3)
    assert np.isnan(forecaster([[[1, 0]], [[0, 1]]]).ceiling([1]).bias)
    np.testing.assert_allclose(found.margins([1, 1]), [-0.3, 0.1, 0.0], atol=1e-12)
    count, edges = margin_histogram(found.margins([1, 1]), bins=4)
    assert count.tolist() == [0, 1, 2, 0]
    assert edges.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_the_ceiling_is_met_by_ever_larger_teams() -> None:
    pilot, _ = pilot_of_world(1, 8)
    found = DeFinetti(pilot, seed=1, resamples=50)
    ceiling = found.ceiling([1, 1, 1])
    plugged = ceiling.accuracy.value + ceiling.bias
    gaps = [abs(found.right((n, n, n)).mean() - plugged) for n in (5, 20_000)]
    assert gaps[1] < 0.003 < gaps[0]


def test_a_power_law_of_the_gap_is_found_and_noise_is_none() -> None:
    n = np.array([8, 16, 32, 64])
    assert approach(n, -0.5 * n**-0.75, np.zeros(4)) == pytest.approx(0.75)
    assert np.isnan(approach(n, [0.1, -0.1, 0.1, 0.1], np.zeros(4)))
    assert np.isnan(approach(n, 0.5 / n, np.full(4, 1.0)))


@given(st.integers(1, 40), st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any))
def test_a_rounded_mix_has_the_size_asked_for_and_is_near(size: int, weights: list[int]) -> None:
    team = rounded(np.array(weights, dtype=float), size)
    assert sum(team) == size
    assert (np.abs(np.array(team) - np.array(weights) / sum(weights) * size) < 1).all()


@given(st.integers(1, 6), st.integers(1, 4))
def test_compositions_are_all_the_ways_to_make_the_size(size: int, n: int) -> None:
    want = {team for team in itertools.product(range(size + 1), repeat=n) if sum(team) == size}
    found = list(compositions(size, n))
    assert set(found) == want
    assert len(found) == len(want)


def test_the_surface_has_every_composition_of_the_size() -> None:
    found = forecaster([[[3, 1], [1, 3]], [[2, 2], [4, 0]]]).surface(3)
    assert [one.team for one in found] == [(0, 3), (1, 2), (2, 1), (3, 0)]
    assert all(one.accuracy.low <= one.accuracy.value <= one.accuracy.high for one in found)


def test_the_best_team_under_a_small_budget_is_the_best_of_all() -> None:
    pilot, _ = pilot_of_world(2, 6)
    found = DeFinetti(pilot, seed=2, resamples=50)
    best = found.best([1, 1, 1], 6)
    every = [team for size in range(1, 7) for team in compositions(size, 3)]
    assert best.forecast.accuracy.value == pytest.approx(max(found.right(team).mean() for team in every))
    assert best.n_teams == len(every)
    assert best.held_out <= best.forecast.accuracy.value + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_greedy_growth_and_exchange_come_near_the_best_of_all(seed: int) -> None:
    """On normal votes: question q is right with Φ(Σ m_b δ_qb / √(Σ m_b)), with some δ below 0."""
    drift = keyed(seed, "search").normal(0.15, 0.4, size=(40, 3))

    def score(team: tuple[int, ...]) -> float:
        return float(ndtr(drift @ team / np.sqrt(sum(team))).mean())

    looked = visit(score, [1, 2, 3], 60)
    every = [(a, b, c) for a in range(61) for b in range(31) for c in range(21) if 0 < a + 2 * b + 3 * c <= 60]
    assert np.dot(looked[0], [1, 2, 3]) <= 60
    assert len(looked) < len(every) / 20
    assert score(looked[0]) > max(map(score, every)) - 0.005


def test_of_equally_good_teams_the_cheapest_is_taken() -> None:
    best = forecaster([[[4, 0], [4, 0]], [[4, 0], [4, 0]]]).best([2, 1], 12)
    assert best.forecast.team == (0, 1)
    assert best.cost == 1.0


def test_a_configuration_with_one_replicate_is_taken_once_and_spoils_no_ceiling_of_others() -> None:
    found = forecaster([[[3, 3], [1, 0]], [[3, 3], [1, 0]], [[5, 1], [1, 0]]])
    best = found.best([1, 1], 7)
    assert best.forecast.team[1] <= 1
    alone = forecaster([[[3, 3]], [[3, 3]], [[5, 1]]])
    assert found.ceiling([1, 0]).accuracy.value == pytest.approx(alone.ceiling([1]).accuracy.value, abs=0.35)
    assert 0 <= found.ceiling([1, 0]).accuracy.low <= found.ceiling([1, 0]).accuracy.high <= 1
    assert np.isfinite(found.ceiling([1, 0]).bias)


def test_a_budget_counts_what_an_agent_costs() -> None:
    pilot, _ = pilot_of_world(4, 6)
    found = DeFinetti(pilot.at(np.arange(30)), seed=4, resamples=50)
    assert found.best([150.0, 900.0, 900.0], 899).forecast.team[1:] == (0, 0)
    assert found.best([150.0, 400.5, 900.0], 2e4).cost <= 2e4


# -- what does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Pilot.of_counts([[1, 2]]), "counts (1, 2)"),
        (lambda: Pilot.of_counts([[[1, -2]]]), "counts = -2"),
        (lambda: Pilot.of_counts([[[1, 2]]], [[1, 2]]), "missing (1, 2)"),
        (lambda: Pilot.of_answers([[0, 1]], [0]), "config (1,)"),
        (lambda: DeFinetti(Pilot.of_counts(np.zeros((3, 0, 2)))), "no configuration"),
        (lambda: forecaster([[[1, 2]]]).right([0]), "not all 0"),
        (lambda: forecaster([[[1, 2]]]).right([1, 1]), "1 whole numbers"),
        (lambda: forecaster([[[1, 2]]]).right([-1]), "team = -1"),
        (lambda: forecaster([[[1, 2]]]).best([1.0], 0.5), "at least the cheapest agent"),
        (lambda: forecaster([[[1, 2]]]).best([0.0], 5), "cost = 0"),
        (lambda: forecaster([[[1, 2]]]).best([1.0, 1.0], 5), "cost of shape (2,)"),
        (lambda: forecaster([[[1, 2]]]).ceiling([0.0]), "not all 0"),
        (lambda: forecaster([[[1, 2]]]).surface(0), "size = 0"),
        (lambda: forecaster([[[1, 2]]]).best([1.0], np.inf), "and finite"),
        (lambda: forecaster([[[1, 2], [0, 0]]]).best([1.0, 1.0], 3), "no question was put to every configuration"),
        (lambda: forecaster([[[1, 2]]]).right([10**30]), "up to 2^53"),
        (lambda: Pilot.of_answers([[0, np.nan]], [0, 0]), "answers = nan"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
