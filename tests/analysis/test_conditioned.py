"""Diversity of right and wrong answers: what the adjustment removes, what it keeps, and when it is undefined."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import effective_channels, kstar_conditioned
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


def coins(seed: int, shape: tuple[int, ...], p: float | np.ndarray) -> np.ndarray:
    return keyed(seed, "coins").random(shape) < p


def error(values: np.ndarray) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.std(ddof=1) / np.sqrt(len(defined)))


def by_accuracy(seed: int, questions: int, agents: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors that know nothing of who is right, on questions of every difficulty."""
    z = noise(seed, questions, agents, 24) + 1.5 * noise(seed + 1, questions, 1, 24)
    return z, coins(seed, (questions, agents), np.linspace(0.15, 0.85, questions)[:, None])


def test_each_number_is_what_its_definition_says() -> None:
    z, right = noise(1, 6, 5), np.array([True, False, True, True, False, False])
    found = kstar_conditioned(z, right, permutations="exact")
    triples = [effective_channels(z[list(rows)]) for rows in itertools.combinations(range(6), 3)]
    assert found.k_star_c == pytest.approx(effective_channels(z[right]))
    assert found.k_star_w == pytest.approx(effective_channels(z[~right]))
    assert found.adj_c == pytest.approx(effective_channels(z[right]) - np.mean(triples))
    assert found.adj_w == pytest.approx(effective_channels(z[~right]) - np.mean(triples))
    assert found.var_c == pytest.approx(np.var(triples))
    assert (found.n_c, found.n_w) == (3, 3)
    pairs = [effective_channels(z[list(rows)]) for rows in itertools.combinations(np.flatnonzero(right), 2)]
    assert found.rarefied_c == pytest.approx(np.mean(pairs))
    assert found.z_c == pytest.approx(float(found.adj_c / np.sqrt(found.var_c)))


def test_pairs_give_the_entropy_of_half_one_plus_r() -> None:
    z = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    p = np.array([0.9, 0.1])
    found = kstar_conditioned(z, [1, 1, 0])
    assert found.rarefied_c == pytest.approx(np.exp(-np.sum(p * np.log(p))))
    assert found.rarefied_c == pytest.approx(1.3841, abs=6e-5)
    assert np.isnan(found.rarefied_w)


@pytest.mark.parametrize("permutations", [50, "exact"])
def test_vectors_that_know_nothing_of_correctness_have_no_adjusted_diversity(permutations: object) -> None:
    found = kstar_conditioned(*by_accuracy(2, 500, 8), permutations=permutations)  # type: ignore[arg-type]
    for adjusted in (found.adj_c, found.adj_w):
        assert abs(np.nanmean(adjusted)) < 3 * error(adjusted)
    assert abs(found.z_c) < 3
    assert abs(found.z_w) < 3
    np.testing.assert_allclose(np.nanmean(found.rarefied_c - found.rarefied_w), 0.0, atol=0.01)


def test_the_raw_ratio_follows_accuracy_where_there_is_nothing() -> None:
    z, right = by_accuracy(4, 400, 10)
    found, accuracy = kstar_conditioned(z, right), right.mean(axis=1)
    ratio, defined = found.k_star_c / found.k_star_w, np.isfinite(found.k_star_c + found.k_star_w)
    assert np.corrcoef(ratio[defined], accuracy[defined])[0, 1] > 0.8
    assert abs(np.corrcoef(found.adj_c[defined], accuracy[defined])[0, 1]) < 3 / np.sqrt(defined.sum())


def test_the_pooled_test_is_calibrated() -> None:
    scores = [
        (found.z_c, found.z_w)
        for found in (kstar_conditioned(*by_accuracy(10 * at, 20, 7), permutations=20, seed=at) for at in range(1, 61))
    ]
    assert np.abs(np.mean(scores, axis=0)).max() < 3 / np.sqrt(60)
    np.testing.assert_allclose(np.std(scores, axis=0), 1.0, atol=3 / np.sqrt(120))


def test_the_draws_of_questions_are_independent_even_where_all_have_the_same_vectors() -> None:
    z = np.broadcast_to(np.repeat(np.eye(3), [6, 3, 1], axis=0), (300, 10, 3))
    found = [kstar_conditioned(z, coins(at, (300, 10), 0.5), permutations=10, seed=at).z_c for at in range(20)]
    assert np.square(found).mean() == pytest.approx(1.0, abs=3 * np.sqrt(2 / 20))


def test_planted_signal_is_found() -> None:
    right = coins(20, (200, 8), 0.5)
    spread = np.where(right, 1.3, 1.0)[..., None]  # right answers lie farther from each other
    found = kstar_conditioned(2.0 + spread * noise(20, 200, 8, 24), right)
    assert np.nanmean(found.adj_c) > 3 * error(found.adj_c)
    assert np.nanmean(found.adj_w) < -3 * error(found.adj_w)
    assert found.z_c > 5
    assert np.nanmean(found.rarefied_c) > np.nanmean(found.rarefied_w)


