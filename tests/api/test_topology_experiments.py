"""The ready experiments that compare topologies: they run from end to end, replay exactly, and differ in one factor."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentscale
from agentscale import api
from agentscale.protocols import count_calls


def transcripts(run: agentscale.Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((Path(run.path) / "transcripts").iterdir())}


@pytest.mark.parametrize("name", ["debate-topologies", "small-world"])
def test_it_runs_on_the_simulator_and_replays_byte_for_byte(name: str, tmp_path: Path) -> None:
    run = api.run(name, "task.limit=1", "team.layer=L3", out=tmp_path / "run", concurrency=8)
    assert run.tally is not None
    assert (run.tally.calls_failed, run.tally.trials_done) == (0, len(run.header.cells))
    again = api.replay(tmp_path / "run", out=tmp_path / "again", concurrency=1)
    assert transcripts(again) == transcripts(run) != {}


def test_the_same_team_takes_as_many_turns_over_every_topology() -> None:
    sweep = api.load("debate-topologies")
    cells = [cell for cell in sweep.header.cells if cell.protocol.name == "debate"]
    assert {cell.size for cell in cells} == {12}
    assert all(cell.team == cells[0].team for cell in cells)
    assert len({frozenset(cell.edges) for cell in cells}) == len(cells) == 17
    assert not sweep.header.not_applicable
    turns = {count_calls(sweep.protocols[cell.id], cell.team, sweep.graphs[cell.id]) for cell in cells}
    assert turns == {12 * 3}


def test_a_small_world_changes_in_p_alone() -> None:
    cells = api.load("small-world").header.cells
    named = {cell.topology.label: len(cell.edges) for cell in cells if cell.topology}
    assert list(named) == [f"small_world(k=4,p={p})" for p in (0, 0.03, 0.1, 0.3, 1)]
    assert set(named.values()) == {64}
