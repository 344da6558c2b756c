"""Kaplan–Meier against curves that are known."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.analysis.survival import kaplan_meier
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def test_without_censoring_it_is_the_share_that_is_still_there() -> None:
    found = kaplan_meier([1, 2, 2, 4], [True] * 4)
    assert found.alive.tolist() == [0.75, 0.25, 0.25, 0]
    assert found.share_ended.tolist() == [0.25, 0.5, 0, 0.25]
    assert found.at_risk.tolist() == [4, 3, 1, 1]


def test_a_censored_run_counts_as_long_as_it_was_seen() -> None:
    found = kaplan_meier([1, 2, 3, 4, 5, 6], [True, True, False, True, False, True])
    assert found.alive == pytest.approx([5 / 6, 4 / 6, 4 / 6, 4 / 9, 4 / 9, 0])


def test_where_all_reach_the_end_nobody_is_said_to_have_ended() -> None:
    found = kaplan_meier([12] * 3, [False] * 3)
    assert found.alive.tolist() == [1] * 12
    assert found.ended.sum() == 0


def test_a_constant_hazard_is_found_again_and_lies_in_its_interval() -> None:
    lasted = keyed(5, "hazard").geometric(0.2, 2_000)
    found = kaplan_meier(np.minimum(lasted, 12), lasted <= 12)
    truth = 0.8 ** np.arange(1, 13)
    assert np.abs(found.alive - truth).max() < 0.03
    assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.8


@pytest.mark.parametrize(("survival", "ended"), [([], []), ([1, 2], [True]), ([0], [True]), ([1.5], [True])])
def test_runs_that_cannot_be_are_refused(survival: list[float], ended: list[bool]) -> None:
    with pytest.raises(SpecError):
        kaplan_meier(survival, ended)
