"""A task of Inspect with one sample a call, generated, scored and logged, as ``inspect eval`` does it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelName, ModelOutput
from inspect_ai.scorer import Target, answer, includes, match
from inspect_ai.solver import TaskState, generate

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


def reading(texts: list[str], kind: str) -> Callable[[], object]:
    """What reads and scores the answers of all texts, by the scorer that asks for a letter or for a number."""
    score, target = (answer("letter"), Target("B")) if kind == "letters" else (match(numeric=True), Target("12.5"))
    states = [_state(text) for text in texts]

    async def everything() -> None:
        for state in states:
            await score(state, target)

    return lambda: asyncio.run(everything())


def _state(text: str) -> TaskState:
    output = ModelOutput.from_content("fake", text)
    return TaskState(ModelName("fake/fake"), sample_id=0, epoch=0, input="?", messages=[], output=output)


def version() -> str:
    """What was measured."""
    return f"inspect_ai {installed('inspect_ai')} (eval with its log; answer scorer)"
