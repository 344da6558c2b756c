"""The run folder of a foreign log: a header that says where it comes from, its questions and its transcripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agentscale.experiment.header import versions
from agentscale.schema.record import digest
from agentscale.schema.run import Cell, QuestionRecord, RunHeader, TaskHead, Transcript
from agentscale.schema.tasks import AnswerKind
from agentscale.store import RunFolder, questions_digest


@dataclass(frozen=True)
class Imported:
    """A run that was imported."""

    folder: RunFolder
    warnings: tuple[str, ...]


class Head(NamedTuple):
    """How the answers of a task are read."""

    kind: AnswerKind
    extract: tuple[str, ...]


def write(
    path: Path,
    *,
    name: str,
    embedder: str,
    origin: str,
    tasks: Mapping[str, Head],
    questions: Sequence[QuestionRecord],
    made: Sequence[tuple[Cell, Sequence[Transcript]]],
) -> RunFolder:
    """Writes a run folder.

    Args:
        path: Where; nothing may stand there.
        name: The run's name.
        embedder: What makes vectors for K*, in its short form.
        origin: The name of the log's format.
        tasks: How answers are read, by task.
        questions: Of all tasks.
        made: Every cell with its transcripts.

    Raises:
        StoreError: If the folder cannot be written.
    """
    folder = RunFolder.create(path, _header(name, embedder, origin, tasks, questions, made), "", questions)
    for cell, transcripts in made:
        writer = folder.transcript_writer(cell.id, [(each.sample_id, each.replicate) for each in transcripts])
        for transcript in transcripts:
            writer.add(transcript)
        writer.close(complete=True)
    return folder


def _header(
    name: str,
    embedder: str,
    origin: str,
    tasks: Mapping[str, Head],
    questions: Sequence[QuestionRecord],
    made: Sequence[tuple[Cell, Sequence[Transcript]]],
) -> RunHeader:
    cells, experiment = tuple(cell for cell, _ in made), {"imported": origin}
    heads = {
        task: TaskHead(
            digest=digest([each.model_dump(mode="json") for each in questions if each.task == task]),
            kind=head.kind,
            extract=head.extract,
        )
        for task, head in tasks.items()
    }
    return RunHeader(
        name=name,
        seed=0,
        experiment=experiment,
        experiment_digest=digest([experiment, sorted(heads), [cell.model_dump(mode="json") for cell in cells]]),
        replicates=1 + max(each.replicate for _, transcripts in made for each in transcripts),
        embedder=embedder,
        cells=cells,
        tasks=heads,
        questions_digest=questions_digest(questions),
        versions=versions(),
    )
