"""Races of votes over the steps of a chain: who wins, what is asked, what ends a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agentscale.environments import Hanoi
from agentscale.protocols import rehearse
from agentscale.protocols.flags import Flags, Phrases, TooLong
from agentscale.protocols.racing import Votes
from agentscale.protocols.steps import MOST_SAMPLES, Steps
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import UNHEARD, Batch, Call, Completion, Failure, Outcome, Reply, Usage
from agentscale.schema.tasks import Question

Speak = Callable[[int, Call], Reply]

WORLD = Hanoi(disks=2)
GRAPH = nx.empty_graph(2, create_using=nx.DiGraph)
TEAM = Team(agents=tuple(Agent(slot=f"m/-/{i}", config_id="m/-", copy_index=i, model="m") for i in range(2)))


def opening(world: Hanoi = WORLD) -> Question:
    prompt = f"{world.observe(world.start(), 1, 1)}\n\nEnd with Final answer:"
    return Question(sample_id="h", prompt=prompt, chain=world)


def says(call: Call, answer: str | None, tokens_out: int = 20, text: str = "") -> Reply:
    said = Completion(text or f"Final answer: {answer}", usage=Usage(10, tokens_out))
    return Reply(call, f"{call.slot}/{call.attempt}", said, answer, None if answer else "no_answer")


def told(call: Call) -> str:
    return call.messages[-1].content


def right(_: int, call: Call) -> Reply:
    return says(call, WORLD.right(told(call)))


def wrong(_: int, call: Call) -> Reply:
    return says(call, WORLD.answer(told(call), lambda n_wrong: 0))


def unheard(_: int, call: Call) -> Reply:
    return Reply(call, "key", Completion("A", UNHEARD), "A", None)


def walked(protocol: Steps, speak: Speak, world: Hanoi = WORLD) -> tuple[list[list[Call]], Outcome]:
    """The batches of a walk, and what it comes to."""
    play = protocol.play(TEAM, GRAPH, opening(world), keyed(0, "test"))
    batches: list[list[Call]] = []
    try:
        asked = next(play)
        while True:
            assert isinstance(asked, Batch)
            assert asked.round is not None
            batches.append(list(asked.calls))
            replies = [speak(asked.round, call) for call in asked.calls]
            ends = range(1, len(replies) + 1)
            end = next((end for end in ends if asked.until and asked.until(replies[:end])), len(replies))
            asked = play.send(replies[:end])
    except StopIteration as stop:
        return batches, stop.value


# -- who wins ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "k", "votes", "winner"),
    [
        ("first_to", 2, "abab", "a"),
        ("first_to", 2, "abba", "b"),
        ("ahead_by", 2, "abab", None),
        ("ahead_by", 2, "ababaa", "a"),
        ("ahead_by", 2, "aa", "a"),
        ("ahead_by", 1, "b", "b"),
        ("ahead_by", 2, "aabbbbbbb", "a"),
        ("first_to", 3, "abcabc", None),
    ],
)
def test_votes_count_in_their_order_until_somebody_has_won(rule, k, votes, winner) -> None:
    assert Votes(k, rule).count(votes).winner == winner


def test_a_sample_without_a_vote_brings_nobody_nearer() -> None:
    assert Votes(2, "ahead_by").count(["a", None, None]).still_needed == 1


@given(
    votes=st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
    k=st.integers(1, 4),
    rule=st.sampled_from(["ahead_by", "first_to"]),
)
def test_nobody_wins_with_fewer_votes_than_are_still_needed(votes, k, rule) -> None:
    race = Votes(k, rule)
    for vote in votes:
        needed = race.still_needed
        if race.winner is not None:
            break
        assert needed >= 1
        for name in "abc":
            assert race.and_then([name] * (needed - 1)).winner is None
        assert any(race.and_then([name] * needed).winner for name in "abc")
        race.count([vote])


@given(votes=st.lists(st.sampled_from("abc"), max_size=30), k=st.integers(1, 4))
def test_counting_one_by_one_or_all_at_once_gives_one_winner(votes, k) -> None:
    one_by_one = Votes(k, "ahead_by")
    for vote in votes:
        one_by_one.count([vote])
    assert one_by_one.winner == Votes(k, "ahead_by").count(votes).winner


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_a_chain_without_errors_takes_k_samples_a_step_in_one_batch_each() -> None:
    batches, outcome = walked(Steps(k=3), right)
    assert [len(batch) for batch in batches] == [3, 3, 3]
    assert outcome.is_chain
    assert [reply.answer for reply in outcome.replies] == ["1AB = BA", "2AC = BC", "1BC = CC"]
    assert outcome.counts == {"samples": 9, "failed": 0, "malformed": 0, "too_long": 0, "undecided": 0}


def test_samples_go_round_the_team_and_the_first_is_drawn_apart() -> None:
    (first, *_), _ = walked(Steps(k=3), right)
    assert [call.slot for call in first] == ["m/-/0", "m/-/1", "m/-/0"]
    assert [call.attempt for call in first] == [0, 1, 2]
    assert [call.sampling and call.sampling.temperature for call in first] == [0.0, 0.1, 0.1]
    (left, *_), _ = walked(Steps(k=3, first_temperature=None, temperature=None), right)
    assert [call.sampling for call in left] == [None] * 3


def test_the_next_step_is_told_the_state_that_won_and_nothing_else() -> None:
    batches, _ = walked(Steps(k=1), right)
    assert told(batches[1][0]) == f"{WORLD.observe('BA', 2, 1)}\n\nEnd with Final answer:"
    assert len(batches[1][0].messages) == 1


def test_a_wrong_step_is_walked_on_from() -> None:
    batches, outcome = walked(Steps(k=1), lambda at, call: wrong(at, call) if at == 0 else right(at, call))
    assert outcome.replies[0].answer == "1AC = CA"
    assert "State before step 2: CA" in told(batches[1][0])


def test_several_steps_a_call_end_with_what_is_left() -> None:
    batches, outcome = walked(Steps(k=1, per_call=2), right)
    assert [told(batch[0]).count("Give steps 1 to 2") for batch in batches] == [1, 0]
    assert [reply.answer for reply in outcome.replies] == ["1AB 2AC = BC", "1BC = CC"]


def test_a_disputed_step_asks_for_as_many_as_are_needed_in_any_case() -> None:
    def speak(at: int, call: Call) -> Reply:
        return wrong(at, call) if call.attempt == 0 else right(at, call)

    batches, outcome = walked(Steps(k=2), speak)
    assert [len(batch) for batch in batches[:2]] == [2, 2]  # 1:1, then two more
    assert len(outcome.replies) == 3


@pytest.mark.parametrize(("k", "ends"), [(1, 1), (2, 4), (3, None)])
def test_of_samples_asked_at_once_the_shortest_prefix_that_wins_counts(k: int, ends: int | None) -> None:
    votes = ["1AB = BA", "1AC = CA", "1AB = BA", "1AB = BA", "1AC = CA", "1AB = BA"]
    asked = next(Steps(k=k, at_once=6).play(TEAM, GRAPH, opening(), keyed(0, "test")))
    assert isinstance(asked, Batch)
    heard = [says(call, vote) for call, vote in zip(asked.calls, votes, strict=True)]
    until = asked.until
    assert until is not None
    assert next((end for end in range(1, 7) if until(heard[:end])), None) == ends


# -- red flags --------------------------------------------------------------------------------------------------------


def test_flagged_samples_are_no_votes_and_are_counted_by_their_flag() -> None:
    def speak(at: int, call: Call) -> Reply:
        if at == 0 and call.attempt == 0:
            return says(call, "1AB = BA", tokens_out=751)
        if at == 0 and call.attempt == 1:
            return says(call, "no move")
        if at == 0 and call.attempt == 2:
            return Reply(call, "k", None, None, "error", Failure("timeout", "late"))
        return right(at, call)

    batches, outcome = walked(Steps(k=1), speak)
    assert [len(batch) for batch in batches] == [1] * 6
    assert outcome.counts == {"samples": 6, "failed": 1, "malformed": 1, "too_long": 1, "undecided": 0}
    assert outcome.replies[0].call.attempt == 3


def test_flags_are_put_together_from_parts_and_the_first_that_is_raised_counts() -> None:
    call = Call("m/-/0", ())
    flags = Flags(too_long=TooLong(tokens=5), phrases=Phrases(texts=("Wait",)))
    assert flags.raised_on(says(call, "x", 6), "x") == "too_long"
    assert flags.raised_on(says(call, "x", 5, "wait a moment"), "x") == "phrases"
    assert flags.raised_on(says(call, "x", 5), "x") is None
    assert flags.raised_on(says(call, None, 6), None) == "malformed"
    assert Flags(too_long=None).raised_on(says(call, "x", 10_000), "x") is None


def test_tokens_that_nobody_counted_raise_no_flag() -> None:
    reply = Reply(Call("m/-/0", ()), "k", Completion("x"), "x", None)
    assert not TooLong(tokens=1).raised(reply)


def test_a_step_that_nobody_wins_ends_the_chain_without_an_answer() -> None:
    batches, outcome = walked(Steps(k=2, max_votes=5), lambda at, call: says(call, None))
    assert sum(map(len, batches)) == 5
    assert outcome.replies == ()
    assert outcome.is_chain
    assert outcome.counts == {"samples": 5, "failed": 0, "malformed": 5, "too_long": 0, "undecided": 1}


# -- bounds -----------------------------------------------------------------------------------------------------------


def calls_of(play: Iterable[tuple[int, Call]]) -> int:
    return sum(1 for _ in play)


@given(
    k=st.integers(1, 4),
    per_call=st.integers(1, 3),
    spare=st.integers(0, 20),
    at_once=st.none() | st.integers(1, 6),
    rule=st.sampled_from(["ahead_by", "first_to"]),
    chances=st.lists(st.sampled_from([right, wrong, None]), min_size=1, max_size=5),
)
@settings(max_examples=50)
def test_no_walk_asks_less_than_the_shortest_or_more_than_the_longest(
    k, per_call, spare, at_once, rule, chances
) -> None:
    protocol = Steps(k=k, per_call=per_call, max_votes=k + spare, at_once=at_once, rule=rule)
    turn = iter(range(10_000))

    def speak(at: int, call: Call) -> Reply:
        say = chances[next(turn) % len(chances)]
        return says(call, None) if say is None else say(at, call)

    arguments = (TEAM, GRAPH, opening(), keyed(0, "test"))
    asked = calls_of(rehearse(protocol.play(*arguments), speak))
    assert calls_of(rehearse(protocol.shortest(*arguments), unheard)) <= asked
    assert asked <= calls_of(rehearse(protocol.longest(*arguments), unheard))


def test_a_long_chain_is_soonest_over_where_the_first_step_is_lost() -> None:
    world = Hanoi(disks=6)
    arguments = (TEAM, GRAPH, opening(world), keyed(0, "test"))
    protocol = Steps(k=3, max_votes=10)
    shortest = list(rehearse(protocol.shortest(*arguments), unheard))
    assert len(shortest) == 10
    assert {at for at, _ in shortest} == {0}


# -- what is refused --------------------------------------------------------------------------------------------------


def test_a_question_without_a_chain_is_refused() -> None:
    plain = Question(sample_id="q", prompt="Which?")
    assert "kind step" in (Steps().unfit_for([opening(), plain]) or "")
    assert Steps().unfit_for([opening()]) is None


def test_a_chain_too_long_for_one_trial_is_refused_and_the_way_out_named() -> None:
    reason = Steps(max_votes=50).unfit_for([opening(Hanoi(disks=20))])
    assert reason is not None
    assert "1,048,575 races" in reason
    assert f"{MOST_SAMPLES:,}" in reason
    assert "draw_races" in reason
    assert Steps(max_votes=50, per_call=128).unfit_for([opening(Hanoi(disks=20))]) is None


def test_a_race_that_nobody_can_win_is_refused() -> None:
    with pytest.raises(ValidationError, match="max_votes of at least k = 3"):
        Steps(k=3, max_votes=2)
