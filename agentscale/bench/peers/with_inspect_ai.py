"""A task of Inspect with one sample a call, generated, scored and logged, as ``inspect eval`` does it."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load


def ask_all(load: Load) -> None:
    """Makes the calls of the load in one evaluation."""
    os.environ |= {"FAKE_API_KEY": "x", "FAKE_BASE_URL": load.base_url}
    samples = [Sample(input=load.prompt(number), target="B") for number in range(load.calls)]
    task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes())
    with tempfile.TemporaryDirectory() as folder:
        (log,) = evaluate(
            task,
            model="openai-api/fake/fake",
            log_dir=folder,
            display="none",
            max_connections=load.workers,
            max_samples=load.workers,
        )
    assert log.status == "success", log.error


def version() -> str:
    """What was measured."""
    return f"inspect_ai {installed('inspect_ai')}, eval with its log"
