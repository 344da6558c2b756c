"""A run folder takes up a changed experiment: what was asked stays, what no longer holds goes, nothing is lost.

::

    <run>/earlier/1/    run.json, experiment.yaml and questions.jsonl as they were before the first change

Transcripts and tables are made from the recording; those of the earlier experiment can be made again from it.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from agentscale.recording.files import explained, replaced
from agentscale.schema.run import QuestionRecord, RunHeader
from agentscale.store import jsonl
from agentscale.store.differences import unchanged_cells
from agentscale.store.folder import RunFolder

_DESCRIBING = ("run.json", "experiment.yaml", "questions.jsonl")


def change(folder: RunFolder, header: RunHeader, source: str, questions: Iterable[QuestionRecord]) -> RunFolder:
    """The folder with another experiment. Hold its lock.

    The header is written last: whatever breaks off before leaves a folder of the earlier experiment, which can be
    resumed or changed again.

    Args:
        folder: The run folder.
        header: What will be run from now on.
        source: The experiment file as the user wrote it.
        questions: The questions with their targets.

    Raises:
        StoreError: If a file cannot be written or removed.
    """
    kept = unchanged_cells(folder.header, header)
    _set_aside(folder.path)
    _drop(folder, kept)
    contents = (source.encode("utf-8", "backslashreplace"), jsonl.joined(questions), jsonl.line(header))
    for name, content in zip(("experiment.yaml", "questions.jsonl", "run.json"), contents, strict=True):
        with replaced(folder.path / name) as file:
            file.write(content)
    return RunFolder(folder.path, header)


def _set_aside(path: Path) -> None:
    """Copies what describes the run to ``earlier/<n>``, which appears whole."""
    earlier = path / "earlier"
    half = path / f".earlier.{uuid.uuid4().hex}.tmp"
    try:
        with explained(f"keep the earlier experiment of {path}"):
            half.mkdir()
            earlier.mkdir(exist_ok=True)
            for name in filter(lambda name: (path / name).exists(), _DESCRIBING):
                shutil.copyfile(path / name, half / name)
            numbers = [int(entry.name) for entry in earlier.iterdir() if entry.name.isdecimal()]
            half.rename(earlier / str(max(numbers, default=0) + 1))
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _drop(folder: RunFolder, kept: set[str]) -> None:
    """Removes transcripts of cells that are not kept, and all that speaks of the run as a whole."""
    with explained(f"remove what no longer holds in {folder.path}"):
        for transcripts in (folder.path / "transcripts").glob("*.jsonl"):
            if transcripts.name.removesuffix(".jsonl") not in kept:
                transcripts.unlink()
        for part in (folder.path / "transcripts").glob(".*.part"):  # of a run that was killed
            part.unlink()
        for name in ("tables", "figures", "shares"):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder.path / name)
        folder.report_path.unlink(missing_ok=True)
