"""A run that was stopped, looked at, and resumed has the tables of the same run made at once, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agentscale import embedders
from agentscale.analysis import analyze
from agentscale.randomness import keyed
from agentscale.schema.embedding import EmbedderSpec
from agentscale.schema.run import Named
from agentscale.store import RunFolder

WORDS = [
    "the",
    "result",
    "is",
    "near",
    "nine",
    "because",
    "we",
    "first",
    "add",
    "then",
    "carry",
    "and",
    "so",
    "my",
    "answer",
]


def said(at: int, slot: str, answer: str | None) -> str:
    """A text of its own for every agent and round, of 1 to 60 words."""
    rng = keyed(3, slot, at)
    return f"{' '.join(rng.choice(WORDS, int(rng.integers(1, 60))))} {answer}"


def written(folder: RunFolder) -> dict[str, bytes]:
    """The bytes of all tables, analysed with the sentence encoder."""
    embed = embedders.resolve(EmbedderSpec(name="use"))
    tables = analyze(folder, embed, embedder=embed.signature, seed=1, resamples=100).tables
    return {name: folder.write_table(name, *table).read_bytes() for name, table in tables.items()}


def test_tables_do_not_depend_on_which_texts_were_embedded_together(build, tmp_path: Path) -> None:
    samples = [f"q{at}" for at in range(8)]
    cells = [build.cell(["s/-", "l/-"] * 2, layer="L3", team_name="L3", protocol=Named(name=name)) for name in "xy"]
    trials = [
        build.transcript(
            cell,
            sample,
            [{slot: "ABC"[(at + turn + len(slot)) % 3] for slot in cell.team.slots} for turn in range(2)],
            texts=lambda turn, slot, answer, sample=sample: said(turn, f"{sample} {slot}", answer),
        )
        for cell in cells
        for at, sample in enumerate(samples)
    ]
    assert len({event.text for trial in trials for event in trial.events}) == 64
    at_once = written(build.folder(cells, trials, samples=samples, name="at-once"))
    stopped = build.folder(cells, trials[1:9:2], samples=samples, name="stopped")
    assert written(stopped) != at_once
    build.write(stopped, trials)
    assert written(stopped) == at_once
    assert len(list(stopped.embeddings_path.glob("*/*.npy"))) == 2
    vectors = [np.load(path)["vector"] for path in stopped.embeddings_path.glob("*/*.npy")]
    assert sum(map(len, vectors)) == 64
