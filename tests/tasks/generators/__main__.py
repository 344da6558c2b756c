"""Writes the generated sets anew."""

from pathlib import Path

from tests.tasks.generators import GENERATED, lines

for name in GENERATED:
    (Path("tasks") / name / "samples.jsonl").write_text(lines(name), "utf-8")
