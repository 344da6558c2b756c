"""The donor game: its schedule, its values that are known, and how generations follow one another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments.donor import DonorGame
from agentscale.environments.donor.ledger import Deed, Game, most
from agentscale.environments.donor.pairing import Pair, fewest_repeats, repeats, schedule, swapped
from agentscale.environments.donor.views import Done, read_deed, read_strategy, traced
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named
from agentscale.schema.worlds import Observation

FEW = settings(max_examples=30)
HALVES = st.integers(1, 7)
ROUNDS = st.integers(1, 20)


def small(**parameters: Any) -> DonorGame:
    """Few agents fit into few rounds without a repeat."""
    return DonorGame(**{"generations": 2, "rounds": 3, **parameters})


def saying(deed: Callable[[Observation], str]) -> Callable[[Observation], str]:
    """Everybody has a strategy, and does this."""
    return lambda one: "Strategy: mine" if "Strategy: <" in one.text else deed(one)


# The schedule


@FEW
@given(half=HALVES, rounds=ROUNDS, seed=st.integers(0, 99))
def test_all_take_part_in_every_round_and_give_and_receive_in_turn(half: int, rounds: int, seed: int) -> None:
    game = schedule(2 * half, rounds, keyed(seed, "schedule"))
    assert all(sorted(chain.from_iterable(pairs)) == list(range(2 * half)) for pairs in game)
    donors = [{pair.donor for pair in pairs} for pairs in game]
    assert all(one.isdisjoint(next_one) for one, next_one in pairwise(donors))
    assert len(game) == rounds


@FEW
@given(half=HALVES, rounds=ROUNDS, seed=st.integers(0, 99))
def test_no_schedule_repeats_less(half: int, rounds: int, seed: int) -> None:
    game = schedule(2 * half, rounds, keyed(seed, "schedule"))
    assert repeats(game) == fewest_repeats(2 * half, rounds) == repeats(swapped(game))


def test_twelve_agents_who_alternate_meet_six_others_and_no_more() -> None:
    assert fewest_repeats(12, 6) == 0
    assert fewest_repeats(12, 12) == 36


def test_the_schedule_knows_no_names() -> None:
    first = Counter(pair.donor for seed in range(600) for pair in schedule(4, 1, keyed(seed, "schedule"))[0])
    assert all(abs(first[place] - 300) < 60 for place in range(4))


def test_twelve_rounds_of_twelve_without_a_repeat_cannot_be_and_it_says_why() -> None:
    why = DonorGame(repeat_policy="error").unfit(12, ())
    assert why is not None
    assert "meets only the 6 of the other half, so 36 of 72 encounters are repeats" in why
    assert "play at most 6 rounds" in why
    assert DonorGame(repeat_policy="error", rounds=6).unfit(12, ()) is None
    assert DonorGame().unfit(12, ()) is None


def test_an_odd_team_cannot_play() -> None:
    assert "even number of agents: the team has 5" in (DonorGame().unfit(5, ()) or "")


# Known values


def test_where_all_give_all_half_have_61440_and_the_others_nothing(play: Any) -> None:
    played = play(DonorGame(generations=1), ["optimal"] * 12)
    first = next(state.games[0] for state in played.states if len(state.games) == 2)
    assert sorted(first.units) == [0.0] * 6 + [61_440.0] * 6
    assert played.score.correct
    assert played.score.measures["mean"] == most(12, 10, 2) == 30_720
    assert played.states[-1].history[0].scores == (30_720,) * 12


def test_giving_all_is_best_for_all(play: Any) -> None:
    for name in ("selfish", "heir", "random", "silent"):
        score = play(DonorGame(generations=1), [name] * 12).score
        assert not score.correct
        assert score.measures["mean"] < 30_720


def test_silent_agents_end_with_what_they_had_and_are_seen_to_be_silent(play: Any) -> None:
    score = play(DonorGame(), ["silent"] * 12).score
    assert not score.correct
    assert [score.measures[name] for name in ("mean", "efficiency", "share", "silent")] == [10, 0, 0, 1]


def test_in_a_game_of_two_rounds_who_gives_nothing_is_best_off(play: Any) -> None:
    played = play(DonorGame(generations=1, rounds=2), ["optimal"] * 11 + ["selfish"])
    scores = played.states[-1].history[0].scores
    assert scores[11] > max(scores[:11])


def test_strategies_that_are_handed_on_in_words_come_to_give_less(play: Any) -> None:
    for seed in range(5):
        found = play(DonorGame(), ["heir"] * 12, seed).score.measures
        assert found["share_g10"] < found["share_g1"] / 4


def test_repeats_are_reported_as_they_are(play: Any) -> None:
    assert play(DonorGame(generations=2), ["selfish"] * 12).score.measures["repeats"] == 6
    assert play(small(), ["selfish"] * 6).score.measures["repeats"] == 0


# Deeds


@FEW
@given(data=st.data(), half=st.integers(1, 3), punishment=st.sampled_from([None, 2.0, 3.0]))
def test_what_is_had_at_the_end_is_what_was_there_and_came_and_went(
    play: Any, data: st.DataObject, half: int, punishment: float | None
) -> None:
    said = st.one_of(
        st.integers(-3, 60).map(lambda units: f"Final answer: {units}"),
        st.integers(0, 60).map(lambda units: f"Final answer: punish {units}"),
        st.sampled_from(["", "no", "Final answer: 20%"]),
    )
    played = play(small(punishment=punishment), ["silent"] * 2 * half, words=saying(lambda one: data.draw(said)))
    for state in played.states:
        for game in state.games:
            deeds = list(chain.from_iterable(game.rounds))
            assert all(units >= 0 for units in game.units)
            assert all(0 <= deed.gave + deed.paid <= deed.held for deed in deeds)
            given_away, paid = sum(deed.gave for deed in deeds), sum(deed.paid for deed in deeds)
            lost = 2 * half * 10 + given_away - paid - sum(game.units)
            assert -1e-9 <= lost <= (punishment or 0) * paid + 1e-9


def test_to_punish_costs_and_takes_twice_as_much() -> None:
    game = Game(((Pair(0, 1),),), (10.0, 10.0)).after((Deed(Pair(0, 1), 10.0, paid=3.0),), factor=2, severity=2)
    assert game.units == (7, 4)
    ruined = Game(((Pair(0, 1),),), (10.0, 10.0)).after((Deed(Pair(0, 1), 10.0, paid=8.0),), factor=2, severity=2)
    assert ruined.units == (2, 0)


PAIR = Pair(0, 1)


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("Final answer: 4", Done(Deed(PAIR, 10, gave=4))),
        ("Final answer: give 2.5 units", Done(Deed(PAIR, 10, gave=2.5))),
        ("Final answer: punish 4", Done(Deed(PAIR, 10, paid=4))),
        ("Final answer: 11", Done(Deed(PAIR, 10, gave=10), "invalid")),
        ("Final answer: -1", Done(Deed(PAIR, 10), "invalid")),
        ("Final answer: keep 4", Done(Deed(PAIR, 10), "unreadable")),
        ("Final answer: 40%", Done(Deed(PAIR, 10), "unreadable")),
        ("half", Done(Deed(PAIR, 10), "unreadable")),
        (None, Done(Deed(PAIR, 10), "silent")),
    ],
)
def test_a_deed_that_cannot_be_is_counted_and_has_its_effect(said: str | None, done: Done) -> None:
    assert read_deed(said, PAIR, 10, punishes=True) == done


def test_where_nobody_can_punish_to_do_it_is_invalid_and_does_nothing() -> None:
    assert read_deed("Final answer: punish 4", PAIR, 10, punishes=False) == Done(Deed(PAIR, 10), "invalid")


def test_the_strategy_is_what_stands_behind_its_mark() -> None:
    assert read_strategy("I think.\nStrategy: give\n  half.") == "give half."
    assert read_strategy("**Strategy:** give half.") == "give half."
    assert read_strategy("I give half.") is read_strategy(None) is None


def test_what_is_at_fault_can_be_said_again(play: Any) -> None:
    world = small()
    state = world.start(6, (), keyed(1, "world"))
    asked = world.observe(state)
    assert "Strategy:" in (world.repair(state, asked[0], "I give.") or "")
    state = world.after(state, ["Strategy: x"] * 6, keyed(1, "world"))
    (one, *_) = world.observe(state)
    assert "from 0 to 10" in (world.repair(state, one, "half") or "")
    assert world.repair(state, one, "Final answer: 5") is None


# What is told


@FEW
@given(half=st.integers(2, 6), most_back=st.integers(0, 4), seed=st.integers(0, 20))
def test_a_trace_goes_from_donor_to_donor_and_no_further_back_than_it_may(half: int, most_back: int, seed: int) -> None:
    game = Game(schedule(2 * half, 6, keyed(seed, "schedule")), (10.0,) * 2 * half)
    for number in range(6):
        for pair in game.pairs:
            found = traced(game, pair.recipient, most_back)
            assert len(found) == min(number, most_back)
            steps = [pair.recipient, *(deed.pair.recipient for deed in found)]
            assert [deed.pair.donor for deed in found] == steps[: len(found)]
        game = game.after(tuple(Deed(pair, 10.0) for pair in game.pairs), factor=2, severity=0)


def test_a_donor_is_told_what_it_and_its_recipient_have_and_nobody_elses_units_or_strategy(play: Any) -> None:
    def words(one: Observation) -> str:
        return f"Strategy: plan{one.who}" if "Strategy: <" in one.text else f"Final answer: 0.{one.who}1"

    played = play(small(rounds=4, generations=1, trace=0), ["silent"] * 8, words=words)
    for state, asked in zip(played.states, played.seen, strict=False):
        for one in asked:
            assert not any(f"plan{other}" in one.text for other in range(8) if other != one.who)
            if state.phase == "gifts":
                (pair,) = [pair for pair in state.games[-1].pairs if pair.donor == one.who]
                told = [float(units) for units in re.findall(r"([0-9.]+) units", one.text)]
                assert told == pytest.approx([state.games[-1].units[place] for place in pair])


def test_newcomers_are_told_of_the_survivors_alone_the_best_first(play: Any) -> None:
    def words(one: Observation) -> str:
        if "Strategy: <" in one.text:
            return f"Strategy: plan{one.who}"
        return f"Final answer: {0 if int(one.who) < 3 else 9}"  # the first three keep all

    played = play(small(), ["silent"] * 6, words=words)
    (second,) = [
        asked for state, asked in zip(played.states[1:], played.seen[1:], strict=False) if state.phase == "strategies"
    ]
    assert {one.who for one in second} == {3, 4, 5}
    assert all(one.forgets for one in second)
    told = second[0].text
    assert all(f"plan{place}" in told for place in range(3))
    assert not any(f"plan{place}" in told for place in range(3, 6))
    scores = [float(line.split()[1]) for line in told.splitlines() if line.startswith("- ")]
    assert scores == sorted(scores, reverse=True)
    assert "You are player 2-4." in told


def test_the_second_game_starts_anew_with_roles_swapped(play: Any) -> None:
    played = play(small(generations=1), ["optimal"] * 6)
    one, other = next(state.games for state in played.states if len(state.games) == 2)
    assert other.units == (10,) * 6
    assert other.rounds == ()
    assert other.schedule == swapped(one.schedule)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"generations": 0}, "greater than or equal to 1"),
        ({"endowment": -10.0}, "greater than 0"),
        ({"factor": 1.0}, "greater than 1"),
        ({"rounds": 60}, "at most 1e\\+15 can be counted"),
        ({"repeat_policy": "minimize"}, "minimise"),
        ({"punishment": True}, "number"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        instantiate("world", Named(name="donor_game", parameters=parameters), {"donor_game": DonorGame})
