"""A folder with a small task of its own, so that no test depends on what the catalog holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.experiment import Sweep, load

HEAD = """\
name: quiz
description: Nine questions on three levels.
kind: choice
instruction: "End with 'Final answer: LETTER'."
extract: [mark, letter]
version: "1"
licence: MIT
source: made for this test
"""

Loader = Callable[..., Sweep]


def write_task(home: Path, head: str = HEAD, n: int = 9) -> None:
    home.mkdir()
    (home / "task.yaml").write_text(head, "utf-8")
    rows = [
        {"id": f"q{i}", "input": f"Question {i}?", "choices": ["x", "y", "z"], "target": "A", "level": 1 + i % 3}
        for i in range(n)
    ]
    (home / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the task ``quiz`` in it."""
    write_task(tmp_path / "quiz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loaded(desk: Path) -> Loader:
    """Writes a text as ``exp.yaml`` and loads it, with overrides."""

    def write_and_load(text: str, *overrides: str) -> Sweep:
        Path("exp.yaml").write_text(text, "utf-8")
        return load("exp.yaml", overrides)

    return write_and_load
