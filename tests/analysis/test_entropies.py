"""Entropies and Hill numbers of answer counts against tabled values, exact averages, and each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.integrate import quad
from scipy.special import digamma, polygamma

from agentscale.analysis import answer_hill, bits, entropies, entropy, inverse_simpson, neff_answer_entropy
from agentscale.errors import SpecError

COUNTS = hnp.arrays(np.int64, st.integers(1, 6), elements=st.integers(0, 6)).filter(lambda c: c.sum() > 1)


def teams_of(n: int, options: int) -> tuple[np.ndarray, np.ndarray]:
    """All counts of n answers, and their probability where every option is equally likely."""
    rows = [row for row in itertools.product(range(n + 1), repeat=options) if sum(row) == n]
    ways = [math.factorial(n) / math.prod(map(math.factorial, row)) for row in rows]
    return np.array(rows), np.array(ways) / options**n


def test_every_estimator_gives_the_tabled_value() -> None:
    found = entropies([4, 2, 1, 1], 4)
    want = {
        "ml": 1.213008,
        "miller_madow": 1.400508,
        "grassberger": 1.516471,
        "jackknife": 1.542917,
        "chao_shen": 1.578373,
    }
    for name, value in want.items():
        assert getattr(found, name) == pytest.approx(value, abs=5.1e-7), name


def test_nsb_is_the_posterior_mean_to_many_digits() -> None:
    """The tabled 1.239976 is the integral cut at β = e¹²; the whole of it is 1.239977."""
    seen, k, n = np.array([4, 2, 1, 1]), 4, 8

    def integral(power: int) -> float:
        def at(u: float) -> float:
            b = np.exp(u)
            likelihood = np.prod([b + j for c in seen for j in range(c)]) / np.prod([k * b + j for j in range(n)])
            mean = digamma(n + k * b + 1) - ((seen + b) * digamma(seen + b + 1)).sum() / (n + k * b)
            return float(likelihood * mean**power * (k * polygamma(1, k * b + 1) - polygamma(1, b + 1)) * b)

        return float(quad(at, -25, 18, epsabs=0, epsrel=1e-11, limit=500)[0])

    assert entropy(seen, "nsb") == pytest.approx(integral(1) / integral(0), abs=2e-8)
    assert entropy(seen, "nsb") == pytest.approx(1.239976, abs=1.5e-6)


def test_averages_over_eight_even_answers_are_the_tabled_ones() -> None:
    """Exact averages; the table's were drawn, by some 2,000 teams at least."""
    rows, chance = teams_of(8, 4)
    tabled = dict(zip(entropies(rows[:1])._fields, [1.167, 1.330, 1.455, 1.421, 1.394, 1.208], strict=True))
    exact = dict(zip(tabled, [1.165379, 1.327851, 1.449209, 1.419058, 1.391768, 1.206430], strict=True))
    for name, values in entropies(rows, 4)._asdict().items():
        mean = chance @ values
        error = math.sqrt(chance @ np.square(values - mean) / 2000)
        assert abs(mean - tabled[name]) < 3 * error + 0.0005, name
        assert mean == pytest.approx(exact[name], abs=1e-6), name


def test_corrected_estimators_are_less_biased_than_maximum_likelihood() -> None:
    rows, chance = teams_of(8, 4)
    bias = {name: abs(chance @ values - math.log(4)) for name, values in entropies(rows, 4)._asdict().items()}
    assert max(bias, key=lambda name: bias[name]) == "ml"
    assert min(bias, key=lambda name: bias[name]) == "chao_shen"


def test_the_jackknife_leaves_each_answer_out_once() -> None:
    counts = np.array([4, 2, 1, 0])
    without = [float(entropy(counts - np.eye(4, dtype=int)[k], "ml")) for k in range(3)]
    want = 7 * float(entropy(counts, "ml")) - 6 / 7 * float(np.dot(counts[:3], without))
    assert entropy(counts, "jackknife") == pytest.approx(want)


