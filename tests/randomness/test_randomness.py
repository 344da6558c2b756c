"""Keyed draws: the same for the same purpose, in any order, and unlike for any other."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agentscale.randomness import keyed

PURPOSES = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 9)), max_size=3)


def test_a_generator_is_philox_keyed_by_128_bits_of_sha_256() -> None:
    key = int.from_bytes(hashlib.sha256(b"7\x1fstr:graph\x1fint:8").digest()[:16], "little")
    expected = np.random.Generator(np.random.Philox(key=key)).random(100)
    assert (keyed(7, "graph", 8).random(100) == expected).all()


@given(st.integers(0, 2**64), PURPOSES)
def test_the_same_purpose_draws_the_same_numbers(seed: int, purpose: list[str | int]) -> None:
    keyed(seed, "something else").random(3)
    assert (keyed(seed, *purpose).random(4) == keyed(seed, *purpose).random(4)).all()


@given(PURPOSES, PURPOSES)
def test_another_purpose_draws_other_numbers(one: list[str | int], other: list[str | int]) -> None:
    assert (keyed(0, *one).random(4) == keyed(0, *other).random(4)).all() == (one == other)


def test_a_number_and_its_text_are_two_purposes() -> None:
    assert keyed(0, 1).random() != keyed(0, "1").random()


def test_lone_surrogates_are_a_purpose_like_any_other() -> None:
    assert keyed(0, "\ud800").random() != keyed(0, "\ud801").random()
