"""The ready experiments of the commons and the donor game give the values that are known, and refuse what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentscale
from agentscale.errors import SpecError


def measured(run: agentscale.Run, name: str) -> dict[str, object]:
    """The mean of a measure over all questions, by team."""
    return {str(row["team"]): row["value"] for row in run.rows("worlds") if row["measure"] == name}


def test_who_spares_a_fishery_gains_600_and_who_says_nothing_gains_nothing_and_survives(tmp_path: Path) -> None:
    run = agentscale.run("commons", "task.levels=[2]", "team.layer=L1", "replicates=1", out=tmp_path / "run")
    gains, lasted, silent = (measured(run, name) for name in ("gain", "survival", "silent"))
    assert (gains["sparing"], lasted["sparing"]) == (600, 12)
    assert (gains["mute"], lasted["mute"], silent["mute"]) == (0, 12, 1)
    assert (gains["greedy"], lasted["greedy"]) == (100, 1)
    ended = [row["at"] for row in run.rows("survival") if row["measure"] == "ended" and row["value"] == 1]
    assert "1" in ended


def test_where_all_give_all_there_are_30720_units_on_average_in_every_run(tmp_path: Path) -> None:
    run = agentscale.run("donor-game", "task.levels=[1]", "replicates=2", out=tmp_path / "run")
    means = measured(run, "mean")
    assert (means["generous"], means["in-kind"], means["mute"]) == (30_720, 30_720, 10)
    rows = [row for row in run.rows("world_runs") if ".generous." in str(row["cell"])]
    assert [row["mean"] for row in rows] == [30_720, 30_720]
    assert all(row["repeats"] == 6 for row in rows)


def test_twelve_rounds_of_twelve_without_a_repeat_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="36 of 72 encounters are repeats"):
        agentscale.run("donor-game", "task.world={repeat_policy: error}", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
