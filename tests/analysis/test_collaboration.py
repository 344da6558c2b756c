"""The collaboration gap is that of the same questions alone and together; standings are means over seats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import paired_delta
from agentscale.analysis.collaboration import Played, gap_rows
from agentscale.analysis.standings import standing_rows
from agentscale.schema.agents import Agent, Team
from agentscale.schema.run import Cell, Named

NAN = math.nan


def cell(models: str, values: Mapping[str, Sequence[float]], correct: Sequence[float] = (1.0,) * 4) -> Played:
    """What a team of such models (letters) measured in four questions."""
    agents = tuple(
        Agent(slot=f"{m}/-/{models[:at].count(m)}", config_id=f"{m}/-", copy_index=models[:at].count(m), model=m)
        for at, m in enumerate(models)
    )
    made = Cell(
        id=models,
        task="mazes",
        layer="explicit",
        team_name=models,
        size=len(models),
        team=Team(agents=agents),
        protocol=Named(name="world"),
        topology=Named(name="complete") if len(models) > 1 else None,
    )
    return Played(made, np.array(correct, float), {name: np.array(column, float) for name, column in values.items()})


def gaps(*cells: Played) -> dict[tuple[object, object], dict[str, object]]:
    return {(row["team"], row["measure"]): row for row in gap_rows(cells, seed=1, resamples=300)}


ALONE_A = cell("a", {"progress": [1, 1, 1, 0]}, correct=[1, 1, 1, 0])
ALONE_B = cell("b", {"progress": [0, 1, 0, 0.5]}, correct=[0, 1, 0, 0])


def test_a_gap_is_what_the_best_member_and_the_mean_member_do_alone_less_what_the_team_does() -> None:
    row = gaps(ALONE_A, ALONE_B, cell("ab", {"progress": [1, 0, 0, 0]}))["ab", "progress"]
    assert (row["value"], row["best"], row["best_alone"], row["gap"]) == (0.25, "a/-", 0.75, 0.5)
    assert (row["mean_alone"], row["mean_gap"]) == (0.5625, 0.3125)
    assert row["n_items"] == 4


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=4, max_size=4))
def test_the_interval_is_the_paired_one(values: list[float]) -> None:
    row = gaps(ALONE_A, ALONE_B, cell("ba", {"progress": values}))["ba", "progress"]
    alone = paired_delta(ALONE_A.values["progress"], values, seed=1, resamples=300, task="mazes")
    assert (row["gap"], row["low"], row["high"]) == pytest.approx((alone.value, alone.low, alone.high))


def test_a_member_that_sits_twice_counts_twice_in_the_mean() -> None:
    row = gaps(ALONE_A, ALONE_B, cell("bab", {"progress": [0, 0, 0, 0]}))["bab", "progress"]
    assert row["mean_alone"] == pytest.approx((0.75 + 2 * 0.375) / 3)


def test_a_question_that_one_side_does_not_define_has_no_part_in_the_gap() -> None:
    row = gaps(cell("a", {"excess": [2, NAN, 4, 0]}), cell("aa", {"excess": [1, 1, NAN, 0]}))["aa", "excess"]
    assert (row["gap"], row["n_items"]) == (0.5, 2)


def test_a_team_one_of_whose_members_never_played_alone_has_no_gap() -> None:
    assert gaps(ALONE_A, cell("ab", {"progress": [1, 1, 1, 1]})) == {}
    assert gaps(cell("ab", {"progress": [1, 1, 1, 1]}), cell("bb", {"progress": [1, 1, 1, 1]})) == {}


def test_a_standing_is_the_mean_over_all_seats_of_an_agent_by_question() -> None:
    cells = [
        cell("ab", {"points_1": [1, 2, 3, 4], "points_2": [9, 9, 9, 9], "efficiency": [1, 1, 1, 1]}),
        cell("ba", {"points_1": [5, 5, 5, 5], "points_2": [3, 4, 5, NAN], "efficiency": [1, 1, 1, 1]}),
    ]
    rows = {(row["agent"], row["measure"]): row for row in standing_rows(cells, seed=1, resamples=300)}
    assert set(rows) == {("a/-", "points"), ("b/-", "points")}
    assert rows["a/-", "points"]["value"] == pytest.approx((2 + 3 + 4 + 4) / 4)
    assert rows["b/-", "points"]["value"] == 7
    assert (rows["a/-", "points"]["n_items"], rows["a/-", "points"]["n_seats"]) == (4, 2)


def test_what_is_defined_in_no_play_has_no_standing_and_what_not_every_seat_has_is_none_of_seats() -> None:
    cells = [cell("ab", {"prediction_1": [NAN] * 4, "prediction_2": [NAN] * 4, "gain_1": [1.0] * 4})]
    assert list(standing_rows(cells, seed=1, resamples=300)) == []
