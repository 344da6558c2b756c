"""A task whose worlds are played with other parameters: a level of its own, over the same samples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentscale.errors import SpecError
from agentscale.experiment import Sweep

HEAD = "models: {good: {policy: optimal}}\nteam: {pairs: ordered}\nprotocol: world\n"
CONDITIONS = "task: {name: matrix_games, levels: 1, world: [{}, {predict: true}]}\n"


def test_a_changed_task_has_the_same_samples_and_a_name_and_a_digest_of_its_own(loaded: Callable[..., Sweep]) -> None:
    sweep = loaded(
        HEAD + "task: {name: matrix_games, levels: 1, limit: 3, world: [{}, {rounds: 2, horizon: hidden}]}\n"
    )
    plain, other = sweep.header.tasks
    assert (plain, other) == ("matrix_games", "matrix_games-horizon=hidden-rounds=2")
    assert sweep.header.tasks[plain].digest != sweep.header.tasks[other].digest
    games = {
        task: {at: world.game for (of, at), world in sweep.worlds.items() if of == task} for task in (plain, other)
    }
    assert games[plain] == games[other]
    assert {world.rounds for (of, _), world in sweep.worlds.items() if of == other} == {2}


def test_all_conditions_meet_the_same_draws_unless_cells_are_to_be_independent(loaded: Callable[..., Sweep]) -> None:
    for more, n_kinds in (("", 1), ("independent: true\n", 8)):
        sweep = loaded(HEAD.replace("}}", "}, other: {policy: silent}}") + CONDITIONS + more)
        draws = {sweep.chance(cell, "chicken", 1).integers(2**62) for cell in sweep.header.cells}
        assert (len(sweep.header.cells), len(draws)) == (8, n_kinds)


def test_one_change_may_be_written_without_its_list(loaded: Callable[..., Sweep]) -> None:
    sweep = loaded(HEAD + "task: {name: matrix_games, limit: 1}\n", "task.world.rounds=2")
    assert sweep.header.experiment["task"][0]["world"] == [{"rounds": 2}]
    assert all(question.world.parameters["rounds"] == 2 for question in sweep.questions.values() if question.world)


def test_every_change_is_a_level_of_its_own(loaded: Callable[..., Sweep]) -> None:
    with pytest.raises(SpecError, match="'matrix_games-rounds=2' stands twice"):
        loaded(HEAD + "task: {name: matrix_games, limit: 1, world: [{rounds: 2}, {rounds: 2}]}\n")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("{name: matrix_games, limit: 1, world: {round: 2}}", r"matrix_game\.round: unknown parameter of matrix_game"),
        ("{name: matrix_games, limit: 1, world: {rounds: 0}}", r"matrix_game\.rounds: got 0"),
        ("{name: sums, limit: 1, world: {rounds: 2}}", r"task\.world: .*opens no worlds"),
        ("{name: mazes, levels: 2, world: {density: 0.9}}", r"mazes: .*choose a larger size or another density"),
    ],
)
def test_a_change_that_cannot_be_is_refused_where_it_stands(task: str, said: str, loaded: Callable[..., Sweep]) -> None:
    with pytest.raises(SpecError, match=rf"(?s)exp\.yaml:4: {said}"):
        loaded(HEAD + f"task: {task}\n")
