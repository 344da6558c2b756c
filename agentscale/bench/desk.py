"""A folder of its own with a task and experiments to run there; nothing of it stays behind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

import yaml

from agentscale import api

_TASK = {
    "name": "bench",
    "description": "Questions of one length, for measurements.",
    "kind": "choice",
    "instruction": "End with one line: Final answer: <letter>",
    "extract": ["mark"],
    "version": "1",
    "licence": "MIT",
    "source": "made by agentscale bench",
}
_FILL = "The bridge has four spans of equal length. "


class Desk:
    """Runs experiments on questions that only fill space.

    Args:
        path: An empty folder.
        questions: How many.
        length: Characters of each question, about.
    """

    def __init__(self, path: Path, questions: int, length: int = 900) -> None:
        self.path = path
        self._runs = count()
        task = path / "bench"
        task.mkdir()
        (task / "task.yaml").write_text(yaml.safe_dump(_TASK), "utf-8")
        with (task / "samples.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(_sample(number, length)) + "\n" for number in range(questions))

    def experiment(self, **keys: Any) -> Path:
        """Writes an experiment file with the given keys over the desk's task."""
        path = self.path / f"experiment-{next(self._runs)}.yaml"
        spec = {"name": path.stem, "seed": 7, "task": "./bench", "embedder": "lexical", **keys}
        path.write_text(yaml.safe_dump(spec), "utf-8")
        return path

    def run(
        self,
        experiment: Path,
        *,
        concurrency: int = api.CONCURRENCY,
        mode: Literal["record", "live"] = "record",
        env_file: Path | None = None,
    ) -> api.Run:
        """Runs an experiment into a new folder, as a user's program does."""
        out = self.path / f"run-{next(self._runs)}"
        return api.run(experiment, out=out, concurrency=concurrency, mode=mode, env_file=env_file)


@contextmanager
def desk(questions: int, length: int = 900) -> Iterator[Desk]:
    """A desk in a temporary folder, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="agentscale-bench-") as folder:
        yield Desk(Path(folder), questions, length)


def calls_made(run: api.Run) -> int:
    """How many calls of a run that was just made were answered."""
    assert run.tally is not None
    return run.tally.calls_asked - run.tally.calls_failed


def scripted(text_chars: int = 200) -> Mapping[str, Any]:
    """A model that answers at once, the right answer at the end of about ``text_chars`` characters."""
    return {"scripted": {"replies": [_FILL * (text_chars // len(_FILL)) + "\nFinal answer: {target}"]}}


def endpoint_model(base_url: str, max_in_flight: int, *, model: str = "fake", **limits: Any) -> dict[str, Any]:
    """The keys ``endpoints`` and ``models`` of an experiment with one model behind ``base_url``."""
    return {
        "endpoints": {"here": {"base_url": base_url, "max_in_flight": max_in_flight, **limits}},
        "models": {"one": {"endpoint": "here", "model": model}},
    }


def _sample(number: int, length: int) -> dict[str, Any]:
    text = (f"Question {number}. " + _FILL * (length // len(_FILL) + 1))[:length]
    return {"id": f"q{number}", "input": text, "choices": list("abcd"), "target": "ABCD"[number % 4], "level": 1}
