"""Every ready experiment that needs no endpoint runs from end to end and replays to the same bytes."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest

import agentscale
from agentscale import catalog
from agentscale.scoring import expected_score, plurality

OFFLINE = [entry.name for entry in catalog.experiments() if entry.name not in ("main", "main-cpu", "vote-openai")]
"""`main` runs in the tests of the README."""


def transcripts(run: agentscale.Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run.path / "transcripts").iterdir())}


@pytest.mark.parametrize("name", OFFLINE)
def test_a_ready_experiment_runs_and_replays_at_another_concurrency(name: str, tmp_path: Path) -> None:
    made = agentscale.run(name, "task.limit=1", out=tmp_path / "made", concurrency=1)
    assert made.tally is not None
    assert made.tally.trials_done == made.tally.trials > 0
    assert made.tally.calls_failed == 0
    again = agentscale.replay(made.path, out=tmp_path / "again", concurrency=64)
    assert again.tally is not None
    assert again.tally.calls_asked == 0
    assert transcripts(again) == transcripts(made)


def test_of_a_hub_that_decides_both_its_answer_and_the_plurality_are_told(tmp_path: Path) -> None:
    wanted = ["team.size=4", "team.layer=L4", "topology=hub", "task.limit=16"]
    hub = "protocol={debate: {rounds: 1, see: rationale, decides: hub}}"
    run = agentscale.run("diversity-controls", *wanted, hub, out=tmp_path / "run")
    (cell,) = run.header.cells
    questions = run.folder.questions()
    hubs, pluralities = [], []
    for trial in run.transcripts():
        said = {event.key: event for event in trial.events}
        assert trial.decider is not None
        assert (said[trial.decider].slot, said[trial.decider].answer) == (cell.team.slots[0], trial.answer)
        votes = plurality([said[key].answer for key in trial.final])
        hubs.append(float(bool(trial.correct)))
        pluralities.append(expected_score(votes, questions[cell.task, trial.sample_id].target.__eq__) or 0.0)
    assert hubs != pluralities
    assert run.rows("cells")[0]["accuracy"] == pytest.approx(fmean(hubs))
    assert run.rows("rounds")[-1]["team_accuracy"] == pytest.approx(fmean(pluralities))
