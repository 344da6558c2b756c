"""Chains with hard steps: what is drawn, and what formulas of known chances say of it."""

from collections.abc import Iterator
from types import ModuleType

import derive
import pytest

from agentscale.analysis import ahead_by_k, p_full


@pytest.fixture
def simulated() -> Iterator[ModuleType]:
    with derive.loaded("reliability") as study:
        yield study.simulated


def test_below_half_the_wrong_answer_wins_as_often_as_the_right_one_does_above(simulated: ModuleType) -> None:
    assert simulated.either_side(0.4, 3).correct == pytest.approx(1 - float(ahead_by_k(0.6, 3).correct))


def test_steps_that_are_alike_follow_the_law_and_one_hard_step_breaks_it(simulated: ModuleType) -> None:
    rows = {(row["hard"], row["chance"]): row for row in simulated.hard_steps(range(4, 5))}
    alike, hard = rows[0, simulated.MEAN], rows[1, simulated.HARD]
    assert alike["exact"] == pytest.approx(float(p_full(simulated.MEAN, 4, simulated.STEPS)))
    for row in rows.values():
        assert row["low"] - 0.03 <= row["exact"] <= row["high"] + 0.03
    mean = (hard["easy"] * (simulated.STEPS - 1) + simulated.HARD) / simulated.STEPS
    assert mean == pytest.approx(simulated.MEAN)
    assert hard["exact"] < 0.2 < 0.95 < hard["law"]


def test_a_longer_race_at_a_step_that_most_samples_get_wrong_makes_the_error_surer(simulated: ModuleType) -> None:
    rows = [row for row in simulated.hard_steps(range(4, 7)) if (row["hard"], row["chance"]) == (1, simulated.HARD)]
    assert [row["exact"] for row in rows] == sorted((row["exact"] for row in rows), reverse=True)
