"""What two agents have in common follows from the channels that they share, by formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.simulation import Seat, World, WorldParameters, overlap, pair_law

ASKED = [f"q{i}" for i in range(3000)]


def drawn(world: World, one: Seat, other: Seat) -> tuple[float, float, float]:
    answers = world.answers(ASKED, 4, [one, other]).answers
    right, wrong = answers == 0, (answers != 0).all(axis=1)
    agree = np.mean(answers[wrong, 0] == answers[wrong, 1])
    return float(right.mean()), float(np.corrcoef(right.T)[0, 1]), float(agree)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Seat("a", 0), Seat("b", 1)),
        (Seat("a", 0), Seat("a", 0, copy=1)),
        (Seat("a", 0, "critic"), Seat("b", 2, "critic")),
    ],
)
def test_the_formula_is_what_agents_do(one: Seat, other: Seat) -> None:
    world = World(WorldParameters(attractor=0.4, monoculture=0.3, fresh=0.4, solvability_a=1.5))
    law = pair_law(world.parameters, 4, overlap(world, one, other))
    assert drawn(world, one, other) == pytest.approx(law, abs=0.06)  # four standard errors of the loosest


def test_copies_that_never_leave_their_habit_share_every_channel() -> None:
    world = World(WorldParameters(fresh=0.0))
    assert overlap(world, Seat("a", 0), Seat("a", 0, copy=1)) == 1.0


def test_channels_of_one_mind_are_one_channel() -> None:
    """With r = 1 all channels succeed together, so right answers tell nothing of how often channels are shared."""
    one_mind = WorldParameters(monoculture=1.0)
    assert pair_law(one_mind, 4, 0.0).phi == pytest.approx(pair_law(one_mind, 4, 1.0).phi)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 20), st.floats(0.1, 20), st.floats(0, 1), st.floats(0, 1), st.integers(2, 9))
@example(0.9, 0.1, 0.0, 0.0, 2)
def test_agents_that_share_more_are_more_alike(a: float, b: float, r: float, mu: float, n_options: int) -> None:
    world = WorldParameters(solvability_a=a, solvability_b=b, monoculture=r, attractor=mu)
    little, much = (pair_law(world, n_options, share) for share in (0.1, 0.6))
    assert much.right == pytest.approx(little.right)
    assert much.phi >= little.phi - 1e-9
    assert -1e-9 <= little.both_wrong_agreement <= 1 + 1e-9


def test_agents_that_are_never_wrong_agree_on_no_wrong_answer() -> None:
    sure = WorldParameters(fidelity_right=1.0, fidelity_wrong=0.0, solvability_a=1.0, solvability_b=1.0)
    law = pair_law(sure, 2, 0.5)  # of two options one is left to those whose channel fails: the right one
    assert law.right == pytest.approx(1.0)
    assert math.isnan(law.both_wrong_agreement)


@pytest.mark.parametrize(("n_options", "share", "says"), [(1, 0.5, "2 or more"), (4, 1.5, "a probability, 0 to 1")])
def test_what_cannot_be_is_refused(n_options: int, share: float, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        pair_law(WorldParameters(), n_options, share)
