"""A published run replays from its recording alone, to the same transcripts in any order. Its tables: tests/results."""

from pathlib import Path

import pytest

import agentscale

RESULTS = Path(__file__).parents[1] / "results"
RUNS = sorted(path.parent for path in RESULTS.glob("*/run.json"))


def test_there_is_a_published_run_of_two_model_families() -> None:
    models = {agent.model for cell in agentscale.open_run(RUNS[0]).header.cells for agent in cell.team.agents}
    assert {"smollm2-135m", "qwen2.5-0.5b"} <= models


@pytest.mark.parametrize("run", RUNS, ids=lambda path: path.name)
def test_a_published_run_replays_offline_to_the_same_transcripts(run: Path, tmp_path: Path) -> None:
    slow = agentscale.replay(run, out=tmp_path / "slow", concurrency=1)
    fast = agentscale.replay(run, out=tmp_path / "fast", concurrency=64)
    assert slow.tally is not None
    assert (slow.tally.calls_asked, slow.tally.trials_done) == (0, slow.tally.trials)
    for path in (slow.path / "transcripts").iterdir():
        assert (fast.path / "transcripts" / path.name).read_bytes() == path.read_bytes()
