"""K* at a common size, free of size, extrapolated and against its null: closed forms, the tabled values, bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import (
    d2_unbiased,
    dinf_unbiased,
    effective_channels,
    kstar_baselined,
    kstar_extrapolated,
    kstar_rarefied,
    mean_cosine,
)
from agentscale.analysis.spectrum import hill_of_eigenvalues
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import World, WorldParameters


def equicorrelated(n: int, r: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.full((n, n), r) + (1 - r) * np.eye(n))
    return vectors * np.sqrt(values.clip(min=0))


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def first_layer(questions: int, agents: int, d: int = 256) -> np.ndarray:
    """Vectors of one model without persona, by the embedding model and the weights of theory sections 11.1 and 11.2."""
    world = World(WorldParameters())
    team = world.team("L1", agents)
    given = [[world.answer(f"q{q}", 4, seat) for seat in team] for q in range(questions)]
    channel = np.array([[one.channel for one in row] for row in given])
    answer = np.array([[one.answer for one in row] for row in given])
    axes = np.linalg.qr(noise(1, d, 13))[0].T
    topic, options = unit(noise(2, questions, 1, d)), unit(noise(3, questions, 4, d))
    said = np.take_along_axis(options, answer[..., None], axis=1)
    blur = noise(4, questions, agents, d) / np.sqrt(d)
    return 2.2 * topic + 0.55 * axes[channel] + 0.25 * axes[12] + 0.2 * said + 0.35 * blur


TABLE = {(0.8, 2): 1.3841, (0.8, 4): 1.7995, (0.8, 8): 2.2350, (0.5, 2): 1.7548, (0.5, 4): 2.9257, (0.5, 8): 4.6490}


@pytest.mark.parametrize(("r", "m"), TABLE)
def test_equal_correlations_give_exactly_the_smaller_team(r: float, m: int) -> None:
    found = kstar_rarefied(equicorrelated(16, r), m)
    assert found.value == pytest.approx(TABLE[r, m], abs=6e-5)
    assert found.value == pytest.approx(effective_channels(equicorrelated(m, r)), abs=1e-12)
    assert found.se == pytest.approx(0.0, abs=1e-12)
    assert found.n_subsets == (120 if m == 2 else 200)


def test_few_subsets_are_all_listed() -> None:
    z = noise(5, 7, 5)
    every = [effective_channels(z[list(rows)]) for rows in itertools.combinations(range(7), 3)]
    found = kstar_rarefied(z, 3)
    assert found.value == pytest.approx(np.mean(every), abs=1e-12)
    assert (found.se, found.n_subsets) == (0.0, 35)
    assert kstar_rarefied(z, 7).value == pytest.approx(effective_channels(z))
    assert kstar_rarefied(z, 1).value == pytest.approx(1.0)


def test_many_subsets_are_drawn_with_an_honest_error() -> None:
    z = noise(6, 12, 6) + 1.0
    every = [effective_channels(z[list(rows)]) for rows in itertools.combinations(range(12), 6)]
    found = [kstar_rarefied(z, 6, seed=seed) for seed in range(40)]
    off = np.array([(one.value - np.mean(every)) / one.se for one in found])
    assert abs(off.mean()) < 3 / np.sqrt(40)
    assert np.square(off).mean() == pytest.approx(1.0, abs=0.7)  # three standard errors of 40 squares
    assert found[0].value == kstar_rarefied(z, 6, seed=0).value


@given(st.permutations(range(13)))
@settings(max_examples=20)
def test_the_order_of_agents_changes_nothing_even_where_subsets_are_drawn(order: list[int]) -> None:
    z = noise(7, 2, 13, 6)
    z[1, 3] = 0
    np.testing.assert_allclose(kstar_rarefied(z[:, order], 6).value, kstar_rarefied(z, 6).value, rtol=1e-12)
    for estimator in (d2_unbiased, dinf_unbiased):
        np.testing.assert_allclose(estimator(z[:, order]).value, estimator(z).value, rtol=1e-9)
    np.testing.assert_allclose(kstar_baselined(z[:, order]).excess, kstar_baselined(z).excess, atol=1e-9)


def test_a_batch_is_its_members_one_by_one() -> None:
    z = noise(8, 2, 3, 9, 5)
    z[0, 1, 2:4] = np.nan
    batch, curve, null = kstar_rarefied(z, 4), kstar_extrapolated(z), kstar_baselined(z)
    for at in np.ndindex(2, 3):
        np.testing.assert_allclose(batch.value[at], kstar_rarefied(z[at], 4).value, rtol=1e-12)  # all are listed
        np.testing.assert_allclose(null.null[at], kstar_baselined(z[at]).null, rtol=1e-12)
        np.testing.assert_allclose(curve.exponent[at], kstar_extrapolated(z[at], sizes=range(2, 10)).exponent)
    assert batch.n_subsets[0].tolist() == [126, 35, 126]


@pytest.mark.parametrize("r", [0.9, 0.8, 0.5])
@pytest.mark.parametrize("n", [2, 3, 16])
def test_unbiased_numbers_do_not_know_the_size(r: float, n: int) -> None:
    assert d2_unbiased(equicorrelated(n, r)).value == pytest.approx(1 / r**2)  # 1.5625 at r = 0.8
    assert dinf_unbiased(equicorrelated(n, r)).value == pytest.approx(1 / r)  # 1.25 at r = 0.8


def test_the_mean_over_pairs_is_unbiased_over_ten_thousand_draws() -> None:
    pi = np.array([0.4, 0.3, 0.2, 0.1])
    channels = keyed(9, "channels").choice(4, size=(10_000, 4), p=pi)
    for found, truth in (
        (d2_unbiased(np.eye(4)[channels]), np.sum(pi**2)),  # one draw of D_2 = 3.3333
        (dinf_unbiased(np.eye(4)[channels]), np.sum(pi**2)),
        (d2_unbiased(noise(10, 10_000, 3, 5)), 1 / 5),  # isotropic in d dimensions: d channels
    ):
        error = found.pair_mean.std(ddof=1) / 100
        assert abs(found.pair_mean.mean() - truth) < 3 * error
        assert abs(found.pooled - 1 / truth) < 3 * error / truth**2


def test_the_jackknife_error_is_about_the_spread_over_sets() -> None:
    found = d2_unbiased(noise(11, 400, 30, 8) + 1.0)
    assert np.sqrt(np.mean(found.se**2)) == pytest.approx(found.value.std(), rel=0.25)
    assert np.isnan(d2_unbiased(noise(12, 2, 8)).se)


def test_raw_k_star_rises_with_the_team_and_unbiased_d2_does_not() -> None:
    z = first_layer(300, 16)
    sizes = (2, 4, 8, 16)
    raw = [effective_channels(z[:, :n]).mean() for n in sizes]
    np.testing.assert_allclose(raw, [1.11, 1.19, 1.25, 1.30], atol=0.03)  # the spread that section 11.3 states
    for n, prototype in zip(sizes, (1.099, 1.094, 1.092, 1.093), strict=True):
        found = d2_unbiased(z[:, :n])
        error = found.pair_mean.std(ddof=1) / np.sqrt(300) * found.pooled**2
        assert abs(found.pooled - prototype) < 3 * np.sqrt(2) * error  # both are of one world of 300 questions


def test_the_exponent_is_that_of_one_noisy_channel_and_falls_to_its_limit() -> None:
    found = kstar_extrapolated(equicorrelated(16, 0.8))
    assert found.sizes == tuple(range(2, 17))
    np.testing.assert_allclose(found.curve[[0, 2, 6, 14]], [1.3841, 1.7995, 2.2350, 2.6921], atol=6e-5)
    s, a = np.polyfit(np.log(found.sizes), np.log(found.curve), 1)
    assert found.exponent == pytest.approx(s)
    assert found.scale == pytest.approx(np.exp(a))
    assert found.exponent == pytest.approx(0.31, abs=5e-3)
    small = kstar_extrapolated(equicorrelated(40, 0.8), sizes=(2, 3, 4, 5)).exponent
    large = kstar_extrapolated(equicorrelated(40, 0.8), sizes=(25, 30, 35, 40)).exponent
    assert small > found.exponent > large > 1 - 0.8


def test_the_exponent_of_copies_is_zero_and_of_orthonormal_rows_one() -> None:
    assert kstar_extrapolated(np.ones((6, 3))).exponent == pytest.approx(0.0, abs=1e-9)
    assert kstar_extrapolated(np.eye(6)).exponent == pytest.approx(1.0)


def test_a_large_set_is_read_at_twelve_sizes() -> None:
    assert kstar_extrapolated(noise(13, 30, 4)).sizes == (2, 3, 4, 5, 7, 9, 11, 14, 18, 23, 30)  # 2.56 is 3 too


def test_the_asymptote_holds_in_closed_form() -> None:
    def profile(n: int, r: float, order: float) -> float:
        eigenvalues = np.full(n, (1 - r) / n)
        eigenvalues[0] += r
        return float(hill_of_eigenvalues(eigenvalues, order))

    tabled = {64: 3.713, 1024: 6.586, 10**6: 26.141}
    for n, k_star in tabled.items():
        assert profile(n, 0.8, 1.0) == pytest.approx(k_star, abs=6e-4)
    assert profile(10**6, 0.8, 1.0) == pytest.approx(0.8**-0.8 * 0.2**-0.2 * 1e6**0.2, rel=1e-4)
    assert profile(10**6, 0.8, 2.0) == pytest.approx(1.5625, abs=1e-5)
    assert profile(10**6, 0.8, np.inf) == pytest.approx(1.25, abs=1e-5)


def test_the_effective_rank_of_singular_values_is_another_number() -> None:
    eigenvalues = np.array([1 + 2 * 0.888, 1 - 0.888, 1 - 0.888]) / 3
    assert hill_of_eigenvalues(eigenvalues, 1.0) == pytest.approx(1.3734, abs=6e-5)
    singular = np.sqrt(eigenvalues)
    assert hill_of_eigenvalues(singular / singular.sum(), 1.0) == pytest.approx(2.2205, abs=6e-5)


def test_noise_in_many_dimensions_comes_nearer_to_its_size() -> None:
    assert effective_channels(noise(14, 6, 16, 4096)).mean() == pytest.approx(15.971, abs=6e-3)
    assert 16 * np.exp(-16 / (2 * 4096)) == pytest.approx(15.969, abs=1e-3)


def test_sets_from_the_null_have_no_excess() -> None:
    common = np.sqrt(0.6) * np.eye(40)[0]
    rest = np.concatenate([np.zeros((300, 8, 1)), unit(noise(15, 300, 8, 39))], axis=-1)
    found = kstar_baselined(common + np.sqrt(0.4) * rest, draws=400)
    error = np.sqrt(1 / 300 + 1 / 400) * found.null_sd.mean()  # the draws are shared by the sets
    assert abs(found.excess.mean()) < 3 * error
    assert (found.excess / found.null_sd).std() == pytest.approx(1.0, abs=0.2)


def test_groups_fall_below_the_null_and_a_pair_cannot() -> None:
    two_groups = np.repeat(np.eye(40)[:2], 4, axis=0) + 0.02 * noise(16, 8, 40)
    found = kstar_baselined(two_groups)
    assert found.excess < -10 * found.null_sd
    pair = kstar_baselined(np.eye(40)[[0, 1]] + 2 * np.eye(40)[2])
    assert pair.excess == pytest.approx(0.0, abs=1e-9)
    assert pair.null_sd == pytest.approx(0.0, abs=1e-9)


def test_the_null_is_keyed() -> None:
    z = noise(17, 5, 9) + 0.5
    assert kstar_baselined(z, seed=1).null == kstar_baselined(z, seed=1).null
    assert kstar_baselined(z, seed=1).null != kstar_baselined(z, seed=2).null


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_rows_without_a_direction_are_left_out_and_told(bad: float) -> None:
    z = noise(18, 8, 6) + 0.5
    gap = np.insert(z, 3, bad, axis=0)
    for estimator in (d2_unbiased, dinf_unbiased, kstar_baselined, lambda x: kstar_rarefied(x, 3), kstar_extrapolated):
        with_gap, without = estimator(gap), estimator(z)
        np.testing.assert_allclose(with_gap[0], without[0], rtol=1e-9)
        assert "1 rows" in with_gap.warnings[0]
        assert without.warnings == ()


@pytest.mark.parametrize("z", [np.empty((0, 3)), np.zeros((4, 3)), np.full((4, 3), np.nan), np.eye(3)[:1]])
def test_nobody_and_one_are_undefined_with_a_warning(z: np.ndarray) -> None:
    for found in (d2_unbiased(z), dinf_unbiased(z), kstar_rarefied(z, 2)):
        assert np.isnan(found.value)
        assert np.isnan(found.se)
        assert found.warnings
    assert np.isnan(d2_unbiased(z).pooled)
    assert np.isnan(kstar_baselined(z).null)
    assert np.isnan(kstar_baselined(z).excess)
    assert kstar_baselined(z).warnings
    assert np.isnan(kstar_extrapolated(z).exponent)
    assert kstar_extrapolated(z).warnings


def test_empty_batches_keep_their_axes() -> None:
    z = np.empty((0, 4, 3))
    assert kstar_rarefied(z, 2).value.shape == d2_unbiased(z).value.shape == kstar_baselined(z).null.shape == (0,)
    assert kstar_extrapolated(z).exponent.shape == (0,)


def test_four_sizes_are_the_fewest() -> None:
    assert np.isnan(kstar_extrapolated(np.eye(4)).exponent)
    assert np.isfinite(kstar_extrapolated(np.eye(5)).exponent)


def test_orthogonal_rows_have_no_finite_ceiling() -> None:
    for found in (d2_unbiased(np.eye(4)), dinf_unbiased(np.eye(4)), dinf_unbiased([[1.0, 0.0], [-1.0, 0.1]])):
        assert np.isnan(found.value)
        assert "no" in found.warnings[0]
    assert mean_cosine([[1.0, 0.0], [-1.0, 0.1]]) < 0


def test_what_cannot_be_meant_is_refused() -> None:
    for call in (
        lambda: kstar_rarefied(np.eye(3), 0),
        lambda: kstar_rarefied(np.ones(3), 1),
        lambda: kstar_extrapolated(np.eye(6), sizes=(1, 2, 3, 4)),
        lambda: kstar_baselined(np.eye(3), draws=1),
        lambda: d2_unbiased(np.ones(3)),
    ):
        with pytest.raises(SpecError):
            call()
