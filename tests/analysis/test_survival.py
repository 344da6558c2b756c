"""Kaplan–Meier against curves that are known."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.analysis import analyze
from agentscale.analysis.survival import kaplan_meier
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Named


def test_without_censoring_it_is_the_share_that_is_still_there() -> None:
    found = kaplan_meier([1, 2, 2, 4], [True] * 4)
    assert found.alive.tolist() == [0.75, 0.25, 0.25, 0]
    assert found.share_ended.tolist() == [0.25, 0.5, 0, 0.25]
    assert found.at_risk.tolist() == [4, 3, 1, 1]


def test_a_censored_run_counts_as_long_as_it_was_seen() -> None:
    found = kaplan_meier([1, 2, 3, 4, 5, 6], [True, True, False, True, False, True])
    assert found.alive == pytest.approx([5 / 6, 4 / 6, 4 / 6, 4 / 9, 4 / 9, 0])


def test_where_all_reach_the_end_nobody_is_said_to_have_ended() -> None:
    found = kaplan_meier([12] * 3, [False] * 3)
    assert found.alive.tolist() == [1] * 12
    assert found.ended.sum() == 0


def test_a_constant_hazard_is_found_again_and_lies_in_its_interval() -> None:
    lasted = keyed(5, "hazard").geometric(0.2, 2_000)
    found = kaplan_meier(np.minimum(lasted, 12), lasted <= 12)
    truth = 0.8 ** np.arange(1, 13)
    assert np.abs(found.alive - truth).max() < 0.03
    assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.8


@pytest.mark.parametrize(("survival", "ended"), [([], []), ([1, 2], [True]), ([0], [True]), ([1.5], [True])])
def test_runs_that_cannot_be_are_refused(survival: list[float], ended: list[bool]) -> None:
    with pytest.raises(SpecError):
        kaplan_meier(survival, ended)


def test_the_table_of_a_commons_has_the_curve_of_its_trials(build, embedding) -> None:
    cell = build.cell(["a/-"], protocol=Named(name="world"))
    lasted = [(12, False), (7, True), (6, True), (12, False)]
    trials = [
        build.transcript(cell, "q1", [dict.fromkeys(cell.team.slots, "A")]).model_copy(
            update={"replicate": at, "measures": {"survival": float(months), "collapsed": float(ended)}}
        )
        for at, (months, ended) in enumerate(lasted)
    ]
    rows = (
        analyze(build.folder([cell], trials, samples=["q1"]), embedding, embedder="t", seed=1).tables["survival"].rows
    )
    alive = {row["at"]: row["value"] for row in rows if row["measure"] == "alive"}
    assert alive == {str(month): 1.0 if month < 6 else 0.75 if month == 6 else 0.5 for month in range(1, 13)}
    assert [row["at"] for row in rows if row["measure"] == "ended" and row["value"]] == ["6", "7"]
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows if row["measure"] == "alive")
