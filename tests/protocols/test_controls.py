"""What a team is compared with: equal budgets, single members, shared and neutral personas, noise and padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.experiment.sizes import prompt_size, unheard
from agentscale.protocols import count_calls
from agentscale.protocols.dress import TRAITS, dressed
from agentscale.protocols.prompts import noise, padding
from agentscale.protocols.solo import MOST_CALLS
from agentscale.randomness import keyed
from agentscale.schema.agents import Member
from agentscale.schema.calls import ANSWER_MARK, Call, Completion, Message, Reply, Usage
from tests.protocols.stage import QUESTION, Speak, complete, dead, place, played, resolved, says, team

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)


@pytest.mark.parametrize("way", ["vote", "refine"])
@pytest.mark.parametrize(("size", "calls"), [(1, 1), (4, 1), (4, 4), (2, 8)])
def test_one_agent_has_exactly_the_calls_of_a_vote_or_a_debate_of_the_team(way: str, size: int, calls: int) -> None:
    alone = resolved("solo", calls=calls, way=way)
    matched = resolved("debate", rounds=calls - 1) if calls > 1 else resolved("vote")
    assert count_calls(alone, team(size), complete(size)) == count_calls(matched, team(size), complete(size))
    made = played(alone, team(size))
    assert {each.call.slot for each in made.asked} == {"m/-/0"}
    assert len(made.asked) == size * calls
    assert len({(each.round, each.call.turn) for each in made.asked}) == size * calls
    assert len(made.outcome.replies) == (size * calls if way == "vote" else 1)


def using(tokens: int | None, text: str = "four") -> Speak:
    def speak(call: Call, number: int) -> Reply:
        usage = Usage() if tokens is None else Usage(tokens - 1, 1)
        return Reply(call, "key", Completion(text, usage=usage), "A", None)

    return speak


@pytest.mark.parametrize("way", ["vote", "refine"])
@pytest.mark.parametrize(("used", "asked"), [(10, 20), (100, 2), (99, 3), (200, 1), (1000, 1)])
def test_one_agent_is_asked_until_it_has_used_the_tokens_of_the_team(way: str, used: int, asked: int) -> None:
    made = played(resolved("solo", tokens=50, way=way), team(4), speak=using(used))
    assert len(made.asked) == asked
    assert all(each.round == (0 if way == "vote" else at) for at, each in enumerate(made.asked))


def test_tokens_that_nobody_reports_count_by_characters_and_those_of_failures_not_at_all() -> None:
    asked = len(played(resolved("vote"), team(1)).asked[0].text)
    made = played(resolved("solo", tokens=asked), team(1), speak=using(None, "x" * asked))
    assert len(made.asked) == 2  # (question + answer) / 4 = half of the budget
    silent = played(resolved("solo", tokens=10, calls=5), team(2), speak=lambda call, _: dead(call))
    assert len(silent.asked) == 10
    assert count_calls(resolved("solo", tokens=10), team(2), complete(2)) == 2 * MOST_CALLS


def test_the_independent_answers_of_one_agent_begin_with_its_vote() -> None:
    assert played(resolved("solo", calls=3), team(2)).asked[0].call == played(resolved("vote"), team(2)).asked[0].call


@given(n=st.integers(1, 5), data=st.data())
def test_a_single_member_makes_the_call_that_it_makes_in_a_vote(n: int, data: st.DataObject) -> None:
    which = data.draw(st.integers(0, n - 1))
    (alone,) = played(resolved("member", which=which), team(n)).asked
    assert alone.call == played(resolved("vote"), team(n)).asked[which].call


def test_any_member_is_drawn_by_the_trials_own_generator() -> None:
    def drawn(seed: int) -> int:
        (call,) = next(resolved("member").play(team(5), complete(5), QUESTION, keyed(seed, "play")))  # type: ignore[misc]
        return place(call)

    draws = [drawn(seed) for seed in range(60)]
    assert set(draws) == set(range(5))
    assert draws == [drawn(seed) for seed in range(60)]


def test_a_member_that_is_not_there_is_told() -> None:
    told = "asks member 3, counted from 0, and the team has 3"
    assert resolved("member", which=3).unfit(team(3), complete(3)) == told
    assert resolved("member", which=2).unfit(team(3), complete(3)) is None


PERSONAS = ("You are a sailor who doubts.", "You draw maps.")


def test_a_shared_persona_is_the_first_members_for_all() -> None:
    made = dressed(team(3, PERSONAS), "shared")
    assert [agent.persona and agent.persona.text for agent in made.agents] == [PERSONAS[0]] * 3
    assert made.slots == team(3, PERSONAS).slots


def test_a_padded_persona_has_as_many_words_and_none_of_the_original() -> None:
    before, after = team(2, PERSONAS), dressed(team(2, PERSONAS), "padding")
    for one, two in zip(before.agents, after.agents, strict=True):
        assert one.persona is not None
        assert two.persona is not None
        assert len(one.persona.text.split()) == len(two.persona.text.split())
        assert not {"sailor", "doubts.", "maps."} & set(two.persona.text.split())


def test_traits_stand_after_the_persona_or_alone() -> None:
    dressed_up = dressed(team(2, (PERSONAS[0], None)), traits="EO")
    assert dressed_up.agents[0].persona is not None
    assert dressed_up.agents[1].persona is not None
    assert dressed_up.agents[0].persona.text == f"{PERSONAS[0]}\n\n{TRAITS['E']}"
    assert dressed_up.agents[1].persona.text == TRAITS["O"]


@given(text=TEXTS, seed=st.integers(0, 9))
def test_noise_and_padding_have_the_lines_and_the_words_of_the_original_and_no_answer(text: str, seed: int) -> None:
    for made in (noise(text, keyed(seed, "n")), padding(text)):
        assert [len(line.split(" ")) for line in made.split("\n")] == [
            len(line.split(" ")) for line in text.split("\n")
        ]
        assert ANSWER_MARK not in made


def test_the_signs_that_set_a_quote_off_stay() -> None:
    assert [line[:2] for line in padding("> I say:\n>\n> - B").split("\n")] == ["> ", ">", "> "]
    assert padding("- Final answer: B") == "- This passage fills"


@given(most=st.integers(1, 500))
def test_of_a_text_that_is_not_known_yet_the_control_is_another_with_the_same_bound(most: int) -> None:
    unknown = unheard(most, "name")
    made = [f"> {unknown}", noise(f"> {unknown}", keyed(0, "n")), padding(f"> {unknown}")]
    assert len({prompt_size([Message("user", text)]) for text in made}) == 1
    assert len(set(made)) == 3


def test_a_control_of_what_is_shown_reads_nobody() -> None:
    made = played(
        resolved("debate", rounds=1, shows="noise", see="rationale"), team(2), speak=lambda c, _: says(c, "x")
    )
    assert all(each.call.reads == () for each in made.asked)


def test_a_member_of_a_part_is_read_from_the_file_as_written() -> None:
    protocol = resolved("judged", judge={"model": "big", "persona": "owl"})
    assert protocol.parts == {"judge": Member(model="big", persona="owl")}
    assert resolved("judged").parts == {}