@given(st.permutations(range(12)))
@settings(max_examples=20)
def test_the_order_of_agents_changes_nothing(agents: list[int]) -> None:
    z, right = noise(21, 4, 12, 6), coins(21, (4, 12), 0.5).astype(float)
    z[1, 2], right[2, 5] = 0.0, np.nan
    found = kstar_conditioned(z, right, permutations=20)
    turned = kstar_conditioned(z[:, agents], right[:, agents], permutations=20)
    for name in ("k_star_c", "k_star_w", "adj_c", "adj_w", "var_c", "var_w", "rarefied_c", "rarefied_w", "n_c", "n_w"):
        np.testing.assert_allclose(getattr(turned, name), getattr(found, name), rtol=1e-9, atol=1e-12)
    assert turned.z_c == pytest.approx(found.z_c)


def test_drawn_labellings_come_near_all_of_them() -> None:
    z, right = by_accuracy(22, 30, 9)
    drawn, whole = kstar_conditioned(z, right, permutations=60), kstar_conditioned(z, right, permutations="exact")
    off = (drawn.adj_c - whole.adj_c) / np.sqrt(whole.var_c / 60)
    off = off[np.isfinite(off) & (off != 0)]  # 0 where all labellings are fewer than 60
    assert len(off) > 10
    assert abs(off.mean()) < 3 / np.sqrt(len(off))


def test_missing_answers_and_missing_vectors_take_no_part() -> None:
    z, right = noise(23, 9, 5), np.array([1, 1, 0, 1, 0, 0, 1, 1, 0], dtype=float)
    right[1], z[2] = np.nan, np.nan
    kept = np.delete(np.arange(9), [1, 2])
    found, clean = kstar_conditioned(z, right), kstar_conditioned(z[kept], right[kept])
    for name in ("k_star_c", "adj_c", "var_w", "rarefied_w", "n_c", "n_w"):
        np.testing.assert_allclose(getattr(found, name), getattr(clean, name))
    assert "2 rows" in found.warnings[0]
    masked = np.ma.masked_array(np.nan_to_num(right).astype(bool), mask=np.isnan(right))
    assert kstar_conditioned(z, masked).adj_c == found.adj_c


@pytest.mark.parametrize(
    ("right", "c", "w", "adjusted"),
    [
        ([1, 1, 1, 1], True, False, False),
        ([0, 0, 0, 0], False, True, False),
        ([1, 0, 0, 0], False, True, True),
        ([1, 1, 1, 0], True, False, True),
        ([1, np.nan, np.nan, 0], False, False, False),
        ([np.nan] * 4, False, False, False),
    ],
)
def test_fewer_than_two_are_undefined_and_so_is_what_cannot_be_compared(
    right: list[float], c: bool, w: bool, adjusted: bool
) -> None:
    found = kstar_conditioned(noise(24, 4, 5), right)
    assert np.isfinite([found.k_star_c, found.rarefied_c]).tolist() == [c, c]
    assert np.isfinite([found.k_star_w, found.rarefied_w]).tolist() == [w, w]
    assert np.isfinite([found.adj_c, found.adj_w]).tolist() == [c and adjusted, w and adjusted]
    assert np.isfinite([found.z_c, found.z_w]).tolist() == [c and adjusted, w and adjusted]
    assert found.warnings


@pytest.mark.parametrize("shape", [(0, 4, 3), (2, 0, 3), (0, 3)])
def test_empty_shapes_keep_their_leading_axes(shape: tuple[int, ...]) -> None:
    found = kstar_conditioned(np.empty(shape), np.empty(shape[:-1]))
    assert found.adj_c.shape == found.n_c.shape == shape[:-2]
    assert np.isnan(found.k_star_c).all()
    assert np.isnan(found.z_c)


def test_identical_vectors_have_nothing_to_test() -> None:
    found = kstar_conditioned(np.ones((5, 6, 3)), coins(25, (5, 6), 0.5))
    assert np.isnan(found.z_c)
    np.testing.assert_allclose(found.adj_c[np.isfinite(found.adj_c)], 0.0, atol=1e-12)


def test_what_cannot_be_meant_is_refused() -> None:
    z = noise(26, 4, 3)
    for correct, permutations in (([1, 0, 1], 50), ([1, 0, 2, 1], 50), ([1, 0, -1, 1], 50), ([1, 0, 1, 0], 1)):
        with pytest.raises(SpecError):
            kstar_conditioned(z, correct, permutations=permutations)
    with pytest.raises(SpecError, match="labellings"):
        kstar_conditioned(noise(27, 40, 3), [1, 0] * 20, permutations="exact")
