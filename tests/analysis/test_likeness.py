"""A run is read for a fit as its world drew it: pooled over cells by slot, joined by what was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentscale import api
from agentscale.analysis.likeness import likeness
from agentscale.errors import StoreError
from agentscale.schema.run import Transcript
from agentscale.simulation import Moment, Seat, World, WorldParameters
from agentscale.store import RunFolder

EXPERIMENT = """\
name: small
seed: 5
models:
  one: {simulated: {model: 0, world: {parse_failure: 0.2, copying: 0.4}}}
  two: {simulated: {model: 1, world: {parse_failure: 0.2, copying: 0.4}}}
task: {name: knowledge, limit: 12}
team: {size: [2, 3], layer: [L1, L3]}
protocol: [vote, {debate: {rounds: 2}}]
replicates: 2
embedder: lexical
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")
    return api.simulate(tmp_path / "small.yaml", out=tmp_path / "run").folder


def transcripts(folder: RunFolder) -> list[Transcript]:
    return [each for cell in folder.header.cells for each in folder.transcripts(cell.id)]


def test_first_answers_are_counted_once_for_each_slot_as_the_world_drew_them(folder: RunFolder) -> None:
    seen = likeness(folder)
    assert seen.models == ("one", "two")
    assert seen.design.sizes == (3, 3)
    assert seen.design.personas == (None, None)
    assert np.all(seen.counts.sum(axis=2) == 3)
    world = World(WorldParameters(parse_failure=(0.2,), copying=0.4))
    questions = [f"{task}/{sample}" for task, sample in folder.questions()]
    seats = [Seat(f"{name}/-", model, None, copy) for model, name in enumerate(seen.models) for copy in range(3)]
    drawn = world.draw(questions, 4, seats, Moment(seed=5)).answers.reshape(len(questions), 2, 3)
    assert sorted(map(tuple, seen.counts[:, :, 0])) == sorted(map(tuple, np.sum(drawn == 0, axis=2)))
    assert sorted(map(tuple, seen.counts[:, :, -1])) == sorted(map(tuple, np.sum(drawn == -1, axis=2)))


def test_changes_are_those_of_agents_that_could_be_read_before_and_after(folder: RunFolder) -> None:
    seen = likeness(folder)
    wanted = turned = 0
    for each in transcripts(folder):
        said = {(event.round, event.slot): event for event in each.events}
        for (t, slot), now in said.items():
            if each.replicate == 0 and t > 0:
                before = said[t - 1, slot]
                if before.correct is not None and now.correct is not None:
                    wanted += 1
                    turned += before.correct != now.correct
    assert len(seen.changes.turned) == wanted > 0
    assert seen.changes.turned.sum() == turned > 0
    assert seen.changes.question.max() < len(seen.counts)
    assert np.all(seen.changes.n_right + seen.changes.n_wrong <= 2)


def test_a_run_without_transcripts_cannot_be_likened(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")
    sweep = api.load(tmp_path / "small.yaml")
    empty = RunFolder.create(tmp_path / "run", sweep.header, sweep.source, sweep.questions.values())
    with pytest.raises(StoreError, match="no agent that answered every question"):
        likeness(empty)
