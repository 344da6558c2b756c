"""The p-beauty contest: steps of thought are found again, and only the equilibrium is without distance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import resolve
from agentscale.environments.beauty_contest import BeautyContest
from agentscale.errors import SpecError
from agentscale.schema.run import Named
from tests.environments.test_every_world import Case, by_policy, played


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("p", [0.5, 0.7])
def test_the_level_is_that_of_players_who_think_so_far(level: int, p: float) -> None:
    case = Case("beauty_contest", {"p": p}, 5)
    measures = case.made.score(by_policy(case, f"level_{level}").states[-1]).measures
    assert measures["level"] == pytest.approx(level, abs=1e-4)
    assert measures["first_mean"] == pytest.approx(50 * p**level, abs=1e-4)
    assert measures["last_mean"] == pytest.approx(50 * p ** (level * 4), rel=1e-3)


@settings(max_examples=30)
@given(numbers=st.lists(st.floats(0, 100).map(lambda x: round(x, 3)), min_size=2, max_size=6))
def test_distance_is_to_p_times_the_mean_and_vanishes_at_zero_alone(numbers: list[float]) -> None:
    case = Case("beauty_contest", {"p": 0.5, "rounds": 1}, len(numbers))
    score = case.made.score(played(case, lambda seen, turn: f"Number: {numbers[int(seen.who)]}")[-1])
    target = 0.5 * sum(numbers) / len(numbers)
    far = sum(abs(number - target) for number in numbers) / len(numbers) / 100
    assert score.measures["distance"] == pytest.approx(far, abs=1e-9)
    assert score.correct == (not any(numbers))


def test_who_names_none_that_counts_is_as_far_as_can_be_and_moves_no_mean() -> None:
    words = {0: "Number: 20", 1: "", 2: "no idea", 3: "Number: -5", 4: "Number: 101"}
    case = Case("beauty_contest", {"p": 0.5, "rounds": 1}, 5)
    measures = case.made.score(played(case, lambda seen, turn: words[int(seen.who)])[-1]).measures
    assert measures["first_mean"] == 20
    assert measures["distance"] == pytest.approx((0.1 + 4) / 5)
    assert (measures["silent"], measures["unreadable"], measures["invalid"]) == (0.2, 0.2, 0.4)


def test_a_round_is_told_by_its_mean_its_target_and_one_s_own_number() -> None:
    told = []
    words = {0: "10", 1: "Number: 40", 2: "Between 0 and 9.\nNumber: 70"}
    played(
        Case("beauty_contest", {"p": 0.5, "rounds": 2}, 3),
        lambda seen, turn: told.append(seen.text) or words[int(seen.who)],
    )
    assert told[3].startswith("In round 1 the mean was 40 and the target 20. You named 10, and won.")
    assert told[4].startswith("In round 1 the mean was 40 and the target 20. You named 40, and did not win.")


@pytest.mark.parametrize(
    "parameters", [{"p": 1.0}, {"p": 0}, {"p": -0.5}, {"high": 0}, {"rounds": 0}, {"low": 3}], ids=str
)
def test_a_contest_that_cannot_be_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="beauty_contest"):
        resolve(Named(name="beauty_contest", parameters=parameters))


def test_nobody_plays_alone() -> None:
    assert BeautyContest().unfit(1, ()) is not None
    assert BeautyContest().unfit(2, ()) is None
