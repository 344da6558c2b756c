"""Ready experiments of adaptive teams and of tools: they play within their bounds, in any order, and replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep, from_folder, load
from agentscale.store import RunFolder
from tests.engine.test_every_protocol import assert_one_transcript
from tests.engine.test_runs import transcript_bytes

Play = Callable[..., tuple[RunFolder, Tally]]
NAMES = ["branches", "managed", "pipeline", "tools"]


def small(name: str) -> Sweep:
    return load(name, ["task.limit=2"])


@pytest.mark.parametrize("name", NAMES)
def test_a_ready_experiment_plays_within_its_bounds_and_replays(play: Play, name: str) -> None:
    sweep = small(name)
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    recorded, tally = play(sweep, "recorded", concurrency=1)
    low, high = made.total.low, made.total.high
    assert low.calls < tally.calls_asked < high.calls
    assert low.tokens_in <= tally.tokens_in <= high.tokens_in
    assert tally.tokens_out <= high.tokens_out
    again = from_folder(RunFolder.open(recorded.path))
    replayed, silent = play(again, "replayed", mode="replay", recorded=recorded, concurrency=64)
    assert silent.calls_asked == 0
    assert transcript_bytes(replayed) == transcript_bytes(recorded)


@pytest.mark.parametrize("name", NAMES)
def test_twenty_orders_of_arrival_give_one_transcript(play: Play, name: str) -> None:
    assert_one_transcript(load(name, ["task.limit=1"]), play)


@pytest.mark.parametrize("name", ["branches", "managed", "pipeline"])
def test_the_simulator_makes_the_control_flow_happen(play: Play, name: str) -> None:
    """Trials of one cell take different courses: turns that stop and go on, work sent back or not."""
    sweep = load(name, ["task.limit=8"])
    folder, _ = play(sweep, mode="live")
    courses = {
        cell.id: Counter(tuple(event.role for event in trial.events) for trial in folder.transcripts(cell.id))
        for cell in sweep.header.cells
        if cell.protocol.name == name
    }
    assert max(map(len, courses.values())) > 2
