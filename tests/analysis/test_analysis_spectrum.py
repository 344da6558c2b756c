"""K* and its family against closed forms, tabled values, and what must hold for any vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agentscale.analysis import effective_channels, hill_spectrum, mean_cosine
from agentscale.analysis.spectrum import gram, k_star_of_gram, spectrum_of_gram
from agentscale.errors import SpecError
from agentscale.randomness import keyed

PROFILE = (0.0, 1.0, 2.0, np.inf)


def with_cosines(cosines: np.ndarray) -> np.ndarray:
    """Vectors with the given cosines (which may be singular)."""
    values, vectors = np.linalg.eigh(cosines)
    return vectors * np.sqrt(values.clip(min=0))


def equicorrelated(n: int, r: float) -> np.ndarray:
    return with_cosines(np.full((n, n), r) + (1 - r) * np.eye(n))


def blocks(sizes: list[int], within: float, between: float) -> np.ndarray:
    group = np.repeat(np.arange(len(sizes)), sizes)
    cosines = np.where(group[:, None] == group, within, between)
    np.fill_diagonal(cosines, 1.0)
    return with_cosines(cosines)


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


TABLE = [
    (0.8, 2, 1.3841, 1.2195, 1.1111),
    (0.8, 4, 1.7995, 1.3699, 1.1765),
    (0.8, 8, 2.2350, 1.4599, 1.2121),
    (0.8, 16, 2.6921, 1.5094, 1.2308),
    (0.5, 2, 1.7548, 1.6, 1.3333),
    (0.5, 4, 2.9257, 2.2857, 1.6),
    (0.5, 8, 4.6490, 2.9091, 1.7778),
    (0.5, 16, 7.1035, 3.3684, 1.8824),
    (0.9, 2, 1.2196, 1.1050, 1.0526),
    (0.9, 16, 1.7595, 1.2167, 1.1034),
    (0.888, 3, 1.3734, 1.1641, 1.0807),
]


@pytest.mark.parametrize(("r", "n", "d_1", "d_2", "d_inf"), TABLE)
def test_equal_correlations_give_the_tabled_profile(r: float, n: int, d_1: float, d_2: float, d_inf: float) -> None:
    spectrum = hill_spectrum(equicorrelated(n, r))
    np.testing.assert_allclose(spectrum.hill, [n, d_1, d_2, d_inf], atol=6e-5)
    assert spectrum.d(np.inf) == pytest.approx(n / (1 + (n - 1) * r))  # Kish
    assert spectrum.d(2) == pytest.approx(n / (1 + (n - 1) * r**2))
    assert spectrum.mean_cosine == pytest.approx(r)


@pytest.mark.parametrize(("n", "k_star"), [(64, 3.713), (1024, 6.586)])
def test_copies_of_one_noisy_channel_grow_without_bound(n: int, k_star: float) -> None:
    spectrum = hill_spectrum(equicorrelated(n, 0.8))
    assert spectrum.k_star == pytest.approx(k_star, abs=6e-4)
    assert spectrum.d(2) < 1.5625
    assert spectrum.d(np.inf) < 1.25


def test_blocks_give_the_tabled_profile() -> None:
    np.testing.assert_allclose(
        hill_spectrum(blocks([2, 2], 0.95, 0.6)).hill[1:], [1.84328, 1.52526, 1 / 0.7875], atol=6e-6
    )
    np.testing.assert_allclose(hill_spectrum(blocks([4, 4], 1.0, 0.0)).hill, 2.0, atol=1e-9)
    np.testing.assert_allclose(hill_spectrum(blocks([4, 4, 4], 1.0, 0.0)).hill, 3.0, atol=1e-9)


def test_the_known_three_item_example_holds_to_seven_digits() -> None:
    z = with_cosines(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]]))
    found = hill_spectrum(z, (0.5, 1, 2, np.inf)).hill
    np.testing.assert_allclose(found, [2.4203484, 2.1573005, 1.9480519, 1.5789474], atol=6e-8)


@pytest.mark.parametrize(("n", "d", "k_star", "tolerance"), [(16, 384, 15.692, 0.03), (64, 384, 58.88, 0.15)])
def test_isotropic_noise_comes_near_its_size(n: int, d: int, k_star: float, tolerance: float) -> None:
    assert effective_channels(noise(1, 20, n, d)).mean() == pytest.approx(k_star, abs=tolerance)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_identical_rows_are_one_channel_and_orthonormal_rows_are_n(n: int) -> None:
    np.testing.assert_allclose(hill_spectrum(np.ones((n, 3))).hill, 1.0, atol=1e-12)
    np.testing.assert_allclose(hill_spectrum(np.eye(n)).hill, n, atol=1e-9)


def test_two_vectors_are_not_centred_away() -> None:
    assert effective_channels([[1.0, 0.0], [0.6, 0.8]]) == pytest.approx(np.exp(-0.8 * np.log(0.8) - 0.2 * np.log(0.2)))


vectors = arrays(
    np.float64, st.tuples(st.integers(1, 9), st.integers(1, 6)), elements=st.floats(-1e3, 1e3, allow_subnormal=False)
)


@given(vectors)
def test_the_profile_falls_with_the_order_and_stays_between_one_and_n(z: np.ndarray) -> None:
    spectrum = hill_spectrum(z)
    count = int(spectrum.count)
    if count == 0:
        assert np.isnan(spectrum.hill).all()
        return
    assert (np.diff(spectrum.hill) <= 1e-9).all()
    assert spectrum.hill.min() >= 1 - 1e-9
    assert spectrum.hill.max() <= min(count, z.shape[1]) + 1e-9
    assert spectrum.d(np.inf) <= count / max(1e-300, 1 + (count - 1) * np.nan_to_num(spectrum.mean_cosine)) + 1e-6


@given(vectors, st.randoms(use_true_random=False))
def test_the_order_of_agents_changes_nothing(z: np.ndarray, random: object) -> None:
    order = list(range(len(z)))
    random.shuffle(order)  # type: ignore[attr-defined]
    np.testing.assert_allclose(hill_spectrum(z[order]).hill[1:], hill_spectrum(z).hill[1:], rtol=1e-7)


@given(vectors)
def test_lengths_and_rotations_change_nothing(z: np.ndarray) -> None:
    rotation, _ = np.linalg.qr(noise(2, z.shape[1], z.shape[1]))
    np.testing.assert_allclose(effective_channels(3.7 * z @ rotation), effective_channels(z), rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 7))
def test_an_agent_twice_at_half_the_weight_changes_nothing(seed: int, n: int) -> None:
    z = noise(seed, n, 5)
    twice = hill_spectrum(np.vstack([z, z[:1]]), weights=[0.5, *[1.0] * (n - 1), 0.5])
    np.testing.assert_allclose(twice.hill, hill_spectrum(z).hill, rtol=1e-9)


def test_a_copy_of_the_whole_set_changes_nothing() -> None:
    z = noise(3, 6, 20)
    np.testing.assert_allclose(hill_spectrum(np.vstack([z, z])).hill, hill_spectrum(z).hill, rtol=1e-9)


def test_weights_are_scaled_to_sum_to_one() -> None:
    z, p = noise(4, 5, 8), np.array([1.0, 2.0, 3.0, 0.0, 4.0])
    np.testing.assert_allclose(hill_spectrum(z, weights=p).hill, hill_spectrum(z, weights=p / 7).hill, rtol=1e-12)
    assert hill_spectrum(z, weights=p).count == 4


@pytest.mark.parametrize("weights", [None, [0.1, 0.4, 0.2, 0.05, 0.05, 0.1, 0.1]])
def test_more_rows_than_columns_take_the_smaller_matrix_and_agree(weights: list[float] | None) -> None:
    z = noise(5, 3, 7, 4)
    tall = hill_spectrum(z, weights=weights)
    wide = hill_spectrum(np.concatenate([z, np.zeros((3, 7, 30))], axis=-1), weights=weights)
    np.testing.assert_allclose(tall.hill, wide.hill, rtol=1e-9)
    np.testing.assert_allclose(tall.mean_cosine, wide.mean_cosine, rtol=1e-9)


def test_a_batch_is_its_members_one_by_one() -> None:
    z = noise(6, 2, 3, 5, 8)
    z[1, 2, 4] = np.nan
    batch = hill_spectrum(z)
    assert batch.hill.shape == (2, 3, 4)
    for at in np.ndindex(2, 3):
        one = hill_spectrum(z[at])
        np.testing.assert_allclose(batch.hill[at], one.hill, rtol=1e-12)
        assert batch.count[at] == one.count
    np.testing.assert_allclose(effective_channels(z), batch.k_star, rtol=1e-12)


def test_a_batch_larger_than_a_chunk_is_whole() -> None:
    z = noise(7, 900, 4, 300)
    np.testing.assert_allclose(effective_channels(z)[[0, 700, 899]], effective_channels(z[[0, 700, 899]]), rtol=1e-12)


def test_single_precision_in_double_inside() -> None:
    z = noise(8, 40, 16, 64)
    np.testing.assert_allclose(effective_channels(z.astype(np.float32)), effective_channels(z), atol=1e-5)
    assert effective_channels(z.astype(np.float32)).dtype == np.float64


def test_nobody_is_undefined_and_one_is_one() -> None:
    nobody = hill_spectrum(np.empty((0, 4)))
    assert np.isnan(nobody.hill).all()
    assert np.isnan(nobody.mean_cosine)
    assert (nobody.count, nobody.missing) == (0, 0)
    np.testing.assert_allclose(hill_spectrum([[0.0, 2.0]]).hill, 1.0)
    assert np.isnan(mean_cosine([[0.0, 2.0]]))


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_rows_without_a_direction_are_missing_counted_and_told(bad: float) -> None:
    z = noise(9, 5, 6)
    spectrum = hill_spectrum(np.insert(z, 2, bad, axis=0))
    np.testing.assert_allclose(spectrum.hill, hill_spectrum(z).hill, rtol=1e-9)
    assert (spectrum.count, spectrum.missing) == (5, 1)
    assert "1 rows" in spectrum.warnings[0]
    assert mean_cosine(np.insert(z, 2, bad, axis=0)) == pytest.approx(mean_cosine(z))


def test_a_set_of_missing_rows_is_undefined_among_others() -> None:
    z = noise(10, 3, 4, 5)
    z[1] = 0
    spectrum = hill_spectrum(z)
    assert np.isnan(spectrum.hill[1]).all()
    assert np.isfinite(spectrum.hill[[0, 2]]).all()
    assert spectrum.missing.tolist() == [0, 4, 0]


@pytest.mark.parametrize("scale", [1e-160, 1e160])
def test_extreme_lengths_neither_vanish_nor_overflow(scale: float) -> None:
    z = noise(11, 4, 6)
    np.testing.assert_allclose(effective_channels(z * scale), effective_channels(z), rtol=1e-9)
    np.testing.assert_allclose(effective_channels((z * scale).T), effective_channels(z.T), rtol=1e-9)


@pytest.mark.parametrize("shape", [(0, 4, 3), (2, 0, 3), (2, 3, 0), (0, 0)])
def test_empty_shapes_keep_their_leading_axes(shape: tuple[int, ...]) -> None:
    assert hill_spectrum(np.empty(shape)).hill.shape == (*shape[:-2], 4)
    assert effective_channels(np.empty(shape)).shape == shape[:-2]
    assert mean_cosine(np.empty(shape)).shape == shape[:-2]


def test_nats_and_bits_say_the_same() -> None:
    spectrum = hill_spectrum(noise(12, 6, 9))
    assert 2**spectrum.entropy_bits == pytest.approx(float(spectrum.k_star))
    assert np.exp(spectrum.entropy) == pytest.approx(float(spectrum.d(1)))


def test_the_mean_cosine_is_that_of_the_pairs() -> None:
    z = noise(13, 5, 7)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    pairs = (unit @ unit.T)[np.triu_indices(5, 1)]
    assert mean_cosine(z) == pytest.approx(pairs.mean())
    assert hill_spectrum(z).mean_cosine == pytest.approx(pairs.mean())


def test_a_gram_matrix_gives_the_same_spectrum_and_k_star_without_each() -> None:
    z = noise(14, 3, 6, 10)
    z[0, 1] = 0
    cosines = gram(z)
    np.testing.assert_allclose(spectrum_of_gram(cosines).hill, hill_spectrum(z).hill, rtol=1e-9)
    weights = cosines.present[:, None, :] * (1.0 - np.eye(6))
    without = k_star_of_gram(cosines.cosines[:, None], weights)
    for at in range(6):
        np.testing.assert_allclose(without[:, at], effective_channels(np.delete(z, at, axis=1)), rtol=1e-9)


@pytest.mark.parametrize(
    ("z", "options"),
    [
        ([1.0, 2.0], {}),
        (np.eye(2), {"q": (-1.0,)}),
        (np.eye(2), {"q": (np.nan,)}),
        (np.eye(2), {"weights": [1.0, -1.0]}),
        (np.eye(2), {"weights": [1.0, np.nan]}),
        (np.eye(2), {"weights": [1.0, 1.0, 1.0]}),
    ],
)
def test_what_cannot_be_meant_is_refused(z: object, options: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        hill_spectrum(z, **options)  # type: ignore[arg-type]


def test_an_order_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(SpecError, match="order"):
        hill_spectrum(np.eye(2), (1.0,)).d(2.0)
