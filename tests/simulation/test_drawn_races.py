"""Races in arrays: the laws hold, the whole tower of twenty disks is drawn, and what ends undecided says so."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import NOBODY, draw_races


def test_the_million_steps_of_twenty_disks_are_right_with_the_lead_that_the_law_asks_for() -> None:
    drawn = draw_races([0.9978, 0.0011, 0.0011], 3, 2**20 - 1, keyed(1, "hanoi"))
    assert drawn.winner.shape == (1_048_575,)
    assert (drawn.winner == 0).all()
    assert drawn.samples.mean() == pytest.approx(3.0132, abs=5e-4)


def test_samples_with_red_flags_cost_and_do_not_vote() -> None:
    drawn = draw_races([0.5], 3, 20_000, keyed(2, "flags"))
    assert (drawn.winner == 0).all()
    assert drawn.samples.mean() == pytest.approx(6.0, abs=0.06)  # 3 / v


def test_first_to_three_is_the_majority_of_five() -> None:
    drawn = draw_races([0.6, 0.4], 3, 40_000, keyed(3, "first"), rule="first_to")
    majority = 0.6**3 * (1 + 3 * 0.4 + 6 * 0.4**2)
    assert (drawn.winner == 0).mean() == pytest.approx(majority, abs=0.01)


def test_races_stopped_before_anybody_leads_have_no_winner() -> None:
    drawn = draw_races([0.5, 0.5], 9, 100, keyed(4, "stopped"), max_votes=5)
    assert set(drawn.winner) == {NOBODY}
    assert set(drawn.samples) == {5}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"theta": [0.8, 0.4]}, "theta"),
        ({"theta": [-0.1, 0.4]}, "theta"),
        ({"theta": []}, "theta"),
        ({"k": 0}, "k"),
        ({"races": 0}, "races"),
        ({"max_votes": 0}, "max_votes"),
    ],
)
def test_shares_and_numbers_that_cannot_be_are_refused(change, key) -> None:
    arguments = {"theta": np.array([0.9, 0.1]), "k": 2, "races": 3, **change}
    with pytest.raises(SpecError) as wrong:
        draw_races(rng=keyed(0, "wrong"), **arguments)
    assert wrong.value.key == key
