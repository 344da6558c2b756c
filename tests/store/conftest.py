from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.schema.agents import Agent, Team
from agentscale.schema.record import digest
from agentscale.schema.run import Cell, Event, Named, QuestionRecord, RunHeader, TaskHead, Transcript
from agentscale.store import RunFolder

EXPERIMENT = {"name": "demo", "seed": 7, "team": {"size": [1, 2]}, "models": {"m": {"model": "tiny"}}}


def _make_header(experiment: dict[str, object] = EXPERIMENT, **changed: object) -> RunHeader:
    team = Team(agents=(Agent(slot="m/-/0", config_id="m/-", copy_index=0, model="m"),))
    cell = Cell(
        id="sums.L1.m.1.vote",
        task="sums",
        layer="L1",
        team_name="m",
        size=1,
        team=team,
        protocol=Named(name="vote"),
        topology=None,
        edges=((0, 1),),
    )
    fields = {
        "name": "demo",
        "seed": 7,
        "experiment": experiment,
        "experiment_digest": digest(experiment),
        "replicates": 1,
        "embedder": "use",
        "cells": (cell,),
        "tasks": {"sums": TaskHead(digest="d" * 64, kind="number", extract=("mark",))},
        "versions": {"agentscale": "0.1.0"},
    }
    return RunHeader(**{**fields, **changed})


def _make_transcript(sample_id: str = "q0", replicate: int = 0, *, text: str = "A", cell: str = "c") -> Transcript:
    event = Event(key="k", round=0, slot="m/-/0", text=text, answer="A", correct=True)
    return Transcript(
        cell=cell,
        sample_id=sample_id,
        replicate=replicate,
        expected=("m/-/0",),
        events=(event,),
        final=("k",),
        answer="A",
        tied=False,
        correct=True,
        score=1.0,
    )


QUESTIONS = [
    QuestionRecord(task="sums", sample_id=f"q{n}", prompt=f"{n} + 1 = ? é\ud800", target=str(n + 1)) for n in (2, 0, 1)
]


@pytest.fixture
def make_header() -> Callable[..., RunHeader]:
    return _make_header


@pytest.fixture
def make_transcript() -> Callable[..., Transcript]:
    return _make_transcript


@pytest.fixture
def questions() -> list[QuestionRecord]:
    return QUESTIONS


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "results" / "demo", _make_header(), "name: demo\n", QUESTIONS)
