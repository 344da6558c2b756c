"""The report of a run folder as store and analysis make them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from agentscale.analysis import analyze
from agentscale.report import render
from agentscale.store import RunFolder


def embed(texts: Sequence[str]) -> np.ndarray:
    """A vector for each text, from its own bytes."""
    rows = np.array([[zlib.crc32(f"{axis}{text}".encode()) % 997 + 1 for axis in range(4)] for text in texts])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def stored(world: ModuleType, path: Path) -> RunFolder:
    """The made-up run, written by the store."""
    made, _ = world.full(path, sizes=(1, 4), n_questions=4)
    folder = RunFolder.create(path, made.header, "name: sums-l1-l4\n", made.asked.values())
    for cell, trials in made.played.items():
        writer = folder.transcript_writer(cell, [(trial.sample_id, trial.replicate) for trial in trials])
        for trial in trials:
            writer.add(trial)
        writer.close(complete=True)
    return folder


def rendered(world: ModuleType, path: Path) -> str:
    folder = stored(world, path)
    return render(folder, analyze(folder, embed, embedder="crc/4", seed=7, resamples=50)).read_text(encoding="utf-8")


def test_a_run_from_store_and_analysis_has_an_answer_and_every_figure(world: ModuleType, tmp_path: Path) -> None:
    page = rendered(world, tmp_path / "run")
    assert re.search(r"The best team of this run is L\d with \d agents? under ", page)
    assert re.search(r"L4 over L1 at 4 agents.*?L4, several models", page, re.DOTALL)
    assert "Debate over vote at 4 agents" in page
    figures = {path.stem for path in (tmp_path / "run" / "figures").iterdir()}
    assert figures == {
        *("accuracy", "cost", "channels", "votes", "rounds", "flows", "redundancy", "questions"),
        *("topologies", "followed"),
    }


def test_the_same_stored_run_gives_the_same_page(world: ModuleType, tmp_path: Path) -> None:
    assert rendered(world, tmp_path / "one") == rendered(world, tmp_path / "two")


def test_nothing_half_written_stays_beside_the_page(world: ModuleType, tmp_path: Path) -> None:
    rendered(world, tmp_path / "run")
    assert not list((tmp_path / "run").rglob(".*.tmp"))
