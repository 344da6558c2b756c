"""Rules of changing edges: nearness, following that grows, activity, archetypes and what they are worth."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import effective_channels
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.rewiring import (
    activations,
    alike,
    broadcast,
    effective_number,
    follow_more,
    follows,
    groups_by,
    near,
    reached,
    refollow,
)

SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, n=st.integers(1, 30), radius=st.floats(0, 2))
def test_near_are_those_within_the_radius_both_ways_and_by_reader(seed: int, n: int, radius: float) -> None:
    places = keyed(seed, "places").random((n, 2))
    pairs = near(places, radius)
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    close = distance < radius - 1e-9
    np.fill_diagonal(close, False)
    found = set(map(tuple, pairs.tolist()))
    assert set(map(tuple, np.argwhere(close).tolist())) <= found
    assert all(u != v and distance[u, v] <= radius + 1e-9 and (v, u) in found for u, v in found)
    assert pairs[:, 1].tolist() == sorted(pairs[:, 1].tolist())


def test_alike_are_those_who_hold_enough_of_the_same() -> None:
    assert alike([[1, 1, 0], [0, 1, 1], [0, 0, 1]], 0.5, "jaccard").tolist() == [[2, 1], [1, 2]]


@given(seed=SEEDS, n=st.integers(1, 40), data=st.data())
def test_everybody_follows_others_alone_and_at_most_so_many(seed: int, n: int, data: st.DataObject) -> None:
    each = data.draw(st.integers(0, n - 1))
    pairs = follows(n, each, keyed(seed, "follows"))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert np.bincount(pairs[:, 1], minlength=n).max(initial=0) <= each


@given(seed=SEEDS, n=st.integers(2, 30))
def test_a_graph_that_grows_keeps_its_edges_and_gains_no_more_than_were_tried(seed: int, n: int) -> None:
    rng = keyed(seed, "grow")
    before, who = follows(n, 1, rng), np.flatnonzero(rng.random(n) < 0.5)
    after = follow_more(before, n, who, rng)
    held, grown = set(map(tuple, before.tolist())), set(map(tuple, after.tolist()))
    assert held <= grown
    assert {reader for _, reader in grown - held} <= set(who.tolist())
    assert len(grown - held) <= len(who)
    assert all(u != v for u, v in grown)


def test_edges_go_and_come_and_what_comes_goes_before() -> None:
    pairs = np.array([(0, 1), (2, 1), (0, 2)])
    more, less = np.array([(1, 1), (2, 0), (0, 2)]), np.array([(0, 1), (0, 2)])
    assert refollow(pairs, 3, more, less).tolist() == [[2, 0], [2, 1], [0, 2]]


def test_the_popular_become_more_popular() -> None:
    """Of 1 + followers: an account that 98 of 100 follow is drawn half of the time."""
    n = 100
    star = np.array([(0, reader) for reader in range(1, n)])
    rng = keyed(3, "popular")
    drawn = [follow_more(star[1:], n, np.array([1]), rng) for _ in range(2_000)]
    share = np.mean([(pairs[:, 1] == 1).any() and bool((pairs[pairs[:, 1] == 1, 0] == 0).all()) for pairs in drawn])
    assert share == pytest.approx(99 / 198, abs=0.05)


def test_everybody_is_active_with_the_chance_and_each_step_anew() -> None:
    found = activations(2_000, 50, 0.1, keyed(1, "active"))
    assert found.mean() == pytest.approx(0.1, abs=0.005)
    assert found[:-1][found[1:]].mean() == pytest.approx(0.1, abs=0.01)
    assert (activations(7, 3, 1.0, keyed(1, "a")).all(), activations(7, 3, 0.0, keyed(1, "a")).any()) == (True, False)


def test_reached_are_the_readers_of_who_is_told() -> None:
    pairs = np.array([(0, 1), (1, 2), (3, 2)])
    assert reached(pairs, np.array([True, False, False, False])).tolist() == [False, True, False, False]
    assert not reached(pairs[:0], np.ones(4, np.bool_)).any()


def test_groups_are_those_with_equal_keys() -> None:
    assert groups_by(["young", "old", "young"]).tolist() == [1, 0, 1]
    assert groups_by([["a", 1], ["a", 2], ["a", 1]]).tolist() == [0, 1, 0]


@given(seed=SEEDS, n=st.integers(1, 60), groups=st.integers(1, 4), samples=st.integers(1, 3))
def test_a_broadcast_population_holds_no_more_channels_than_archetypes_times_samples(
    seed: int, n: int, groups: int, samples: int
) -> None:
    rng = keyed(seed, "broadcast")
    of = rng.integers(0, groups, n)
    taken = broadcast(of, samples, rng)
    assert (taken // samples == of).all()
    vectors = rng.standard_normal((groups * samples, 32))
    population = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True))[taken]
    assert effective_channels(population[None])[0] <= groups * samples + 1e-9
    assert effective_channels(population[None])[0] <= (effective_number(np.bincount(taken)) or 0) + 1e-9


def test_the_effective_number_of_equal_parts_is_their_number() -> None:
    assert effective_number([5, 5, 0, 5]) == pytest.approx(3)
    assert effective_number([9, 1]) == pytest.approx(math.exp(-0.9 * math.log(0.9) - 0.1 * math.log(0.1)))
    assert effective_number([0.25, 0.25]) == pytest.approx(2)
    assert effective_number([]) is None
    assert effective_number([0, 0]) is None


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: near([[0.0, np.nan]], 1), "positions of shape"),
    (lambda: near([[0.0, 1.0]], -1), "got -1"),
    (lambda: follows(3, 3, keyed(0, "x")), "3 of 2 others"),
    (lambda: activations(3, 3, 1.5, keyed(0, "x")), "got 1.5"),
    (lambda: broadcast(np.zeros(3, np.int64), 0, keyed(0, "x")), "got 0"),
]


@pytest.mark.parametrize(("made", "told"), WRONG)
def test_impossible_numbers_are_refused(made: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        made()
