"""Adaptive teams: every field of a controller has an effect, work goes back a bounded number of times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.protocols import count_calls, rehearse
from agentscale.protocols.reading import Steering, redo_of, steering_of
from agentscale.randomness import keyed
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Call, Reply
from agentscale.schema.verdict import verdict_of
from tests.protocols.stage import QUESTION, Played, complete, dead, place, played, resolved, says, team

LEAD = "Decision: continue\nTeam size: 3\nToken cap: 512\nDirection: Look at the map."
USUAL = Steering(False, 4, 1024, "")
CAPS = (256, 512, 1024)


def shape(made: Played) -> list[tuple[int, str, int]]:
    return [(each.round, each.call.role, place(each.call)) for each in made.asked]


def managed(
    *leads: str, verdicts: str = "", critics: str = "Verdict: correct", n: int = 4, **parameters: Any
) -> Played:
    """A managed team: what its leader says turn by turn, its critics always, and its evaluator (c or i a turn)."""

    def speak(call: Call, number: int) -> Reply:
        if call.role == "controller":
            return says(call, leads[min(number, len(leads) - 1)])
        if call.role == "grader":
            return says(
                call, f"Advice {number}.\nVerdict: {'correct' if verdicts[number : number + 1] == 'c' else 'incorrect'}"
            )
        if call.role == "critic":
            return says(call, f"critic {place(call)}\n{critics}")
        return says(call, f"solution {number}.{call.turn}", "A")

    return played(resolved("managed", caps=list(CAPS), **parameters), team(n), speak=speak)


def test_a_turn_is_led_solved_criticised_and_evaluated() -> None:
    made = managed(LEAD, verdicts="c")
    assert shape(made) == [
        (0, "controller", 0),
        (0, "agent", 0),
        (0, "critic", 1),
        (0, "critic", 2),
        (0, "grader", 0),
    ]
    assert made.outcome.decider is not None
    assert made.outcome.decider.text == "solution 0.0"


# -- the trap: a field that is read and never used ------------------------------------------------------------------


def test_stop_stops() -> None:
    going, stopping = managed(LEAD, LEAD), managed(LEAD, LEAD.replace("continue", "stop"))
    assert [each.round for each in stopping.asked][-1] == 1
    assert shape(stopping) == [*shape(going)[: len(stopping.asked) - 1], (1, "controller", 0)]
    assert len(going.asked) > len(stopping.asked)
    assert stopping.outcome.decider is not None
    assert stopping.outcome.decider.text == "solution 0.0"


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_size_is_that_of_the_turns_team(size: int) -> None:
    made = managed(LEAD.replace("size: 3", f"size: {size}"), verdicts="c")
    assert {place(each.call) for each in made.of("critic")} == set(range(1, size))


@pytest.mark.parametrize("cap", CAPS)
def test_the_cap_is_that_of_all_who_work_in_the_turn(cap: int) -> None:
    made = managed(LEAD.replace("512", str(cap)), critics="Verdict: incorrect", verdicts="c")
    caps = {each.call.sampling for role in ("agent", "critic") for each in made.of(role)}
    assert caps == {Sampling(max_tokens=cap)}


def test_the_direction_is_told_the_solver_in_its_turn() -> None:
    made = managed(LEAD, LEAD.replace("map", "sea"))
    first, second = list(made.of())
    assert "> Look at the map." in first.text
    assert "> Look at the sea." in second.text
    assert "map" not in second.text


def test_the_evaluators_verdict_ends_it_and_its_advice_is_told_the_leader() -> None:
    made = managed(LEAD, verdicts="ic", turns=5)
    assert max(each.round for each in made.asked) == 1
    leads = list(made.of("controller"))
    assert "Decision:" not in leads[0].text
    assert "> Advice 0." in leads[1].text
    assert "> solution 0.0" in leads[1].text
    assert "Decision: <continue or stop>" in leads[1].text


@pytest.mark.parametrize("inner", [1, 2, 3])
def test_a_solution_is_revised_while_a_critic_finds_it_wrong_at_most_so_often(inner: int) -> None:
    made = managed(LEAD, critics="Verdict: incorrect", verdicts="c", inner=inner)
    assert [each.text.count("critic 1") for each in made.of()] == [0, *[1] * inner]
    assert made.outcome.replies[0].text == f"solution 0.{inner}"


@given(st.lists(st.text(), min_size=1, max_size=3), st.text(), st.text(alphabet="ci", max_size=3))
def test_whatever_is_said_calls_stay_within_their_bounds(leads: list[str], critics: str, verdicts: str) -> None:
    protocol = resolved("managed", turns=3, caps=list(CAPS))
    least = sum(
        1 for _ in rehearse(protocol.shortest(team(4), complete(4), QUESTION, keyed(0, "t")), lambda n, c: says(c, "A"))
    )
    made = managed(*leads, critics=critics, verdicts=verdicts, turns=3)
    assert least <= len(made.asked) <= count_calls(protocol, team(4), complete(4))


def test_nobody_who_is_dead_stops_it() -> None:
    made = played(resolved("managed", caps=list(CAPS)), team(3), speak=lambda call, number: dead(call))
    assert [role for _, role, _ in shape(made)].count("grader") == 2
    assert made.outcome.decider is not None
    assert made.outcome.decider.error is not None


# -- what is read of texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (LEAD, Steering(False, 3, 512, "Look at the map.")),
        ("**Decision:** stop\n**Team size:** 2\n**Token cap:** 256", Steering(True, 2, 256, "")),
        ("Team size: 9\nToken cap: 300", USUAL),
        ("Team size: 0", USUAL),
        ("Team size: two", USUAL),
        ("Team size: 2\nTeam size: 3", Steering(False, 3, 1024, "")),
        ("Stop!", USUAL),
        ("", USUAL),
    ],
)
def test_a_controllers_fields_are_read_and_what_cannot_be_is_usual(text: str, read: Steering) -> None:
    reply = says(Call("m/-/0", (), role="controller"), text)
    assert steering_of(reply, USUAL, CAPS) == read


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Verdict: correct", True),
        ("Verdict: incorrect", False),
        ("verdict: **Correct**.", True),
        ("correct", None),
        ("", None),
    ],
)
def test_a_verdict_is_the_last_one(text: str, right: bool | None) -> None:
    assert verdict_of(text) is right
    assert verdict_of(f"Verdict: {'incorrect' if right else 'correct'}\n{text}") is (
        right if right is not None else True
    )


def test_work_goes_back_to_a_stage_that_is_named() -> None:
    assert redo_of("Redo: Plan.", ["plan", "solve"]) == "plan"
    assert redo_of("Redo: paint", ["plan", "solve"]) is None
    assert redo_of("plan", ["plan", "solve"]) is None


# -- pipelines ------------------------------------------------------------------------------------------------------


def pipeline(*verdicts: str, n: int = 4, **parameters: Any) -> Played:
    """A pipeline whose judge says one thing after another; the last one from then on."""
    judged = iter([*verdicts[:-1]])

    def speak(call: Call, number: int) -> Reply:
        if call.role == "grader":
            return says(call, next(judged, verdicts[-1]))
        return says(call, f"visit {number}", "A")

    return played(resolved("pipeline", **parameters), team(n), speak=speak)


def test_stages_go_to_members_in_turn_and_see_all_before_them() -> None:
    made = pipeline("Verdict: correct")
    assert shape(made) == [(0, "controller", 0), (1, "controller", 1), (2, "grader", 2), (3, "agent", 3)]
    assert "plan:\n> visit 0" in made.asked[1].text
    assert [made.asked[3].text.count(name) for name in ("plan:", "solve:", "judge:")] == [1, 1, 1]
    assert made.asked[3].call.reads == ("m/-/0", "m/-/1", "m/-/2")
    assert made.outcome.decider is not None
    assert made.outcome.decider.text == "visit 3"
    assert [where for _, _, where in shape(pipeline("Verdict: correct", n=2))] == [0, 1, 0, 1]


@pytest.mark.parametrize(("name", "again"), [("plan", [0, 1, 2]), ("solve", [1, 2])])
def test_work_goes_back_to_the_stage_that_the_judge_names_and_all_from_there_is_done_anew(
    name: str, again: list[int]
) -> None:
    made = pipeline(f"No.\nRedo: {name}\nVerdict: incorrect", "Verdict: correct")
    assert [where for _, _, where in shape(made)] == [0, 1, 2, *again, 3]
    back = made.asked[3]
    assert "> No." in back.text
    assert "solve:" not in back.text
    assert "> No." not in made.asked[4].text


@pytest.mark.parametrize("back", [0, 1, 3])
def test_work_goes_back_at_most_so_often(back: int) -> None:
    made = pipeline("Redo: plan\nVerdict: incorrect", back=back)
    assert len(made.asked) == 4 + 3 * back == count_calls(resolved("pipeline", back=back), team(4), complete(4))


@pytest.mark.parametrize(
    "text", ["Verdict: incorrect", "Redo: plan", "Redo: answer\nVerdict: incorrect", "", "Redo: plan\nVerdict: correct"]
)
def test_what_names_no_earlier_stage_or_finds_nothing_wrong_sends_nothing_back(text: str) -> None:
    assert len(pipeline(text, back=3).asked) == 4


def test_each_stage_has_settings_of_its_own() -> None:
    stages = [
        {"name": "solve", "asks": "Solve.", "samples": 3, "sampling": {"temperature": 1.2}},
        {"name": "answer", "asks": "Answer."},
    ]
    made = pipeline("", stages=stages, n=2)
    assert [(each.call.turn, each.call.sampling) for each in made.asked] == [
        *[(turn, Sampling(temperature=1.2)) for turn in range(3)],
        (0, None),
    ]
    assert made.asked[3].text.count("solve:") == 3


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([{"name": "a"}], "at least 2 items"),
        ([{"name": "a"}, {"name": "A"}], "two stages have one name"),
        ([{"name": "a", "judges": True}, {"name": "b"}], "neither judges"),
        ([{"name": "a"}, {"name": "b", "judges": True}], "neither judges"),
        ([{"name": "a"}, {"name": "b", "samples": 2}], "the last stage answers once"),
    ],
)
def test_stages_that_cannot_be_are_refused(stages: list[Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        resolved("pipeline", stages=stages)


# -- depth and width ------------------------------------------------------------------------------------------------


def branches(n: int, *, verdicts: str = "", answers: str = "AB", **parameters: Any) -> Played:
    def speak(call: Call, number: int) -> Reply:
        if call.role == "grader":
            return says(call, f"Verdict: {'correct' if verdicts[number : number + 1] == 'c' else 'incorrect'}")
        return says(call, f"step {number} of {place(call)}", answers[place(call) % len(answers)])

    return played(resolved("branches", **parameters), team(n), speak=speak)


@pytest.mark.parametrize(("depth", "width"), [(1, 1), (2, 3), (3, 2)])
def test_depth_and_width_are_steps_and_members(depth: int, width: int) -> None:
    made = branches(width, depth=depth)
    assert [sum(each.round == step for each in made.of()) for step in range(depth)] == [width] * depth
    assert len(list(made.of("grader"))) == depth - 1
    assert [reply.text for reply in made.outcome.replies] == [f"step {depth - 1} of {i}" for i in range(width)]


def test_all_read_the_whole_board_and_nothing_of_their_own_step() -> None:
    made = branches(3, depth=3, remembers=2, until="never")
    for each in made.of():
        seen = {f"step {step} of {i}" for step in range(3) for i in range(3) if f"step {step} of {i}" in each.text}
        assert seen == {f"step {step} of {i}" for step in range(max(0, each.round - 2), each.round) for i in range(3)}


def test_a_check_that_finds_them_right_ends_it() -> None:
    made = branches(2, depth=4, verdicts="ic")
    assert max(each.round for each in made.asked) == 1
    assert "> step 1 of 0\n>\n> step 1 of 1" in list(made.of("grader"))[1].text


@pytest.mark.parametrize(("answers", "steps"), [("A", 1), ("AB", 4)])
def test_agreement_ends_it(answers: str, steps: int) -> None:
    made = branches(2, depth=4, until="agreement", answers=answers)
    assert 1 + max(each.round for each in made.asked) == steps
    assert not list(made.of("grader"))
