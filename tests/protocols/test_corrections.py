"""Self-correction and SETS: who is asked to check what, and when it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.protocols import count_calls
from agentscale.protocols.sets import Sets
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import Call, Reply
from tests.protocols.stage import QUESTION, by_round, complete, dead, place, played, resolved, says, team


def test_self_correction_reviews_and_then_mends_in_every_round() -> None:
    made = played(resolved("self_correct", rounds=2), team(2))
    assert [(each.round, each.call.role, place(each.call)) for each in made.asked] == [
        (0, "agent", 0),
        (0, "agent", 1),
        *[(number, role, i) for number in (1, 2) for role in ("critic", "agent") for i in (0, 1)],
    ]
    mended = [each for each in made.of() if each.round == 2][1]
    assert [message.role for message in mended.call.messages] == ["user", "assistant", "user"]
    assert mended.call.messages[1].content == "round 1 of 1"
    assert "> critic round 2 of 1\n" in mended.text
    assert "of 0" not in mended.text
    assert count_calls(resolved("self_correct", rounds=2), team(2), complete(2)) == 10


def test_who_said_nothing_is_asked_again_and_a_critic_who_says_nothing_is_not_quoted() -> None:
    def speak(call: Call, number: int) -> Reply:
        return dead(call) if (call.role, place(call)) in (("agent", 0), ("critic", 1)) else by_round(call, number)

    made = played(resolved("self_correct"), team(2), speak=speak)
    first, second = [each.call for each in made.of() if each.round == 1]
    assert [message.role for message in first.messages] == ["user"]
    assert "A check of your last reply" not in second.messages[-1].content


def checked(*verdicts: str) -> object:
    """Checks of the first agent come to these verdicts in turn; all others are right."""

    def speak(call: Call, number: int) -> Reply:
        if call.role != "grader":
            return by_round(call, number)
        said = verdicts[number - 1] if call.turn == 0 and number <= len(verdicts) else "correct"
        return says(call, f"Since it flows. Verdict: {said}", "A")

    return speak


@pytest.mark.parametrize(
    ("verdicts", "rounds", "asked"),
    [
        (("correct",), 3, "0a0a1g1g"),
        (("incorrect", "correct"), 3, "0a0a1g1g1a2g"),
        (("incorrect", "incorrect", "incorrect"), 3, "0a0a1g1g1a2g2a3g3a"),
        (("incorrect",), 1, "0a0a1g1g1a"),
        (("nonsense",), 3, "0a0a1g1g"),
        (("INCORRECT**", "**Correct"), 3, "0a0a1g1g1a2g"),
    ],
)
def test_sets_corrects_what_a_check_calls_incorrect_until_none_does(
    verdicts: tuple[str, ...], rounds: int, asked: str
) -> None:
    made = played(resolved("sets", rounds=rounds), team(2), speak=checked(*verdicts))  # type: ignore[arg-type]
    assert "".join(f"{each.round}{each.call.role[0]}" for each in made.asked) == asked
    assert len(made.outcome.replies) == 2
    last = [each for each in made.of() if place(each.call) == 0][-1]
    assert made.outcome.replies[0].call == last.call
    if last.round:
        assert "> Since it flows. Verdict: " in last.call.messages[-1].content


def test_an_agent_checks_its_own_answer_without_being_told_whose_it_is() -> None:
    made = played(resolved("sets"), team(2), speak=checked())  # type: ignore[arg-type]
    check = list(made.of("grader"))[1]
    assert (check.call.slot, check.call.turn, check.call.reads) == ("m/-/1", 1, ())
    assert [message.role for message in check.call.messages] == ["user"]
    assert "> round 0 of 1" in check.text


def test_a_checker_beside_the_team_checks_every_answer_in_a_call_of_its_own() -> None:
    checker = Agent(slot="big/-@checker/0", config_id="big/-@checker", copy_index=0, model="big")
    members = Team(agents=team(3).agents, parts={"checker": checker})
    made = played(resolved("sets"), members, speak=checked())  # type: ignore[arg-type]
    checks = [each.call for each in made.of("grader")]
    assert {check.slot for check in checks} == {checker.slot}
    assert [(check.turn, check.reads) for check in checks] == [(i, (f"m/-/{i}",)) for i in range(3)]


def test_a_dead_sample_is_asked_for_anew_without_a_check() -> None:
    def speak(call: Call, number: int) -> Reply:
        return dead(call) if number == 0 and place(call) == 0 else says(call, "Verdict: correct", "A")

    made = played(resolved("sets"), team(2), speak=speak)
    assert "".join(f"{each.round}{each.call.role[0]}{place(each.call)}" for each in made.asked) == "0a00a11g11a02g0"


@given(n=st.integers(1, 4), rounds=st.integers(1, 3), wrong=st.lists(st.booleans(), min_size=12, max_size=12))
def test_no_verdicts_make_sets_cheaper_than_its_shortest_or_dearer_than_its_longest_play(
    n: int, rounds: int, wrong: list[bool]
) -> None:
    def speak(call: Call, number: int) -> Reply:
        verdict = "incorrect" if wrong[(4 * number + call.turn) % 12] else "correct"
        return says(call, f"Verdict: {verdict}", "A")

    made = len(played(resolved("sets", rounds=rounds), team(n), speak=speak).asked)
    assert 2 * n <= made <= count_calls(resolved("sets", rounds=rounds), team(n), complete(n)) == n * (1 + 2 * rounds)


def test_the_longest_play_takes_every_check_for_a_refusal() -> None:
    play = Sets(rounds=1).longest(team(1), complete(1), QUESTION, keyed(0, "t"))
    (first,) = next(play)
    (check,) = play.send([says(first, "x", "A")]).calls  # type: ignore[union-attr]
    (mend,) = play.send([says(check, "Verdict: correct")]).calls  # type: ignore[union-attr]
    assert mend.role == "agent"
