"""Leave-one-out, Shapley values and occupancy: closed forms, axioms, and sampled against exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import delta_k, effective_channels, hill_spectrum, occupancy, shapley, shapley_channels
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


def test_the_delta_is_k_star_with_and_without() -> None:
    z = noise(1, 2, 6, 5)
    found = delta_k(z)
    for at in range(6):
        without = effective_channels(np.delete(z, at, axis=1))
        np.testing.assert_allclose(found[:, at], effective_channels(z) - without, rtol=1e-9)


def test_a_duplicate_is_worth_about_nothing_and_a_new_direction_is_not() -> None:
    z = np.vstack([np.repeat(np.eye(4)[:1], 8, axis=0), np.repeat(np.eye(4)[1:2], 8, axis=0), np.eye(4)[2:3]])
    found = delta_k(z)
    assert np.abs(found[:16]).max() < 0.02
    assert found[16] > 0.4
    np.testing.assert_allclose(delta_k(np.eye(5)), 1.0)


def test_the_deltas_belong_to_agents_not_to_places() -> None:
    z, order = noise(2, 7, 4), keyed(2, "order").permutation(7)
    np.testing.assert_allclose(delta_k(z[order]), delta_k(z)[order], rtol=1e-9, atol=1e-12)


def test_a_missing_agent_has_no_delta_and_does_not_touch_the_others() -> None:
    z = noise(3, 5, 4)
    found = delta_k(np.insert(z, 2, np.nan, axis=0))
    assert np.isnan(found[2])
    np.testing.assert_allclose(np.delete(found, 2), delta_k(z), rtol=1e-9)
    assert np.isnan(delta_k([[1.0, 2.0]])).all()  # nobody else is left
    assert np.isnan(delta_k(np.zeros((3, 2)))).all()
    assert delta_k(np.empty((0, 3))).shape == (0,)
    assert delta_k(np.empty((0, 4, 3))).shape == (0, 4)


def test_a_batch_larger_than_a_chunk_is_whole() -> None:
    z = noise(4, 1200, 16, 3)
    np.testing.assert_allclose(delta_k(z)[[0, 999, 1199]], delta_k(z[[0, 999, 1199]]), rtol=1e-9, atol=1e-12)


def test_the_glove_game_has_its_known_values() -> None:
    """One left and two right gloves: 2/3 to the left, 1/6 to each right one."""
    found = shapley(lambda who: float(0 in who and len(who) > 1), 3)
    np.testing.assert_allclose(found.value, [2 / 3, 1 / 6, 1 / 6])
    assert found.exact
    assert not found.se.any()


@given(st.integers(0, 1000), st.integers(1, 5))
@settings(max_examples=40)
def test_the_values_share_out_the_whole(seed: int, n: int) -> None:
    worths = keyed(seed, "worths").standard_normal((2**n, 3))
    found = shapley(lambda who: worths[sum(1 << player for player in who)], n, empty=0.5)
    assert found.value.shape == (3, n)
    np.testing.assert_allclose(found.value.sum(axis=-1), worths[-1] - 0.5)


@pytest.mark.parametrize("n", [4, 11])
def test_what_all_lose_without_one_is_told_beside_the_values(n: int) -> None:
    weights = np.arange(1.0, n + 1)
    found = shapley(lambda who: weights[list(who)].sum() ** 2, n, orders=8)
    np.testing.assert_allclose(found.lost, weights.sum() ** 2 - (weights.sum() - weights) ** 2)


def test_equal_players_get_the_same_and_idle_ones_nothing() -> None:
    found = shapley(lambda who: len({0, 1} & set(who)) ** 2, 4)
    np.testing.assert_allclose(found.value, [2, 2, 0, 0], atol=1e-12)


def test_values_add_up_over_games() -> None:
    a, b = noise(5, 16), noise(6, 16)

    def game(table: np.ndarray) -> np.ndarray:
        return shapley(lambda who: table[sum(1 << player for player in who)], 4).value

    np.testing.assert_allclose(game(a + b), game(a) + game(b))


def test_sampled_orders_come_near_the_truth_and_share_out_the_whole() -> None:
    strength = keyed(7, "strength").random(14)

    def worth(who: tuple[int, ...]) -> float:
        return float(1 - np.prod(1 - strength[list(who)]))

    found = shapley(worth, 14, orders=400, seed=3)
    assert not found.exact
    assert "400 random orders" in found.warnings[0]
    assert found.value.sum() == pytest.approx(worth(tuple(range(14))))
    truth = [_by_integral(strength, player) for player in range(14)]
    off = (found.value - truth) / found.se
    assert np.square(off).mean() < 2.5
    np.testing.assert_array_equal(found.value, shapley(worth, 14, orders=400, seed=3).value)


def _by_integral(strength: np.ndarray, player: int) -> float:
    """Each other player is there with probability t, uniform: φ = s ∫ Π (1 − t s_j) dt."""
    t, weight = np.polynomial.legendre.leggauss(20)
    others = np.delete(strength, player)
    return float(strength[player] * (weight / 2) @ np.prod(1 - (t[:, None] + 1) / 2 * others, axis=1))


def test_every_coalition_is_asked_once_and_nobody_never() -> None:
    asked: list[tuple[int, ...]] = []
    shapley(lambda who: asked.append(who) or len(who), 6)  # type: ignore[func-returns-value]
    assert len(asked) == len(set(asked)) == 63
    assert () not in asked


def test_configurations_share_out_the_channels() -> None:
    z = noise(8, 2, 6, 10)
    config = ["a", "b", "a", "c", "b", "a"]
    names, found = shapley_channels(z, config)
    assert names == ("a", "b", "c")
    np.testing.assert_allclose(found.value.sum(axis=-1), effective_channels(z))
    _, second = shapley_channels(z, config, order=2.0)
    np.testing.assert_allclose(second.value.sum(axis=-1), hill_spectrum(z).d(2.0))


def test_twins_share_their_channel() -> None:
    names, found = shapley_channels(np.eye(3)[[0, 0, 1, 2]], ["left", "right", "alone", "apart"])
    value = dict(zip(names, found.value, strict=True))
    assert value["left"] == pytest.approx(value["right"])
    assert value["left"] < value["alone"]
    assert value["alone"] == pytest.approx(value["apart"])


def test_a_configuration_without_a_row_leaves_the_set_undefined() -> None:
    z = noise(9, 2, 3, 4)
    z[0, 2] = 0
    found = shapley_channels(z, ["a", "a", "b"])[1].value
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


PI = (0.4, 0.3, 0.2, 0.1)


def test_occupancy_has_its_tabled_values() -> None:
    found = occupancy(PI, [1, 2, 4, 8, 16])
    np.testing.assert_allclose(found.expected, [1, 1.7, 2.5646, 3.32732, 3.78295], atol=6e-6)
    np.testing.assert_allclose(found.hill, [4, 3.59612, 3.3333, 2.5], atol=5e-5)
    assert found.hill[1] == pytest.approx(3.59612, abs=6e-6)
    assert found.warnings == ()


def test_occupancy_is_what_draws_meet() -> None:
    drawn = keyed(10, "draws").choice(4, size=(20_000, 5), p=PI)
    met = (drawn[..., None] == np.arange(4)).any(axis=1).sum(axis=1)
    assert abs(met.mean() - occupancy(PI, 5).expected) < 3 * met.std() / np.sqrt(20_000)


def test_occupancy_at_its_ends() -> None:
    np.testing.assert_allclose(occupancy(PI, [0, 10**6]).expected, [0, 4])
    np.testing.assert_allclose(occupancy([1.0, 0.0], [0, 1, 9]).expected, [0, 1, 1])
    np.testing.assert_allclose(occupancy([[4, 3, 2, 1], [1, 1, 0, 0]], [2, 2]).expected, [1.7, 1.5])
    np.testing.assert_allclose(occupancy([[4, 3, 2, 1], [1, 1, 0, 0]], 2).hill[:, 0], [4, 2])


@pytest.mark.parametrize("pi", [[0.0, 0.0], []])
def test_no_share_at_all_is_undefined_with_a_warning(pi: list[float]) -> None:
    found = occupancy(pi, 3)
    assert np.isnan(found.expected)
    assert np.isnan(found.hill).all()
    assert found.warnings


def test_what_cannot_be_meant_is_refused() -> None:
    for call in (
        lambda: delta_k(np.ones(3)),
        lambda: shapley(len, 0),
        lambda: shapley(len, 12, orders=2),
        lambda: shapley_channels(np.eye(3), ["a", "b"]),
        lambda: occupancy([0.5, -0.5], 3),
        lambda: occupancy([0.5, np.nan], 3),
        lambda: occupancy([0.5, 0.5], -1),
        lambda: occupancy(0.5, 1),
    ):
        with pytest.raises(SpecError):
            call()