@given(COUNTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_names_of_options_and_options_that_nobody_took_change_nothing(counts: np.ndarray, rnd: object) -> None:
    names = list(range(len(counts)))
    rnd.shuffle(names)  # type: ignore[attr-defined]
    np.testing.assert_allclose(entropies(counts[names], 9), entropies(np.r_[counts, 0, 0], 9), atol=1e-12)
    np.testing.assert_allclose(answer_hill(counts[names]), answer_hill(np.r_[counts, 0, 0]), atol=1e-12)


@given(hnp.arrays(np.int64, (3, 4), elements=st.integers(0, 6)))
@settings(deadline=None, max_examples=30)
def test_many_rows_at_once_are_the_rows_one_by_one(table: np.ndarray) -> None:
    for together, name in zip(entropies(table), entropies(table)._fields, strict=True):
        np.testing.assert_allclose(together, [entropy(row, name) for row in table], atol=1e-12)


@given(COUNTS)
def test_hill_numbers_fall_with_their_order_and_are_two_to_the_bits(counts: np.ndarray) -> None:
    hill = answer_hill(counts, (0.0, 0.5, 1.0, 2.0, np.inf))
    assert (np.diff(hill) <= 1e-9).all()
    assert hill[0] == (counts > 0).sum()
    assert hill[2] == pytest.approx(2 ** float(bits(entropy(counts, "ml"))))
    assert hill[4] == pytest.approx(counts.sum() / counts.max())


def test_the_inverse_simpson_index_gives_the_tabled_values() -> None:
    assert answer_hill([5, 3, 2], (2.0,)) == pytest.approx([2.63158], abs=5.1e-6)
    assert inverse_simpson([5, 3, 2]) == pytest.approx(3.21429, abs=5e-6)
    assert inverse_simpson([1, 1, 1]) == np.inf
    assert inverse_simpson([3, 0]) == 1.0


def test_the_reciprocal_simpson_index_is_unbiased() -> None:
    rows, chance = teams_of(5, 3)
    assert chance @ (1 / inverse_simpson(rows)) == pytest.approx(1 / 3)


def test_the_default_changes_at_twenty_answers() -> None:
    few, many = [10, 6, 3], [11, 6, 3]
    assert entropy(few) == entropy(few, "chao_shen")
    assert entropy(many) == entropy(many, "grassberger")
    assert entropy([few, many]).tolist() == [entropy(few), entropy(many)]
    assert neff_answer_entropy(few) == pytest.approx(math.exp(entropy(few)))


@pytest.mark.parametrize("name", ["ml", "miller_madow", "grassberger", "jackknife", "chao_shen", "nsb"])
def test_many_answers_bring_every_estimator_to_the_truth(name: str) -> None:
    p = np.array([0.5, 0.25, 0.125, 0.125])
    assert bits(entropy((p * 8000).astype(int), name)) == pytest.approx(1.75, abs=2e-3)  # type: ignore[arg-type]


def test_all_answers_different_stay_finite() -> None:
    assert np.isfinite(entropies(np.ones(8, dtype=int), 20)).all()
    assert entropy(np.ones(8, dtype=int)) > math.log(8)


def test_a_unanimous_team_has_no_entropy() -> None:
    assert entropy([5, 0, 0], "chao_shen") == 0.0
    assert entropy([5], "nsb", 1) == 0.0
    assert answer_hill([5, 0, 0]).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("empty", [np.zeros(3, dtype=int), np.zeros(0, dtype=int)])
def test_without_an_answer_nothing_is_defined(empty: np.ndarray) -> None:
    assert np.isnan(entropies(empty)).all()
    assert np.isnan([*answer_hill(empty), inverse_simpson(empty), entropy(empty), neff_answer_entropy(empty)]).all()


def test_one_answer_cannot_be_corrected() -> None:
    found = entropies([1, 0, 0])
    assert np.isnan([found.miller_madow, found.grassberger, found.jackknife, found.chao_shen]).all()
    assert found.ml == 0.0
    assert 0 < found.nsb < math.log(3)
    assert np.isnan(inverse_simpson([1, 0, 0]))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: entropy([1, -1]), "whole numbers ≥ 0"),
        (lambda: entropy([1.5, 1]), "whole numbers ≥ 0"),
        (lambda: entropy(3), "shape ()"),
        (lambda: entropy([1, 2], "chaoshen"), "chao_shen"),  # type: ignore[arg-type]
        (lambda: entropy([1, 2, 3], "nsb", 2), "n_options = 2"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
