"""Votes beyond the plain one: weights, confidence, two stages, and stopping when certain."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.protocols import count_calls
from agentscale.protocols.certain import certainty
from agentscale.protocols.prompts import sureness
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CONFIDENCE_MARK, Call, Reply
from tests.protocols.stage import complete, dead, place, played, resolved, says, team

MIXED = team(4, personas=(None, "You doubt."), models=("small", "big"))
"""small/-, big/p1, small/-, big/p1."""


def test_a_vote_weighs_what_its_configuration_does_or_else_its_model() -> None:
    made = played(resolved("weighted_vote", weights={"small": 1, "big": 3.5, "big/p1": 2}), MIXED)
    assert made.outcome.weights == (1, 2, 1, 2)
    assert len(made.outcome.replies) == 4
    assert played(resolved("vote"), MIXED).asked == made.asked


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"small": 1}, "has no weight for the member big/p1; weights are given for small"),
        ({}, "has no weight for the member small/-; weights are given for nobody"),
        ({"small": 0, "big": 0}, "gives every member the weight 0"),
        ({"small": 0, "big": 1}, None),
    ],
)
def test_every_member_needs_a_weight_and_somebody_a_vote(weights: dict[str, float], told: str | None) -> None:
    assert resolved("weighted_vote", weights=weights).unfit(MIXED, complete(4)) == told


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("weighted_vote", {"weights": {"small": -1}}, "the weight of 'small' is -1; allowed: numbers of at least 0"),
        ("weighted_vote", {}, "the parameter is missing\n  write weighted_vote: {weights: …}"),
        ("two_stage_vote", {"temperatures": [0.5]}, "got 0.5; give at least two, all different"),
        ("two_stage_vote", {"temperatures": [1.0, 1.0]}, "got 1, 1; give at least two, all different"),
        ("two_stage_vote", {"temperatures": [1.0, 3.0]}, "got 1, 3; allowed: numbers from 0 to 2"),
        ("two_stage_vote", {"temperatures": []}, "got none; give at least two, all different"),
        ("certain_vote", {"certainty": 1.5}, "less than or equal to 1"),
        ("certain_vote", {"first": 1}, "greater than or equal to 2"),
    ],
)
def test_a_wrong_parameter_is_answered_with_what_is_allowed(
    name: str, parameters: dict[str, object], told: str
) -> None:
    with pytest.raises(SpecError) as caught:
        resolved(name, **parameters)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Confidence: 80\nFinal answer: A", 0.8),
        ("confidence: **95**%", 0.95),
        ("Confidence: 10. No, Confidence: 90", 0.9),
        ("Confidence: 0", 0.0),
        ("Confidence: 62.5", 0.625),
        ("Confidence: 101", None),
        ("Confidence: 1000", None),
        ("Confidence: high", None),
        ("I am 80% sure.", None),
        ("", None),
    ],
)
def test_a_confidence_is_the_last_that_is_stated_in_range(text: str, sure: float | None) -> None:
    assert sureness(text) == sure


def stating(*numbers: int | None) -> object:
    def speak(call: Call, number: int) -> Reply:
        stated = numbers[place(call)]
        return dead(call) if stated == -1 else says(call, "" if stated is None else f"Confidence: {stated}", "A")

    return speak


@pytest.mark.parametrize(
    ("numbers", "weights"),
    [
        ((80, 40, 60), (0.8, 0.4, 0.6)),
        ((80, None, 40), (0.8, pytest.approx(0.6), 0.4)),
        ((80, -1, 40), (0.8, pytest.approx(0.6), 0.4)),
        ((None, None, None), ()),
        ((0, 0, None), ()),
    ],
)
def test_votes_weigh_the_confidence_they_state_and_the_silent_the_mean(numbers: tuple, weights: tuple) -> None:
    made = played(resolved("confidence_vote"), team(3), speak=stating(*numbers))  # type: ignore[arg-type]
    assert made.outcome.weights == weights
    assert all(CONFIDENCE_MARK in each.text for each in made.asked)


def test_two_stages_ask_everybody_at_every_temperature_as_often_as_said() -> None:
    made = played(resolved("two_stage_vote", temperatures=[0.2, 1.0], samples=3), team(2))
    asked = Counter((place(each.call), each.call.sampling) for each in made.asked)
    assert asked == {(i, Sampling(temperature=t)): 3 for i in range(2) for t in (0.2, 1.0)}
    assert len({(each.call.slot, each.call.turn) for each in made.asked}) == len(made.asked) == 12
    assert {each.round for each in made.asked} == {0}
    assert all(each.call.turn > 0 for each in made.asked)  # none passes for the agent's plain answer


def test_within_a_temperature_the_plurality_counts_and_then_every_temperature_once() -> None:
    """Seven of nine samples say B, and A wins, since two temperatures of three have it as their plurality."""
    said = {0.1: "AAB", 0.5: "ABA", 0.9: "BBB"}
    heard: Counter[float] = Counter()

    def speak(call: Call, number: int) -> Reply:
        assert call.sampling is not None
        temperature = call.sampling.temperature or 0.0
        heard[temperature] += 1
        return says(call, "x", said[temperature][heard[temperature] - 1])

    made = played(resolved("two_stage_vote", temperatures=[0.1, 0.5, 0.9]), team(3), speak=speak)
    assert [reply.answer for reply in made.outcome.replies] == ["A", "A", "B"]


def test_a_temperature_at_which_nobody_answers_abstains() -> None:
    def speak(call: Call, number: int) -> Reply:
        assert call.sampling is not None
        return dead(call) if call.sampling.temperature == 0.4 else says(call, "x", "B")

    made = played(resolved("two_stage_vote"), team(2), speak=speak)
    assert [reply.answer for reply in made.outcome.replies] == [None, "B", "B"]


@given(answers=st.lists(st.sampled_from(["A", "B", "C", None]), min_size=2, max_size=12))
def test_certainty_lies_in_the_unit_interval_and_is_1_exactly_where_all_agree(answers: list[str | None]) -> None:
    sure = certainty(answers)
    assert 0 <= sure <= 1
    assert (sure == 1) == (len(set(answers)) == 1 and None not in answers)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("AB", 0.0),
        ("AAB", 1 - (2 / 3 * math.log(3 / 2) + 1 / 3 * math.log(3)) / math.log(3)),
        ("AABB", 0.5),
        ("ABCD", 0.0),
        ("AAAA", 1.0),
    ],
)
def test_certainty_has_the_values_of_its_formula(answers: str, expected: float) -> None:
    assert certainty(list(answers)) == pytest.approx(expected)


def test_who_has_no_answer_agrees_with_nobody() -> None:
    assert certainty([None, None]) == 0
    assert certainty(["A", "A", None, None]) == certainty(["A", "A", "B", "C"])


@pytest.mark.parametrize(
    ("answers", "asked"),
    [("AAAAAA", 3), ("AABAAA", 6), ("ABCABC", 6), ("AABAAAAA", 6)],
)
def test_a_certain_vote_stops_at_the_first_wave_that_is_certain_enough(answers: str, asked: int) -> None:
    def speak(call: Call, number: int) -> Reply:
        return says(call, "x", answers[place(call)])

    made = played(resolved("certain_vote", certainty=0.7), team(len(answers)), speak=speak)
    assert [place(each.call) for each in made.asked] == list(range(asked))
    assert len(made.outcome.replies) == asked
    assert {each.round for each in made.asked} == {0}
    assert count_calls(resolved("certain_vote"), team(len(answers)), complete(len(answers))) == len(answers)


def test_the_calls_of_a_certain_vote_are_those_of_a_vote() -> None:
    certain = [each.call for each in played(resolved("certain_vote"), team(6)).asked]
    assert certain == [each.call for each in played(resolved("vote"), team(6)).asked][: len(certain)]


def test_waves_have_their_sizes() -> None:
    made = played(resolved("certain_vote", certainty=1, first=2, wave=3), team(7))
    assert Counter(each.batch for each in made.asked) == {0: 2, 1: 3, 2: 2}
