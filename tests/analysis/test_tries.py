"""Coverage, verifiers and stopping against tabled values, enumeration, and planted truths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import (
    best_of_k,
    beta_coverage,
    coverage_betabinom,
    optimal_k,
    pass_at_k,
    resample_until_accept,
    ttspm,
    ttspm_stop,
    verified_best_of_k,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed

FLAWS = {"r": [0.87, 0.13], "p": [0.58, 0.42], "c": 1.0, "s": 0.75}
SHARE = st.floats(0, 1)


def test_coverage_of_a_beta_law_gives_the_tabled_values() -> None:
    np.testing.assert_allclose(beta_coverage(0.5, 2, [1, 10, 100, 1000]), [0.2, 0.61224, 0.86821, 0.95800], atol=5e-6)


def test_the_tail_of_coverage_is_a_power() -> None:
    k = 1e6  # Γ(2.5)/Γ(2) = 3√π/4
    assert 1 - beta_coverage(0.5, 2, k) == pytest.approx(0.75 * np.sqrt(np.pi) * k**-0.5, rel=1e-5)


def test_the_fit_finds_the_beta_law_behind_the_counts() -> None:
    rng = keyed(1, "coverage")
    forecasts = []
    for _ in range(12):
        c = rng.binomial(20, rng.beta(0.5, 2, size=300))
        forecasts.append(coverage_betabinom(c, 20).at([1, 10, 100]))
    error = np.std(forecasts, axis=0, ddof=1) / np.sqrt(12)
    assert (np.abs(np.mean(forecasts, axis=0) - [0.2, 0.61224, 0.86821]) < 3 * error + 0.002).all()


def test_the_fit_is_the_likeliest() -> None:
    from scipy.stats import betabinom

    c, n = np.array([0, 0, 1, 3, 5, 8, 2, 0]), np.array([8, 8, 8, 8, 5, 8, 4, 0])
    fit = coverage_betabinom(c, n)

    def likelihood(a: float, b: float) -> float:
        return float(betabinom.logpmf(c, n, a, b).sum())

    assert fit.n_items == 7
    for a, b in itertools.product([0.97, 1, 1.03], repeat=2):
        assert likelihood(fit.a, fit.b) >= likelihood(fit.a * a, fit.b * b) - 1e-9


@pytest.mark.parametrize(("c", "n"), [([], []), ([0, 0], 4), ([4, 4], 4), ([1, 0], 1), ([0, 0], 0)])
def test_without_spread_there_is_no_fit(c: list[int], n: object) -> None:
    fit = coverage_betabinom(c, n)  # type: ignore[arg-type]
    assert np.isnan([fit.a, fit.b, fit.at(3)]).all()
    assert fit.warnings


def test_questions_that_are_all_alike_are_said_to_be() -> None:
    fit = coverage_betabinom([2, 2, 2, 2], 4)
    assert "no more than chance" in fit.warnings[0]
    assert fit.at(3) == pytest.approx(1 - 0.5**3, abs=1e-3)


def test_asking_until_accepted_gives_the_tabled_values() -> None:
    found = resample_until_accept([1, 2, 3, 10, np.inf], **FLAWS)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.correct, [0.5592, 0.64402, 0.67207, 0.71404, 0.71624], atol=5.1e-6)


@pytest.mark.parametrize(("v", "k", "value"), [(-0.7, 3, 0.5246), (-1.0, 2, 0.4724), (-2.0, 1, 0.3388)])
def test_the_best_number_of_tries_is_the_tabled_one(v: float, k: int, value: float) -> None:
    best = optimal_k(v, **FLAWS)  # type: ignore[arg-type]
    assert best.k == k
    assert best.value == pytest.approx(value, abs=5e-5)


@given(st.integers(0, 8), SHARE, SHARE, SHARE)
def test_asking_again_is_the_sum_over_tries(k: int, r: float, c: float, s: float) -> None:
    rejected = (1 - c) * r + s * (1 - r)
    alive = [rejected**j for j in range(k)]
    found = resample_until_accept(k, r=r, p=1.0, c=c, s=s)
    assert found.correct == pytest.approx(sum(alive) * c * r, abs=1e-9)
    assert found.false_accept == pytest.approx(sum(alive) * (1 - r) * (1 - s), abs=1e-9)
    assert found.gave_up == pytest.approx(rejected**k, abs=1e-9)
    assert found.samples == pytest.approx(sum(alive), abs=1e-9)


def test_a_perfect_verifier_wants_all_tries_and_finds_what_can_be_found() -> None:
    perfect = {"r": [0.3, 0.0], "p": [0.7, 0.3], "c": 1.0, "s": 1.0}
    endless = resample_until_accept(np.inf, **perfect)  # type: ignore[arg-type]
    assert endless.correct == pytest.approx(0.7)
    assert endless.false_accept == 0.0
    assert endless.samples == np.inf
    assert optimal_k(-5.0, **perfect) == pytest.approx((np.inf, 0.7))  # type: ignore[arg-type]


def test_the_best_number_of_tries_is_no_worse_than_any_other() -> None:
    law = resample_until_accept(np.arange(1, 200), **FLAWS)  # type: ignore[arg-type]
    for v in (-1.7, -0.9, -0.4):
        value = law.correct + v * law.false_accept
        assert optimal_k(v, **FLAWS).value == pytest.approx(value.max())  # type: ignore[arg-type]


def test_one_try_is_enough_where_the_first_one_is_always_accepted() -> None:
    assert optimal_k(0.0, r=0.4, p=1.0, c=1.0, s=0.0) == pytest.approx((1.0, 0.4))


def test_the_test_time_law_gives_the_tabled_values() -> None:
    np.testing.assert_allclose(ttspm([1, 4, 16], 0.8, 0.2), [0.16, 0.47232, 0.77748], atol=5e-6)
    assert ttspm_stop(0.8, 0.2, 0.005) == 16


@given(st.floats(0.05, 1), st.floats(0.01, 0.9), st.floats(1e-6, 0.5))
def test_after_the_stop_a_try_gains_no_more_than_epsilon(f_max: float, p: float, eps: float) -> None:
    n = int(ttspm_stop(f_max, p, eps))
    assert ttspm(n + 1, f_max, p) - ttspm(n, f_max, p) <= eps * (1 + 1e-6)
    assert n == 0 or ttspm(n, f_max, p) - ttspm(n - 1, f_max, p) > eps * (1 - 1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7), st.data())
@settings(deadline=None)
def test_best_of_k_is_the_mean_over_all_draws_with_random_ties(
    answers: list[tuple[int, bool]], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(answers)))
    worth = []
    for drawn in itertools.combinations(answers, k):
        top = max(score for score, _ in drawn)
        worth.append(np.mean([right for score, right in drawn if score == top]))
    scores, correct = zip(*answers, strict=True)
    assert best_of_k(scores, correct, k) == pytest.approx(np.mean(worth))
    assert best_of_k(correct, correct, k) == pytest.approx(float(pass_at_k(len(answers), sum(correct), k)))
    assert best_of_k(np.zeros(len(answers)), correct, k) == pytest.approx(np.mean(correct))


def test_an_answer_without_a_score_is_taken_last() -> None:
    assert best_of_k([np.nan, 0.1], [1, 0], 2) == 0.0
    assert best_of_k([[np.nan, 0.1], [0.3, 0.1]], [[1, 0], [1, 0]], 2).tolist() == [0.0, 1.0]


@given(st.floats(0.01, 0.99), st.integers(1, 64))
@settings(deadline=None, max_examples=30)
def test_a_verifier_is_between_chance_and_an_oracle(p: float, k: int) -> None:
    blind, poor, good, oracle = verified_best_of_k(p, [0.5, 0.7, 0.9, 1.0], k)
    assert blind == pytest.approx(p, abs=1e-9)
    assert oracle == pytest.approx(1 - (1 - p) ** k, abs=1e-9)
    assert blind <= poor + 1e-9 <= good + 2e-9 <= oracle + 3e-9


def test_the_law_of_a_verifier_is_what_drawn_scores_do() -> None:
    rng = keyed(2, "verifier")
    right = rng.random((40_000, 5)) < 0.3
    scores = rng.normal(size=right.shape) + np.sqrt(2) * 0.8416212 * right  # AUC 0.8
    found = best_of_k(scores, right, 5)
    assert abs(found.mean() - verified_best_of_k(0.3, 0.8, 5)) < 3 * found.std() / np.sqrt(len(found))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: beta_coverage(0.0, 1, 3), "a = 0"),
        (lambda: coverage_betabinom([3], [2]), "0 ≤ c ≤ n"),
        (lambda: resample_until_accept(2, r=[0.5, 0.2], p=[0.5, 0.4]), "adding up to 1"),
        (lambda: resample_until_accept(2, r=[0.5, 0.2], p=[1.0]), "one share a type"),
        (lambda: optimal_k(-1, r=1.2, p=1.0), "r = 1.2"),
        (lambda: optimal_k(-1, r=0.2, p=1.0, s=2), "s = 2"),
        (lambda: ttspm(3, 0.8, 1.0), "0 < p < 1"),
        (lambda: ttspm_stop(0.8, 0.2, 0.0), "eps = 0"),
        (lambda: best_of_k([1.0, 2.0], [1, 0], 3), "1 ≤ k ≤ n = 2"),
        (lambda: best_of_k([1.0, 2.0], [1], 1), "same shape"),
        (lambda: verified_best_of_k(0.5, 1.2, 2), "auc = 1.2"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
