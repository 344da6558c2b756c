"""Channel counts with a scale: recovered where channels can be told apart, refused where they cannot."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq

from agentscale.analysis import channels_d2, effective_channels, spiked_count
from agentscale.errors import SpecError
from agentscale.randomness import keyed

TRUTHS = (1.56, 4.74, 4.17, 9.61)  # D_2 of the channels of four teams, theory section 2.5


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


def shares(d_2: float, channels: int = 12) -> np.ndarray:
    """Geometric shares of the channels with that D_2."""

    def of(rate: float) -> np.ndarray:
        weights = np.exp(-rate * np.arange(channels))
        return weights / weights.sum()

    return of(brentq(lambda rate: 1 / np.sum(of(rate) ** 2) - d_2, 1e-4, 10.0))


@cache
def world(d_2: float, apart: float, blur: float) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of 200 questions × 16 agents, z ∝ 2.2·topic + apart·channel + blur·noise, and the channels."""
    rng = keyed(1, "world", str(d_2))
    channels = rng.choice(12, size=(200, 16), p=shares(d_2))
    topic = rng.standard_normal((200, 1, 128))
    topic /= np.linalg.norm(topic, axis=-1, keepdims=True)
    z = 2.2 * topic + apart * np.eye(128)[channels] + blur * rng.standard_normal((200, 16, 128)) / np.sqrt(128)
    return z, channels


def same(channels: np.ndarray) -> np.ndarray:
    """Share by question of the pairs that use one channel."""
    n = channels.shape[1]
    return ((channels[:, :, None] == channels[:, None, :]).sum(axis=(1, 2)) - n) / (n * (n - 1))


@pytest.mark.parametrize("truth", TRUTHS)
def test_channels_that_lie_apart_are_counted(truth: float) -> None:
    z, channels = world(truth, 0.55, 0.35)
    found, pairs = channels_d2(z), same(channels)
    assert found.separation > 5
    assert found.value == pytest.approx(1 / pairs.mean(), rel=0.01)  # what was drawn
    error = pairs.std(ddof=1) / np.sqrt(len(pairs)) * truth**2
    assert abs(found.value - truth) < 3 * error  # what it was drawn from
    assert found.value == 1 / found.pi_same
    assert (found.n_pairs, found.warnings) == (200 * 120, ())


@pytest.mark.parametrize("truth", TRUTHS)
def test_channels_at_a_moderate_distance_are_counted_roughly(truth: float) -> None:
    z, channels = world(truth, 0.4, 0.5)
    found = channels_d2(z)
    assert 2 < found.separation < 6
    assert found.value == pytest.approx(1 / same(channels).mean(), rel=0.15)


@pytest.mark.parametrize("truth", TRUTHS)
def test_channels_that_cannot_be_told_apart_are_not_counted(truth: float) -> None:
    found = channels_d2(world(truth, 0.55, 2.0)[0])
    assert np.isnan(found.value)
    assert found.separation < 2
    assert "no channel count" in found.warnings[0]


def test_the_means_are_those_of_the_pairs() -> None:
    z, channels = world(4.17, 0.55, 0.35)
    found = channels_d2(z)
    unit = z / np.linalg.norm(z, axis=-1, keepdims=True)
    cosines, equal = unit @ np.swapaxes(unit, 1, 2), channels[:, :, None] == channels[:, None, :]
    off = ~np.eye(16, dtype=bool)
    assert found.r_w == pytest.approx(cosines[equal & off].mean(), abs=2e-3)
    assert found.r_b == pytest.approx(cosines[~equal].mean(), abs=2e-3)


def test_exact_directions_are_counted_exactly() -> None:
    z = np.eye(4)[[0, 0, 0, 1, 1, 1, 2, 2]]
    found = channels_d2(z)
    assert found.value == pytest.approx(28 / 7)  # 3 + 3 + 1 of 28 pairs are the same
    assert (found.r_w, found.r_b) == pytest.approx((1.0, 0.0), abs=1e-3)


def test_order_and_scale_change_nothing() -> None:
    z, _ = world(4.74, 0.55, 0.35)
    turned = 3.0 * z[::-1, keyed(2, "order").permutation(16)]
    assert channels_d2(turned).value == pytest.approx(channels_d2(z).value, rel=1e-6)


def test_style_moves_k_star_and_not_the_channel_count() -> None:
    z, _ = world(1.56, 0.55, 0.35)
    styled = z + 0.25 * np.eye(128)[20 + np.arange(16) % 5]
    assert effective_channels(styled).mean() > effective_channels(z).mean() + 0.03
    assert channels_d2(styled).value == pytest.approx(channels_d2(z).value, rel=0.02)


@pytest.mark.parametrize(
    "z", [np.empty((0, 3)), np.zeros((9, 3)), np.full((9, 3), np.nan), np.eye(3), np.ones((5, 9, 3)), np.eye(9)]
)
def test_what_shows_no_two_kinds_of_pairs_is_undefined(z: np.ndarray) -> None:
    found = channels_d2(z)
    assert np.isnan(found.value)
    assert np.isnan(found.separation)
    assert found.warnings


