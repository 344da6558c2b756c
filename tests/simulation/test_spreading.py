"""News in arrays: the same individuals as the world, known ends, and graphs that grow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import Population
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.rewiring import activations, follows
from agentscale.schema.calls import Message
from agentscale.schema.worlds import Heard
from agentscale.simulation import spread

CHAIN = [(0, 1), (1, 2), (2, 3)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(3, 14), growth=st.sampled_from([0.0, 0.5]))
def test_all_at_once_and_one_by_one_are_the_same_individuals(seed: int, n: int, growth: float) -> None:
    world = Population(steps=6, activation=0.5, reads={"rule": "follow", "each": 2, "growth": growth})
    state = world.start(n, [], keyed(seed, "start"))
    first, rng = state, keyed(seed, "after")
    while seen := world.observe(state):
        said = [world.policies["optimal"](Heard(world, (Message("user", one.text),)), rng) for one in seen]
        state = world.after(state, said, rng)
    found = spread(first.ties.pairs, first.active, first.seeds, keyed(seed, "after"), growth=growth)
    assert found.who.tolist() == state.informed.tolist()
    awake = first.active.any(axis=1)
    assert found.informed[awake].tolist() == [step.informed for step in state.steps]
    assert found.pairs.tolist() == state.ties.pairs.tolist()


def test_news_walks_one_edge_a_step_where_all_are_active() -> None:
    found = spread(CHAIN, np.ones((6, 4)), [0], keyed(0, "x"))
    assert found.informed.tolist() == [1, 2, 3, 4, 4, 4]


def test_who_is_never_active_passes_nothing_on() -> None:
    active = np.ones((6, 4))
    active[:, 2] = 0
    assert spread(CHAIN, active, [0], keyed(0, "x")).who.tolist() == [True, True, False, False]


def test_who_never_repeats_tells_nobody_and_half_tell_sooner_or_later() -> None:
    assert not spread(CHAIN, np.ones((6, 4)), [0], keyed(0, "x"), repeat=0.0).who.any()
    assert spread(CHAIN, np.ones((200, 4)), [0], keyed(0, "x"), repeat=0.5).who.all()


def test_activity_slows_news_down() -> None:
    rng = keyed(2, "pace")
    pairs = follows(500, 4, rng)
    slow, fast = (int(spread(pairs, activations(500, 12, chance, rng), [0], rng).informed[-1]) for chance in (0.2, 0.9))
    assert slow < fast / 2


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: spread(CHAIN, np.ones(4), [0], keyed(0, "x")), "activity of shape"),
    (lambda: spread(CHAIN, np.ones((2, 3)), [0], keyed(0, "x")), "an edge ends outside"),
    (lambda: spread(CHAIN, np.ones((2, 4)), [0], keyed(0, "x"), repeat=2), "got 2"),
]


@pytest.mark.parametrize(("made", "told"), WRONG)
def test_impossible_settings_are_refused(made: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        made()
