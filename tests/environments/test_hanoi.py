"""The Towers of Hanoi: the strategy solves it, every state is legal, and what is right is read from what was told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.environments import Hanoi, resolve_chain
from agentscale.environments.hanoi import legal_moves
from agentscale.errors import SpecError
from agentscale.schema.run import Named

DISKS = st.integers(1, 8)


@pytest.mark.parametrize("disks", range(1, 12))
def test_the_strategy_reaches_the_goal_with_the_last_step(disks: int) -> None:
    world = Hanoi(disks=disks)
    state = world.start()
    for number in range(1, world.n_steps + 1):
        move = world.step(state, number)
        assert move is not None
        assert state != world.goal()
        state = move.made(state)
    assert state == world.goal()


def test_twenty_disks_take_a_million_steps() -> None:
    assert Hanoi(disks=20).n_steps == 1_048_575


@given(disks=DISKS, data=st.data())
def test_a_legal_move_takes_a_top_disk_onto_a_larger_one(disks: int, data: st.DataObject) -> None:
    state = data.draw(st.text("ABC", min_size=disks, max_size=disks))
    moves = list(legal_moves(state))
    assert len(moves) == (2 if len(set(state)) == 1 else 3)
    for move in moves:
        assert state[move.disk - 1] == move.source != move.target
        smaller = state[: move.disk - 1]
        assert move.source not in smaller
        assert move.target not in smaller


@given(disks=DISKS, first=st.integers(1, 300), count=st.integers(1, 5), data=st.data())
def test_what_is_right_is_read_from_what_was_told_and_has_the_right_form(
    disks: int, first: int, count: int, data: st.DataObject
) -> None:
    world = Hanoi(disks=disks)
    state = data.draw(st.text("ABC", min_size=disks, max_size=disks))
    told = f"You are careful.\n{world.observe(state, first, count)}\n\nWrite it down."
    right = world.right(told)
    if right is None:
        return  # a wrong step has led to where no other disk than the smallest can move
    moves, after = right.split(" = ")
    assert len(moves.split()) == count
    assert world.after(right, count) == after


def test_several_steps_are_the_single_ones_in_turn() -> None:
    world = Hanoi(disks=3)
    assert world.right(world.observe("AAA", 1, 4)) == "1AC 2AB 1CB 3AC = BBC"


def test_who_slips_makes_another_legal_move_and_says_where_it_leads() -> None:
    world = Hanoi(disks=3)
    assert world.answer(world.observe("CAA", 2, 1), lambda n_wrong: 0) == "1CA = AAA"
    assert world.answer(world.observe("CAA", 2, 1), lambda n_wrong: n_wrong - 1) == "1CB = BAA"


def test_where_only_the_smallest_disk_can_move_no_even_step_is_right() -> None:
    world = Hanoi(disks=3)
    assert world.right(world.observe("AAA", 2, 1)) is None


@pytest.mark.parametrize(
    "answer", ["", "1AC", "1AC =", "= CAA", "1AC = CA", "1AC = CAAA", "1AD = CAA", "1AC 2AB = CBA", "x 1AC = CAA"]
)
def test_an_answer_of_another_form_is_malformed(answer: str) -> None:
    assert Hanoi(disks=3).after(answer, 1) is None


def test_a_well_formed_answer_is_taken_whether_it_is_right_or_not() -> None:
    assert Hanoi(disks=3).after("3AC = BBB", 1) == "BBB"


def test_an_unknown_world_says_which_there_are() -> None:
    with pytest.raises(SpecError, match="hanoi"):
        resolve_chain(Named(name="hanoy", parameters={"disks": 3}))
    with pytest.raises(SpecError, match=r"hanoi\.disks"):
        resolve_chain(Named(name="hanoi", parameters={"disks": 0}))
