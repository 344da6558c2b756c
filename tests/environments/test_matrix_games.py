"""Games of two by two: there are 144 of strict ranks, letters mean nothing, and known strategies meet as they must."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import resolve
from agentscale.environments.matrix_games import NAMED, MatrixGame, equilibria, ordinal
from agentscale.environments.matrix_games.strategies import STRATEGIES
from agentscale.environments.matrix_games.tables import CELLS, Table, exchanged, payoffs, turned, won
from agentscale.environments.matrix_games.wording import CHOICE, Names
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Named
from tests.environments.test_every_world import Case, by_policies, played

TABLES = st.tuples(*[st.tuples(*[st.tuples(st.integers(-9, 9), st.integers(-9, 9))] * 2)] * 2)
OPTIONS = st.sampled_from([0, 1, None])


def match(first: str, second: str, seed: int = 0, **parameters: Any) -> dict[str, float | None]:
    """What is measured where two policies meet."""
    case = Case("matrix_game", parameters, 2)
    return dict(case.made.score(by_policies(case, [first, second], seed).states[-1]).measures)


def same_games(table: Table) -> frozenset[Table]:
    """The game under all orders of the players' options."""
    return frozenset(turned(table, first, second) for first, second in product((False, True), repeat=2))


def ranks(table: Table) -> Table:
    """Payoffs of which no two are equal, by their ranks."""
    orders = [sorted(payoffs(table, player)) for player in (0, 1)]
    a, b, c, d = (tuple(orders[at].index(cell[at]) + 1 for at in (0, 1)) for row in table for cell in row)
    return ((a, b), (c, d))  # type: ignore[return-value]


def test_there_are_144_games_of_strict_ranks_and_78_where_players_may_change_places() -> None:
    tables = [ordinal(number) for number in range(1, 145)]
    assert all(sorted(payoffs(table, player)) == [1, 2, 3, 4] for table in tables for player in (0, 1))
    kinds = {same_games(table) for table in tables}
    assert len(kinds) == 144
    assert sum(map(len, kinds)) == 576  # 4! · 4!: every such game is among them
    assert len({same_games(table) | same_games(exchanged(table)) for table in tables}) == 78
    assert sum(same_games(table) == same_games(exchanged(table)) for table in tables) == 12  # the symmetric ones


def test_most_games_of_strict_ranks_have_one_equilibrium() -> None:
    assert Counter(len(equilibria(ordinal(number))) for number in range(1, 145)) == {1: 108, 0: 18, 2: 18}


def test_the_named_games_are_what_their_names_say() -> None:
    stable = {name: equilibria(table) for name, table in NAMED.items()}
    assert stable["prisoners_dilemma"] == ((1, 1),)
    assert stable["stag_hunt"] == stable["coordination"] == stable["battle_of_the_sexes"] == ((0, 0), (1, 1))
    assert stable["chicken"] == ((0, 1), (1, 0))
    assert stable["harmony"] == ((0, 0),)
    assert stable["deadlock"] == ((1, 1),)
    assert stable["matching_pennies"] == ()
    kinds = {same_games(ordinal(number)) for number in range(1, 145)}
    assert all(same_games(ranks(NAMED[name])) in kinds for name in ("prisoners_dilemma", "chicken", "deadlock"))


@settings(max_examples=30)
@given(table=TABLES, first=st.booleans(), second=st.booleans())
def test_an_equilibrium_moves_with_the_options_and_with_the_players(table: Table, first: bool, second: bool) -> None:
    moved = {(i ^ first, j ^ second) for i, j in equilibria(table)}
    assert set(equilibria(turned(table, first, second))) == moved
    assert {cell[::-1] for cell in equilibria(table)} == set(equilibria(exchanged(table)))


@settings(max_examples=30)
@given(table=TABLES, cell=st.tuples(OPTIONS, OPTIONS))
def test_nobody_gains_by_naming_no_option_nor_by_that_of_the_other(table: Table, cell: tuple[Any, Any]) -> None:
    brought = won(table, cell)
    for player in (0, 1):
        own = cell[player]
        possible = [table[i][j][player] for i, j in CELLS if own is None or (i, j)[player] == own]
        assert brought[player] == (min(possible) if None in cell else table[cell[0]][cell[1]][player])


@settings(max_examples=30)
@given(seed=st.integers(0, 999), strategies=st.lists(st.sampled_from(list(STRATEGIES)), min_size=2, max_size=2))
def test_letters_and_their_order_change_nothing_of_what_known_strategies_choose(
    seed: int, strategies: list[str]
) -> None:
    if "random" in strategies:
        return
    game = {"game": "battle_of_the_sexes", "rounds": 4}
    plain = match(*strategies, naming="straight", order="straight", **game)
    assert match(*strategies, seed=seed, **game) == plain
    assert match(*strategies, naming="swapped", order="swapped", letters=["X", "Q"], **game) == plain


def test_letters_and_orders_are_drawn_evenly() -> None:
    starts = [MatrixGame().start(2, (), keyed(seed, "start")) for seed in range(400)]
    drawn = Counter((state.is_swapped, state.is_second_first) for state in starts)
    assert len(drawn) == 8
    assert min(drawn.values()) > 25


