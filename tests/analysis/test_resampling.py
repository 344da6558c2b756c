"""Draws of questions: exactly multinomial, the same however many are wanted, and precise enough where they are many."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agentscale.analysis import resampled_means, resampling
from agentscale.analysis.intervals import bca_ends, shape_of
from agentscale.analysis.resampling import resampling_weights
from agentscale.randomness import keyed


def drawn(n: int, resamples: int, seed: int = 1) -> np.ndarray:
    return np.concatenate(list(resampling_weights(n, resamples, keyed(seed, "w"))))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40) | st.integers(4000, 4200), st.integers(1, 600), st.integers(0, 9))
def test_every_resample_draws_as_many_questions_as_there_are(n: int, resamples: int, seed: int) -> None:
    weights = drawn(n, resamples, seed)
    assert weights.shape == (resamples, n)
    assert (weights.sum(axis=1) == n).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_way_to_draw_few_questions_has_its_multinomial_chance(n: int) -> None:
    rows, counts = np.unique(drawn(n, 40_000), axis=0, return_counts=True)
    every = [row for row in product(range(n + 1), repeat=n) if sum(row) == n]
    chance = [math.factorial(n) / math.prod(map(math.factorial, row)) / n**n for row in every]
    assert [tuple(row) for row in rows.astype(int)] == sorted(every)
    found = dict(zip(map(tuple, rows.astype(int)), counts, strict=True))
    if n > 1:
        assert stats.chisquare([found[row] for row in every], np.multiply(chance, 40_000)).pvalue > 0.003


@pytest.mark.parametrize("n", [50, 5000])
def test_how_often_a_question_is_drawn_is_binomial_and_pairs_of_questions_lean_against_each_other(n: int) -> None:
    weights = drawn(n, 1_000_000 // n).astype(np.int64)
    found = np.bincount(weights.ravel(), minlength=8)
    law = stats.binom(n, 1 / n)
    want = np.append(law.pmf(range(5)), law.sf(4)) * weights.size
    assert stats.chisquare(np.append(found[:5], found[5:].sum()), want).pvalue > 0.003
    half = weights[:, : n // 2].sum(axis=1)
    assert half.mean() == pytest.approx(n / 2, abs=3 * math.sqrt(n / 4 / len(half)))
    assert half.var() == pytest.approx(n / 4, rel=3 * math.sqrt(2 / len(half)))


def test_the_table_and_what_it_leaves_are_together_four_poisson_counts() -> None:
    law = resampling._law()
    sure = dict(zip(*np.unique(law.table[law.table != resampling._UNSURE], return_counts=True), strict=True))
    rest = np.diff(law.rest, prepend=0.0)
    chance = np.array([sure.get(state, 0) / 2**16 for state in law.states]) + rest
    counts = law.states.view(np.uint8).reshape(-1, 4)
    np.testing.assert_allclose(chance, stats.poisson.pmf(counts, resampling._MEAN).prod(axis=1), atol=1e-15)
    assert law.rest[-1] == pytest.approx(np.mean(law.table == resampling._UNSURE))
    assert (rest > -1e-18).all()


@pytest.mark.parametrize("n", [3, 300, 20_000])
def test_the_first_resamples_are_the_same_however_many_are_wanted(n: int) -> None:
    np.testing.assert_array_equal(drawn(n, 30), drawn(n, 330)[:30])


def plain_means(values: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    weights = np.concatenate(list(resampling_weights(len(values), resamples, keyed(seed, "bootstrap", "")))) * 1.0
    defined = np.isfinite(values)
    return np.asarray(weights @ np.where(defined, values, 0.0) / (weights @ defined))


@pytest.mark.parametrize("n", [40, 3000, 20_000])
def test_resampled_means_are_those_of_the_draws_to_a_thousandth_of_their_standard_error(n: int) -> None:
    rng = keyed(3, "x")
    values = np.column_stack([rng.random(n), rng.integers(0, 4, n) / 3, 1e4 + rng.exponential(size=n)])
    values[::7, 1] = np.nan
    means, plain = resampled_means(values, seed=2, resamples=100), plain_means(values, 100, 2)
    assert (np.abs(means - plain) < plain.std(axis=0) * (1e-9 if n < 4096 else [2e-6, 1e-3, 2e-6])).all()


def test_resampled_accuracies_are_exact() -> None:
    right = keyed(3, "x").random((20_000, 3)) < (0.03, 0.5, 0.98)
    means = resampled_means(right, seed=2, resamples=60)
    np.testing.assert_allclose(means, plain_means(right * 1.0, 60, 2), atol=1e-15)


def test_ties_with_the_mean_count_half_in_either_precision() -> None:
    values = np.repeat([0.0, 1 / 3], 2500)[:, None]
    single = resampled_means(values, seed=1, resamples=2000)
    steps = np.round((single - 1 / 6) * 3 * 5000)
    shape = shape_of([(values - 1 / 6) / 5000])
    rough, exact = (bca_ends(each, np.array([1 / 6]), shape) for each in (single, 1 / 6 + steps / 15_000))
    assert (steps == 0).sum() > 5
    np.testing.assert_allclose(rough, exact, atol=2e-7)
