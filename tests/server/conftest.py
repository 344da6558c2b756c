"""A small experiment of the simulator, served and asked over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentscale import api
from agentscale.server.hosting import Served

EXPERIMENT = """
name: served
seed: 5
models:
  small: {simulated: {model: 0}}
  large: {simulated: {model: 1}}
task: {name: knowledge, limit: 2}
team:
  size: [1, 3]
  layer: [L1, L4]
  personas: [sceptic, formalist]
protocol: [vote, {debate: {rounds: 2, see: rationale}}]
topology: [ring]
replicates: 2
embedder: lexical
"""


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file."""
    path = tmp_path_factory.mktemp("served") / "served.yaml"
    path.write_text(EXPERIMENT, "utf-8")
    return path


@pytest.fixture
def served(experiment: Path) -> Iterator[Served]:
    """A server of its simulator that nobody has asked yet."""
    with api.serve(experiment) as served:
        yield served


@pytest.fixture(scope="session")
def prompts(experiment: Path) -> list[str]:
    """The prompts of its questions."""
    return [record.prompt for record in api.load(experiment).questions.values()]
