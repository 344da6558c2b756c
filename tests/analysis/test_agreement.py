"""Agreement and effective size against tabled values, definitions by enumeration, and planted correlations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agentscale.analysis import (
    agreement,
    ambiguity,
    both_wrong,
    count_answers,
    error_diversity,
    ess,
    fleiss,
    gls_weights,
    icc_correct,
    kish,
    kish_ceiling,
    majority_error,
    mean_phi,
    neff_weights,
)
from agentscale.analysis.agreement import HELM_71, pair_tables
from agentscale.errors import SpecError
from agentscale.randomness import keyed

ANSWERS = hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(-1, 3))
CORRECT = hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(-1, 1))


def pairs_of(row: np.ndarray) -> list[tuple[int, int]]:
    return list(itertools.permutations([int(answer) for answer in row if answer >= 0], 2))


@given(ANSWERS)
@settings(deadline=None)
def test_agreement_is_the_share_of_equal_pairs_within_a_question(a: np.ndarray) -> None:
    shares = [np.mean([x == y for x, y in pairs_of(row)]) if pairs_of(row) else np.nan for row in a]
    found = agreement(a)
    np.testing.assert_allclose(found.by_item, shares)
    assert found.n_missing == (a < 0).sum()
    if np.isfinite(shares).any():
        labels = a[a >= 0]
        chance = sum(np.mean(labels == label) ** 2 for label in range(4))
        assert found.observed == pytest.approx(np.nanmean(shares))
        assert found.expected == pytest.approx(chance)
    else:
        assert np.isnan(found.observed)


@given(ANSWERS, st.randoms(use_true_random=False), st.permutations(range(4)))
@settings(deadline=None)
def test_order_of_agents_and_names_of_options_change_nothing(a: np.ndarray, rnd: object, names: list[int]) -> None:
    order = list(range(a.shape[1]))
    rnd.shuffle(order)  # type: ignore[attr-defined]
    again = np.where(a >= 0, np.array(names)[np.maximum(a, 0)], -1)[:, order]
    np.testing.assert_allclose(agreement(again).kappa, agreement(a).kappa, atol=1e-12)
    y, renamed = a[:, 0], again[:, order.index(0)]
    for found, want in zip(both_wrong(again, renamed, 4), both_wrong(a, y, 4), strict=True):
        assert found == pytest.approx(want, nan_ok=True)
    np.testing.assert_allclose(mean_phi((a == 0)[:, order]), mean_phi(a == 0), atol=1e-12)


def test_fleiss_gives_the_value_of_a_known_table() -> None:
    """Ten subjects, fourteen raters, five categories."""
    table = np.array(
        [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ]
    )
    answers = np.stack([np.repeat(np.arange(5), row) for row in table])
    np.testing.assert_array_equal(count_answers(answers), table)
    assert fleiss(answers) == pytest.approx(0.20993, abs=5e-6)


def test_labels_that_mean_nothing_across_questions_have_no_chance_level() -> None:
    found = agreement([[0, 0, 1], [0, 1, 2]], shared_labels=False)
    assert found.expected == 0.0
    assert found.kappa == found.observed == pytest.approx(1 / 6)


def test_one_label_everywhere_has_agreement_but_no_kappa() -> None:
    found = agreement(np.zeros((3, 4), dtype=int))
    assert found.observed == 1.0
    assert np.isnan(found.kappa)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3, 1), (0, 0)])
def test_without_a_pair_nothing_is_defined(shape: tuple[int, int]) -> None:
    a = np.zeros(shape, dtype=int)
    assert np.isnan([agreement(a).observed, fleiss(a), mean_phi(a), both_wrong(a, np.ones(len(a)), 4).observed]).all()


def test_all_missing_is_undefined() -> None:
    a = np.full((4, 3), -1)
    found = agreement(a)
    assert np.isnan([found.observed, found.expected, found.kappa, mean_phi(a), *majority_error(a)]).all()
    assert found.n_missing == 12
    assert np.isnan(both_wrong(a, np.zeros(4), 4)[:3]).all()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6))
@settings(deadline=None)
def test_the_icc_is_the_correlation_over_all_pairs(items: list[tuple[int, int]]) -> None:
    k, n = np.array([min(pair) for pair in items]), np.array([max(pair) for pair in items])
    rows = [np.r_[np.ones(right), np.zeros(total - right)] for right, total in zip(k, n, strict=True)]
    pairs = np.array([pair for row in rows for pair in itertools.permutations(row, 2)]).reshape(-1, 2)
    if len(pairs) == 0 or pairs.mean() in (0.0, 1.0):
        assert np.isnan(icc_correct(k, n))
    else:
        assert icc_correct(k, n) == pytest.approx(np.corrcoef(pairs.T)[0, 1], abs=1e-9)


def test_the_icc_of_equal_teams_is_the_stated_formula() -> None:
    k, n = np.array([1, 4, 3, 0, 2]), 4
    p = k.sum() / 20
    want = ((k * (k - 1)).sum() / (5 * 4 * 3) - p * p) / (p * (1 - p))
    assert icc_correct(k, n) == pytest.approx(want)
    np.testing.assert_allclose(icc_correct([k, k[::-1]], n), [want, want])


def test_the_icc_and_phi_find_the_correlation_of_beta_binomial_worlds() -> None:
    rho, p, n = 0.3, 0.6, 8
    rng = keyed(1, "beta-binomial")
    skill = rng.beta(p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho, size=(60, 400))
    correct = rng.random((60, 400, n)) < skill[..., None]
    found = {"icc": icc_correct(correct.sum(axis=-1), n), "phi": np.array([mean_phi(world) for world in correct])}
    for values in found.values():
        assert abs(values.mean() - rho) < 3 * values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize("k", [[0, 0, 0], [4, 4, 4]])
def test_constant_correctness_has_no_correlation(k: list[int]) -> None:
    assert np.isnan(icc_correct(k, 4))
    assert np.isnan(mean_phi(np.full((5, 3), k[0] > 0)))


def test_error_diversity_gives_the_tabled_values() -> None:
    found = error_diversity(50, 20, 10, 20)
    assert found.q == pytest.approx(0.6667, abs=5e-5)
    assert found.phi == pytest.approx(0.356348, abs=5e-7)
    assert found.disagreement == pytest.approx(0.3)
    assert found.double_fault == pytest.approx(0.2)
    assert found.kappa == pytest.approx(0.347826, abs=5e-7)


@given(*[st.integers(0, 30)] * 4)
def test_error_diversity_is_symmetric_bounded_and_honest_about_constant_agents(a: int, b: int, c: int, d: int) -> None:
    found, swapped = error_diversity(a, b, c, d), error_diversity(a, c, b, d)
    np.testing.assert_allclose(found, swapped, atol=1e-12)
    degenerate = 0 in (a + b, c + d, a + c, b + d)
    assert np.isnan([found.q, found.phi, found.kappa]).all() == degenerate
    assert np.isnan(found.disagreement) == (a + b + c + d == 0)
    if not degenerate:
        assert max(abs(found.q), abs(found.phi), abs(found.kappa)) <= 1 + 1e-12


@given(CORRECT)
@settings(deadline=None)
def test_pair_tables_count_the_questions_that_both_answered(correct: np.ndarray) -> None:
    tables = np.stack(pair_tables(correct), axis=1)
    for at, (i, j) in enumerate(itertools.combinations(range(correct.shape[1]), 2)):
        both = correct[(correct[:, i] >= 0) & (correct[:, j] >= 0)]
        want = [np.sum((both[:, i] == x) & (both[:, j] == y)) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
        assert tables[at].tolist() == want


def test_mean_phi_leaves_constant_agents_out() -> None:
    varying = np.array([[1, 1], [1, 0], [0, 0], [0, 1], [1, 1]])
    with_constant = np.c_[varying, np.ones(5), np.zeros(5)]
    assert mean_phi(with_constant) == pytest.approx(np.corrcoef(varying.T)[0, 1])
    assert mean_phi(np.where(with_constant == 0, 0.0, with_constant)) == mean_phi(with_constant.astype(int))


@given(ANSWERS)
@settings(deadline=None)
def test_both_wrong_agreement_is_the_share_of_equal_wrong_pairs(a: np.ndarray) -> None:
    y = np.arange(len(a)) % 3 - 1  # the first is unlabelled
    pairs = [pair for row, truth in zip(a, y, strict=True) if truth >= 0 for pair in pairs_of(row[row != truth])]
    found = both_wrong(a, y, 4)
    assert found.n_pairs == len(pairs) // 2
    assert found.observed == pytest.approx(np.mean([x == z for x, z in pairs]) if pairs else np.nan, nan_ok=True)
    assert found.null == pytest.approx(1 / 3 if pairs else np.nan, nan_ok=True)


def test_even_wrong_answers_agree_as_often_as_the_null_says() -> None:
    rng = keyed(2, "wrong")
    options = np.repeat([3, 4, 6], 3000)
    wrong = 1 + (rng.random((9000, 2)) * (options - 1)[:, None]).astype(int)
    found = both_wrong(wrong, np.zeros(9000), options)
    assert found.null == pytest.approx((1 / 2 + 1 / 3 + 1 / 5) / 3)
    assert abs(found.observed - found.null) < 3 * np.sqrt(found.null * (1 - found.null) / 9000)
    assert found.adjusted == pytest.approx((found.observed - found.null) / (1 - found.null))


def test_two_options_or_open_answers_have_no_adjusted_both_wrong_agreement() -> None:
    wrong = np.ones((3, 4), dtype=int)
    two, unknown = both_wrong(wrong, [0, 0, 0], 2), both_wrong(wrong, [0, 0, 0])
    assert (two.observed, two.null) == (1.0, 1.0)
    assert np.isnan([two.adjusted, unknown.null, unknown.adjusted]).all()
    assert unknown.observed == 1.0


def test_kish_gives_the_published_and_the_tabled_values() -> None:
    assert kish(9, 0.391).value == pytest.approx(2.1802, abs=5e-5)
    n = np.array([1, 2, 5, 10, 30])
    table = {
        0.0: [1, 1.33333, 1.66667, 1.81818, 1.93548],
        0.5: [1, 1.47759, 2.63932, 4.12707, 8.22520],
        1.0: [1, 1.6, 3.57143, 6.89655, 20.22472],
    }
    for beta, want in table.items():
        np.testing.assert_allclose(kish(n, 0.5 * n**-beta).value, want, atol=5.1e-6)


def test_seventy_one_models_are_worth_two() -> None:
    assert kish(71, HELM_71["phi"]).value == pytest.approx(2.34, abs=0.005)
    assert kish_ceiling(HELM_71["phi"]) == pytest.approx(2.39, abs=0.005)


@given(st.integers(1, 1000), st.floats(-1, 1))
def test_kish_lies_between_one_and_n_and_warns_where_it_is_capped(n: int, rho: float) -> None:
    found = kish(n, rho)
    assert 1 - 1e-12 <= found.value <= n + 1e-9
    impossible = n > 1 and 1 + (n - 1) * rho <= 0
    assert any("so many agents" in warning for warning in found.warnings) == impossible
    if impossible:
        assert found.value == n


def test_kish_of_nobody_and_of_an_unknown_correlation_is_undefined() -> None:
    assert np.isnan(kish([0, 5], [0.1, np.nan]).value).all()
    np.testing.assert_array_equal(kish_ceiling([0.0, -0.2, 0.5]), [np.inf, np.inf, 2.0])


def test_effective_size_of_weights_gives_the_tabled_values() -> None:
    assert ess([0.5, 0.25, 0.25]) == pytest.approx(2.6667, abs=5e-5)
    gamma, n = 0.43, 8
    influence = (1 - gamma) * np.linalg.inv(np.eye(n) - gamma * np.full((n, n), 1 / n))
    np.testing.assert_allclose(neff_weights(influence), 2.44327, atol=5e-6)


@given(st.integers(1, 8), st.floats(0, 0.95))
def test_equal_weights_under_equal_correlation_are_kish(n: int, rho: float) -> None:
    r = np.full((n, n), rho) + (1 - rho) * np.eye(n)
    assert neff_weights(np.ones(n), r) == pytest.approx(float(kish(n, rho).value))
    assert gls_weights(r) == pytest.approx(np.full(n, 1 / n))


def test_least_squares_weights_are_worth_the_sum_of_the_inverse() -> None:
    r = np.array([[1.0, 0.8, 0.1], [0.8, 1.0, 0.1], [0.1, 0.1, 1.0]])
    best = neff_weights(gls_weights(r), r)
    assert best == pytest.approx(np.linalg.inv(r).sum())
    assert best > neff_weights(np.ones(3), r)


def test_weights_that_cancel_or_are_absent_have_no_size() -> None:
    assert np.isnan([ess([]), ess([1.0, -1.0]), ess([0.0, 0.0])]).all()


def test_krogh_vedelsby_gives_the_tabled_values() -> None:
    assert ambiguity([1, 2, 4, 5], 2.5) == pytest.approx((0.25, 2.75, 2.50))


@given(
    hnp.arrays(np.float64, (3, 4), elements=st.floats(-5, 5)),
    hnp.arrays(np.float64, 4, elements=st.floats(0.1, 2)),
)
def test_krogh_vedelsby_is_an_identity(f: np.ndarray, w: np.ndarray) -> None:
    found = ambiguity(f, [0.0, 1.0, -2.0], w)
    np.testing.assert_allclose(found.ensemble, found.mean_error - found.ambiguity, atol=1e-9)


@given(CORRECT)
@settings(deadline=None)
def test_brown_kuncheva_is_an_identity_with_ties_at_a_half(correct: np.ndarray) -> None:
    found = majority_error(correct)
    assert found.majority == pytest.approx(found.individual - found.good + found.bad, nan_ok=True)


def test_the_majority_errs_by_definition() -> None:
    found = majority_error([[1, 1, 0], [1, 0, 0], [1, 0, -1], [-1, -1, -1]])
    assert found == pytest.approx((0.5, 0.5, 1 / 9, 1 / 9))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: agreement([0, 1]), "(2,)"),
        (lambda: both_wrong([[0, 1]], [0, 1], 4), "truth"),
        (lambda: both_wrong([[0, 1]], [0], 1), "n_options"),
        (lambda: mean_phi([[0, 2]]), "correct"),
        (lambda: icc_correct([3], [2]), "0 ≤ k ≤ n"),
        (lambda: kish(3, 1.2), "rho = 1.2"),
        (lambda: kish(-1, 0.2), "n = -1"),
        (lambda: neff_weights([1.0, 1.0], np.eye(3)), "correlation"),
        (lambda: count_answers([[0, 4]], 4), "−1 to 3"),
    ],
)
def test_what_does_not_fit_is_named(call: object, named: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert named in str(caught.value)