def test_a_player_reads_its_own_payoffs_first_and_its_own_letter_first() -> None:
    world = MatrixGame(game=(((1, 2), (3, 4)), ((5, 6), (7, 8))), naming="straight", order="straight")
    first, second = world.observe(world.start(2, (), keyed(0, "start")))
    assert "If you choose J and the other player chooses F, you win 3 points and the other player wins 4 points." in (
        first.rules
    )
    assert "If you choose F and the other player chooses J, you win 4 points and the other player wins 3 points." in (
        second.rules
    )


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Choice: J", 0),
        ("choice J or F? Choice: F", 1),
        ("J it is, not F.\nChoice: J", 0),
        ("I take J.", 0),
        ("**J**", 0),
        ("Choice: J or Choice: F", 1),
        ("J or F", None),
        ("Choice: K", None),
        ("Choice: either. But J is good.", 0),
        ("Just fine", None),
        ("", None),
    ],
)
def test_an_option_is_read_behind_the_mark_or_where_only_one_is_named(text: str, option: int | None) -> None:
    assert Names(("J", "F"), is_swapped=False).read(text, CHOICE) == option
    assert Names(("J", "F"), is_swapped=True).read(text, CHOICE) == (None if option is None else 1 - option)


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [
        ("cooperate", "cooperate", (8, 8)),
        ("defect", "defect", (5, 5)),
        ("cooperate", "defect", (0, 10)),
        ("tit_for_tat", "defect", (4.5, 5.5)),  # 0, then 5 nine times, against 10, then 5 nine times
        ("tit_for_tat", "defect_once", (7.4, 7.4)),  # 0 and 10, 10 and 0, then 8 eight times: echoed once
        ("tit_for_tat", "alternate", (4.8, 5.8)),  # 8, then 0 and 10 in turn, against 8, then 10 and 0
        ("grim", "defect_once", (9, 1)),  # 0 and 10, then 10 and 0 ever after
        ("win_stay_lose_shift", "win_stay_lose_shift", (8, 8)),
        ("win_stay_lose_shift", "defect", (2.5, 7.5)),  # it shifts away from 0 and from 5 alike
        ("optimal", "optimal", (8, 8)),
        ("silent", "cooperate", (0, 0)),
        ("silent", "silent", (0, 0)),
    ],
)
def test_known_strategies_win_what_they_must_in_ten_rounds_of_the_dilemma(
    first: str, second: str, points: tuple[float, float]
) -> None:
    measures = match(first, second)
    assert (measures["points_1"], measures["points_2"]) == pytest.approx(points)
    assert (measures["normalised_1"], measures["normalised_2"]) == pytest.approx([each / 10 for each in points])


def test_rates_of_cooperation_coordination_and_equilibrium_are_those_of_the_play() -> None:
    measures = match("tit_for_tat", "defect")
    assert (measures["cooperation_1"], measures["cooperation_2"]) == (0.1, 0.0)
    assert (measures["coordination"], measures["equilibrium"]) == (0.9, 0.9)
    assert measures["efficiency"] == pytest.approx((10 + 9 * 10) / 160)
    assert match("cooperate", "cooperate", game="matching_pennies")["equilibrium"] is None


def test_predictions_are_asked_before_choices_and_measured_apart() -> None:
    measures = match("tit_for_tat", "defect", predict=True)
    assert measures["prediction_1"] == 0.9  # at first it expects to be met as it would meet
    assert measures["prediction_2"] == pytest.approx(0.8)  # it expects to be met with its own, then what came last
    assert measures["points_1"] == match("tit_for_tat", "defect")["points_1"]
    assert match("tit_for_tat", "defect")["prediction_1"] is None


def test_what_cannot_be_read_is_asked_again_and_counted_when_it_still_cannot() -> None:
    case = Case("matrix_game", {"rounds": 3}, 2)
    states = played(case, lambda seen, turn: "Choice: J" if seen.who == 0 else ("" if turn == 1 else "I pass."))
    measures = case.made.score(states[-1]).measures
    assert (measures["silent"], measures["unreadable"]) == (1 / 6, 2 / 6)
    assert measures["cooperation_2"] is None
    state = states[0]
    (_, second) = case.made.observe(state)
    assert "Choice: " in str(case.made.repair(state, second, "I pass."))
    assert case.made.repair(state, second, "Choice: F") is None


def test_a_hidden_horizon_is_told_nobody() -> None:
    for horizon, is_told in (("known", True), ("hidden", False)):
        told = []
        case = Case("matrix_game", {"rounds": 7, "horizon": horizon}, 2)
        played(case, lambda seen, turn, told=told: told.append(f"{seen.rules} {seen.text}"))
        assert any("7 rounds" in text or "of 7" in text for text in told) == is_told


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"game": "prisoners_dilema"}, "did you mean 'prisoners_dilemma'"),
        ({"game": 145}, "1 to 144"),
        ({"game": 0}, "1 to 144"),
        ({"game": [[[1, 1], [1, 1]], [[1, 1], [1, 1]]]}, "pays the same whatever is done"),
        ({"rounds": 0}, "greater than or equal to 1"),
        ({"letters": ["J", "j"]}, "two letters that differ"),
    ],
)
def test_a_game_that_cannot_be_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        resolve(Named(name="matrix_game", parameters=parameters))


def test_two_play_and_no_more() -> None:
    assert [n for n in range(1, 5) if MatrixGame().unfit(n, ()) is None] == [2]
