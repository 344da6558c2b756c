"""A sweep on a task of the test's own, with scripted and simulated models."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentscale import experiment
from agentscale.engine.run import run_sweep
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.store import RunFolder

TASK = {
    "name": "capitals",
    "description": "Four questions for tests.",
    "kind": "choice",
    "instruction": "End with one line: Final answer: <letter>",
    "extract": ["mark"],
    "version": "1",
    "licence": "MIT",
    "source": "written for agentscale",
}


@pytest.fixture
def make_sweep(tmp_path: Path) -> Callable[..., Sweep]:
    """A function that makes a sweep of the given keys over a small task; two simulated models by default."""
    folder = tmp_path / "capitals"
    folder.mkdir()
    (folder / "task.yaml").write_text(yaml.safe_dump(TASK))
    samples = [
        {"id": f"q{i}", "input": f"Question {i}?", "choices": ["a", "b", "c", "d"], "target": "ABCD"[i % 4], "level": 1}
        for i in range(4)
    ]
    (folder / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))

    def make(**keys: Any) -> Sweep:
        spec = {
            "name": "test",
            "seed": 3,
            "models": {"one": {"simulated": {"model": 0}}, "two": {"simulated": {"model": 1}}},
            "task": "./capitals",
            "embedder": "lexical",
            **keys,
        }
        path = tmp_path / "experiment.yaml"
        path.write_text(yaml.safe_dump(spec))
        return experiment.load(path)

    return make


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., tuple[RunFolder, Tally]]:
    """A function that plays a sweep into a folder, new or resumed, and gives folder and tally."""

    def play(
        sweep: Sweep,
        name: str = "run",
        models: Mapping[str, Model] | None = None,
        recorded: RunFolder | None = None,
        **options: Any,
    ) -> tuple[RunFolder, Tally]:
        path = tmp_path / name
        folder = (
            RunFolder.open(path)
            if path.exists()
            else RunFolder.create(path, sweep.header, sweep.source, sweep.questions.values())
        )
        if recorded is not None:
            folder.adopt_recording(recorded)
        tally = asyncio.run(run_sweep(sweep, folder, models or offline_models(sweep), **{"mode": "record", **options}))
        return folder, tally

    return play