def test_missing_rows_have_no_pairs() -> None:
    z = np.eye(4)[[0, 0, 0, 1, 1, 1, 2, 2]]
    gap = np.insert(z, [0, 5], [[np.nan], [0.0]], axis=0)
    assert channels_d2(gap).value == pytest.approx(channels_d2(z).value)
    assert channels_d2(gap).n_pairs == 28


def replicated(seed: int, sets: int, configs: int, replicates: int, d: int, signals: int) -> tuple[np.ndarray, list]:
    means = np.eye(d)[np.arange(configs) % signals] if signals else np.zeros((configs, d))
    config = np.repeat(np.arange(configs), replicates)
    return means[config] + 0.5 * noise(seed, sets, len(config), d) / np.sqrt(d), config.tolist()


@pytest.mark.parametrize("signals", [1, 3, 5])
@pytest.mark.parametrize(("sets", "whitened"), [(200, True), (2, False)])
def test_directions_that_stand_out_are_counted(signals: int, sets: int, whitened: bool) -> None:
    found = spiked_count(*replicated(3, sets, 8, 8, 64, signals))
    assert np.median(found.value) == signals
    assert (found.value == signals).mean() >= 0.9
    assert found.whitened is whitened
    assert bool(found.warnings) is not whitened


def test_noise_alone_rarely_stands_out() -> None:
    z, config = replicated(4, 300, 4, 6, 64, 0)
    found = spiked_count(z, config)
    assert (found.value > 0).mean() < 0.2
    assert found.noise == pytest.approx(1 / 64, rel=0.05)  # unit rows of nothing but noise
    edge = (1 + np.sqrt(4 / (64 * (1 - 64 / (300 * 20))))) ** 2
    np.testing.assert_allclose(found.edge, edge)


def test_whitening_takes_out_loud_directions() -> None:
    loud = np.where(np.arange(40) < 4, 20.0, 1.0)
    config = np.repeat(np.arange(4), 8).tolist()
    z = loud * noise(5, 200, 32, 40) + 100 * np.eye(40)[39]
    assert spiked_count(z, config).value.mean() == pytest.approx(1.0, abs=0.2)
    alone = [spiked_count(one, config) for one in z[:40]]
    assert np.mean([one.value for one in alone]) > 1.25  # too few replicates to whiten: it says so and reads high
    assert all(one.warnings for one in alone)


def test_the_isotropic_edge_is_the_stated_one() -> None:
    z, config = replicated(6, 1, 5, 3, 100, 2)
    found = spiked_count(z, config)
    np.testing.assert_allclose(found.edge, (1 + np.sqrt(5 / 100)) ** 2 * found.noise)


def test_the_order_of_rows_changes_no_count() -> None:
    z, config = replicated(7, 50, 4, 4, 16, 2)
    order = keyed(7, "order").permutation(16)
    turned = spiked_count(z[:, order], [config[at] for at in order])
    np.testing.assert_array_equal(turned.value, spiked_count(z, config).value)


def test_identical_replicates_count_every_direction_and_say_so() -> None:
    found = spiked_count(np.eye(5)[[0, 0, 1, 1, 1, 1]], list("aabbcc"))
    assert found.value == 2
    assert "identical" in found.warnings[0]


def test_without_replicates_or_rows_there_is_no_count() -> None:
    alone = spiked_count(np.eye(3), ["a", "b", "c"])
    assert np.isnan(alone.value)
    assert "two replicates" in alone.warnings[0]
    z, config = replicated(8, 3, 4, 4, 16, 2)
    z[1] = np.nan
    found = spiked_count(z, config)
    assert np.isnan(found.value).tolist() == [False, True, False]
    assert np.isnan(spiked_count(np.empty((0, 3)), []).value)


def test_what_cannot_be_meant_is_refused() -> None:
    for call in (
        lambda: channels_d2(np.ones(3)),
        lambda: spiked_count(np.eye(3), ["a", "b"]),
        lambda: spiked_count(np.ones(3), ["a"]),
    ):
        with pytest.raises(SpecError):
            call()


def test_taking_out_each_agents_own_mean_destroys_channels_that_hang_on_the_agent() -> None:
    """Nobody is offered this: of 7.3 channels some one is left (in the prototype 4.74 became 9.1)."""
    rng = keyed(8, "persona")
    channels = np.where(rng.random((200, 16)) < 0.9, np.arange(16) % 5, rng.integers(0, 12, size=(200, 16)))
    topic = rng.standard_normal((200, 1, 128))
    topic /= np.linalg.norm(topic, axis=-1, keepdims=True)
    z = 2.2 * topic + 0.55 * np.eye(128)[channels] + 0.35 * rng.standard_normal((200, 16, 128)) / np.sqrt(128)
    unit, truth = z / np.linalg.norm(z, axis=-1, keepdims=True), 1 / same(channels).mean()
    assert channels_d2(unit).value == pytest.approx(truth, rel=0.01)
    assert not abs(channels_d2(unit - unit.mean(axis=0)).value / truth - 1) < 0.5
