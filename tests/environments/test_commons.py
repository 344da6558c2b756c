"""The commons: its rule, its allocators, its measures against known truth, and what its agents are told."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments.commons import Commons, Shock
from agentscale.environments.commons.allocate import ALLOCATORS, Allocation, allocate
from agentscale.environments.commons.ledger import Month, equality, gini, measures, threshold
from agentscale.environments.commons.views import Harvest, Turn, read_harvest, read_summary, read_turn
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named
from agentscale.schema.worlds import Observation

FEW = settings(max_examples=30)
KINDS = st.sampled_from(sorted(ALLOCATORS))
WANTED = st.lists(st.integers(0, 200), min_size=1, max_size=12)
FIVE = ["optimal"] * 5


def quiet(**parameters: Any) -> Commons:
    """A commons without a talk and notes."""
    return Commons(talk=0, reflection=False, **parameters)


def taking(units: Callable[[Observation], object]) -> Callable[[Observation], str]:
    """Everybody writes this number."""
    return lambda one: f"Final answer: {units(one)}"


# The allocators


@FEW
@given(kind=KINDS, pool=st.integers(0, 150), wanted=WANTED, seed=st.integers(0, 50))
def test_nobody_gets_more_than_it_wants_and_all_together_as_much_as_there_is(
    kind: Allocation, pool: int, wanted: list[int], seed: int
) -> None:
    got = allocate(kind, pool, wanted, keyed(seed, "allocate"))
    assert all(0 <= units <= most for units, most in zip(got, wanted, strict=True))
    assert sum(got) == min(pool, sum(wanted))


@FEW
@given(pool=st.integers(0, 150), wanted=WANTED, seed=st.integers(0, 50))
def test_who_gets_a_share_in_proportion_gets_it_to_a_unit(pool: int, wanted: list[int], seed: int) -> None:
    got = allocate("proportional", pool, wanted, keyed(seed, "allocate"))
    if sum(wanted) > pool:
        fair = [pool * units / sum(wanted) for units in wanted]
        assert all(abs(units - share) < 1 for units, share in zip(got, fair, strict=True))


@pytest.mark.parametrize("kind", sorted(ALLOCATORS))
def test_allocators_know_no_names(kind: Allocation) -> None:
    totals = Counter[int]()
    for seed in range(400):
        for place, units in enumerate(allocate(kind, 10, [7, 7, 7], keyed(seed, "allocate"))):
            totals[place] += units
    assert all(abs(totals[place] / 400 - 10 / 3) < 0.25 for place in range(3))


def test_unit_by_unit_who_wants_little_mostly_gets_it() -> None:
    small = [allocate("stochastic", 100, [2, 70, 70], keyed(seed, "allocate"))[0] for seed in range(100)]
    assert sum(small) / 100 > 1.95


# The measures


def test_the_share_that_keeps_the_pool_is_rounded_down_twice() -> None:
    assert [threshold(pool, 5) for pool in (100, 80, 60, 36, 10, 9)] == [10, 8, 6, 3, 1, 0]


@FEW
@given(st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any), st.integers(2, 9))
def test_gini_knows_neither_order_nor_unit_and_is_between_0_and_1(amounts: list[int], factor: int) -> None:
    value = gini(amounts)
    assert -1e-12 <= value <= 1 - 1 / len(amounts) + 1e-12
    assert gini(amounts[::-1]) == pytest.approx(value)
    assert gini([factor * amount for amount in amounts]) == pytest.approx(value)


def test_gini_of_known_amounts() -> None:
    assert gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 8]) == 0.75
    assert gini([1, 3]) == 0.25


def test_a_run_from_which_nobody_takes_survives_and_is_worth_nothing() -> None:
    months = [Month(100, (0,) * 5, (0,) * 5)] * 12
    found = measures(months, sustainable=600)
    assert (found["survival"], found["gain"], found["efficiency"], found["equality"]) == (12, 0, 0, None)


def test_the_pool_ends_where_fewer_than_five_are_left_before_it_doubles() -> None:
    found = measures([Month(10, (5,), (5,)), Month(10, (6,), (6,))], sustainable=600)
    assert (found["survival"], found["collapsed"]) == (2, 1)


def test_who_came_later_is_compared_by_the_month() -> None:
    months = [Month(100, (5, None), (5, None)), Month(100, (5, 5), (5, 5))]
    assert equality(months) == 1


# The world


def test_five_agents_that_take_ten_each_keep_the_pool_and_gain_600(play: Any) -> None:
    world = quiet()
    played = play(world, FIVE)
    assert [state.pool for state in played.states[:3]] == [100, 100, 100]
    assert played.states[1].months[0] == Month(100, (10,) * 5, (10,) * 5)
    assert played.score.correct
    assert played.score.measures["gain"] == 600
    assert played.score.measures["efficiency"] == 1


@pytest.mark.parametrize("framing", ["fishery", "pasture", "pollution"])
@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_optimal_agents_reach_the_optimum_under_any_framing(framing: Any, n: int, play: Any) -> None:
    score = play(Commons(framing=framing), ["optimal"] * n).score
    assert score.correct
    assert score.measures["survival"] == 12


def test_silent_agents_let_the_pool_live_and_have_gained_nothing(play: Any) -> None:
    score = play(Commons(), ["silent"] * 5).score
    assert not score.correct
    assert score.measures == {
        "survival": 12,
        "collapsed": 0,
        "gain": 0,
        "efficiency": 0,
        "equality": None,
        "over_usage": 0,
        "silent": 1,
        "unreadable": 0,
        "invalid": 0,
        "talk_turns": 0,
    }


def test_one_greedy_agent_ends_it_for_all(play: Any) -> None:
    score = play(Commons(), [*FIVE[:4], "greedy"]).score
    assert not score.correct
    assert (score.measures["survival"], score.measures["collapsed"], score.measures["over_usage"]) == (1, 1, 0.2)


def test_who_keeps_within_the_threshold_only_now_and_then_lasts_as_long_as_chance_says(play: Any) -> None:
    def at_random(seed: int) -> int:
        draws = keyed(seed, "keeps")
        chosen = taking(lambda one: 10 if draws.random() < 0.8 else 100)
        return int(play(quiet(months=40), ["optimal"], seed, chosen).score.measures["survival"])

    lasted = [at_random(seed) for seed in range(300)]
    assert sum(lasted) / 300 == pytest.approx(5, abs=0.75)  # months to the first failure at a chance of 1/5


@FEW
@given(data=st.data(), kind=KINDS, n=st.integers(1, 6), seed=st.integers(0, 9))
def test_units_are_neither_made_nor_lost(play: Any, data: st.DataObject, kind: Allocation, n: int, seed: int) -> None:
    world = quiet(allocation=kind, months=6, shocks=(Shock(month=3, take=0.3),))
    said = st.one_of(st.integers(-5, 120), st.sampled_from(["many", "3.5", ""]))
    played = play(world, ["silent"] * n, seed, taking(lambda one: data.draw(said)))
    for before, after in zip(played.states, played.states[1:], strict=False):
        month = after.months[-1]
        assert month.pool == before.pool
        assert 0 <= month.left <= month.pool
        if after.phase == "harvest":
            assert after.pool + after.lost == min(100, 2 * month.left)


@pytest.mark.parametrize(
    ("said", "harvest"),
    [
        (None, Harvest(0, "silent")),
        ("ten", Harvest(0, "unreadable")),
        ("Final answer: -3", Harvest(0, "invalid")),
        ("Final answer: 81", Harvest(80, "invalid")),
        ("Final answer: 3.6 tons", Harvest(3, "invalid")),
        ("Final answer: 80", Harvest(80)),
        ("Final answer: 10%", Harvest(10)),
    ],
)
def test_a_harvest_that_cannot_be_is_counted_and_has_its_effect(said: str | None, harvest: Harvest) -> None:
    assert read_harvest(said, 80) == harvest


def test_an_unfit_harvest_is_asked_for_again_and_a_fit_one_is_not() -> None:
    world = Commons()
    state = world.start(5, (), keyed(1, "world"))
    (asked, *_) = world.observe(state)
    assert "from 0 to 100" in (world.repair(state, asked, "I will see.") or "")
    assert world.repair(state, asked, "Final answer: 10") is None


@pytest.mark.parametrize(
    ("said", "turn"),
    [
        ("Let us spare it.\nNext speaker: 3", Turn("Let us spare it.", 2, False)),
        ("Enough.\n**Next speaker:** nobody", Turn("Enough.", None, True)),
        ("I go on.\nNext speaker: fisher 1", Turn("I go on.", None, False)),
        ("To none that is there.\nNext speaker: 11", Turn("To none that is there.", None, False)),
        ("To two.\nNext speaker: 2 or 3", Turn("To two.", None, False)),
        ("No mark.", Turn("No mark.", None, False)),
        (None, Turn("", None, False)),
    ],
)
def test_a_turn_hands_on_to_another_that_is_there_and_to_nobody_else(said: str | None, turn: Turn) -> None:
    assert read_turn(said, who=0, present=10) == turn


def test_agent_10_is_not_agent_1() -> None:
    assert read_turn("Go on.\nNext speaker: 10", who=0, present=10).to == 9


def test_a_talk_goes_to_whom_is_named_and_ends_with_nobody_or_its_last_turn(play: Any) -> None:
    def named(one: Observation) -> str:
        assert isinstance(one.who, int)
        if "Next speaker" in one.text:
            return f"I am {one.who + 1}.\nNext speaker: {(one.who + 1) % 5 + 1}"
        return "Final answer: 10"

    played = play(Commons(talk=7, months=2, summary=False, reflection=False), FIVE, words=named)
    talk = max((state.talk for state in played.states), key=len)
    assert len(talk) == 7
    assert [(other.who - one.who) % 5 for one, other in itertools.pairwise(talk)] == [1] * 6
    assert len(play(Commons(months=2), FIVE).states[2].talk) == 1  # the optimal player names nobody


def test_what_was_summed_up_stands_for_the_talk(play: Any) -> None:
    def words(one: Observation) -> str:
        if "Agreed limit" in one.text:
            return "Summary: We spare it.\nAgreed limit: 10"
        return "LET US SPARE IT\nNext speaker: nobody" if "Next speaker" in one.text else "Final answer: 10"

    played = play(Commons(months=2), FIVE, words=words)
    (*_, last) = played.seen
    assert all("We spare it." in one.text and "limit for each of 10 tons" in one.text for one in last)
    assert not any("LET US SPARE IT" in one.text for one in last)
    assert read_summary("Agreed limit: none").agreed == ""


def test_notes_are_told_to_nobody_else(play: Any) -> None:
    def words(one: Observation) -> str:
        return f"note{one.who}" if "nobody else reads it" in one.text else "Final answer: 10"

    played = play(Commons(months=4, talk=0), FIVE, words=words)
    for asked in played.seen:
        for one in asked:
            assert not any(f"note{other}" in one.text for other in range(5) if other != one.who)
    assert "note3" in played.seen[-1][3].text


def test_what_others_go_for_is_told_only_once_all_have_said_it(play: Any) -> None:
    played = play(quiet(months=2), FIVE, words=taking(lambda one: 11 + int(one.who)))
    assert all("13" not in one.text for one in played.seen[0])
    assert all("fisher 3 13" in one.text for one in played.seen[1])


def test_universalization_is_one_sentence_more(play: Any) -> None:
    plain, told = (play(quiet(months=1, universalization=each), FIVE).seen[0][0].text for each in (False, True))
    extra = set(told.splitlines()) - set(plain.splitlines())
    assert extra == {"If each of you takes more than 10 tons, there will be less next month than now."}


def test_a_newcomer_takes_part_from_its_month_on(play: Any) -> None:
    world = quiet(months=4, shocks=(Shock(month=3, newcomer=True),))
    played = play(world, ["optimal"] * 5)
    assert [len(asked) for asked in played.seen] == [4, 4, 5, 5]
    assert "A newcomer is there: fisher 5." in played.seen[2][0].text
    assert "newcomer" not in played.seen[3][0].text
    assert played.states[-1].months[0].got == (12, 12, 12, 12, None)
    assert played.score.correct


def test_a_blow_takes_its_share_before_the_harvest(play: Any) -> None:
    world = quiet(months=3, shocks=(Shock(month=2, take=0.5),))
    played = play(world, FIVE)
    assert [month.pool for month in played.states[-1].months] == [100, 50, 50]
    assert played.score.measures["efficiency"] == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"framing": "forest"}, "fishery"),
        ({"capacity": -100}, "greater than or equal to 2"),
        ({"least": 60}, "half of the capacity"),
        ({"months": 6, "shocks": [{"month": 7, "take": 0.5}]}, "month 6, the last one"),
        ({"shocks": [{"month": 2}]}, "give either take"),
        ({"shocks": [{"month": 2, "take": 0.5, "newcomer": True}]}, "give either take"),
        ({"fish": 100}, "unknown parameter of commons"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        instantiate("world", Named(name="commons", parameters=parameters), {"commons": Commons})


def test_a_team_that_the_pool_cannot_keep_is_unfit() -> None:
    assert "at most 50 agents, half of its capacity: the team has 51" in (Commons().unfit(51, ()) or "")
    assert Commons().unfit(50, ()) is None
    assert "needs at least 2 agents" in (Commons(shocks=(Shock(month=2, newcomer=True),)).unfit(1, ()) or "")
