"""What there is to know of a task before it is run: what it asks, how answers are read, where its questions are."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from agentscale.catalog.homes import pulled
from agentscale.catalog.persona_files import GENERAL
from agentscale.catalog.task_folders import content_digest, load_task, read_head, task_folder, task_head, task_names
from agentscale.schema.record import Record
from agentscale.schema.sources import RECEIPT, TaskData
from agentscale.schema.tasks import AnswerKind, Sample, Task, TaskSpec


class TaskEntry(Record):
    """A task of the catalog, as a list has it."""

    name: str
    description: str
    kind: AnswerKind
    samples: int
    """How many samples there are, here or where they are fetched from."""
    levels: tuple[int, ...]
    licence: str
    personas: str
    """The family of personas that are dealt for it, or the file beside its head."""
    needs: str
    """The command that has to be run before it can be used; empty where none has."""


class TaskCard(Record):
    """A task in full."""

    spec: TaskSpec
    needs: str
    """As in `TaskEntry`."""
    levels: dict[int, int]
    """Samples of each level; empty where they are not here."""
    digest: str | None
    """SHA-256 of what is asked and what is right; ``None`` where the samples are not here."""
    example: Sample | None
    """The first sample of the middle level."""


def tasks() -> list[TaskEntry]:
    """The tasks of the catalog, by name. What is fetched or made elsewhere is listed as its head promises it.

    Raises:
        SpecError: If one of their files is wrong.
    """
    return [_entry(name) for name in task_names()]


def _entry(name: str) -> TaskEntry:
    spec = task_head(name)
    samples, levels = _promised(spec.data) if spec.data is not None else _shipped(name)
    return TaskEntry(
        name=name,
        description=spec.description,
        kind=spec.kind,
        samples=samples,
        levels=levels,
        licence=spec.licence,
        personas=spec.personas or GENERAL,
        needs=_needs(spec),
    )


def _shipped(name: str) -> tuple[int, tuple[int, ...]]:
    """How many samples ship with a task, and of which levels."""
    samples = load_task(name, Path()).samples
    return len(samples), tuple(sorted({sample.level for sample in samples}))


def _promised(data: TaskData) -> tuple[int, tuple[int, ...]]:
    """How many samples there are elsewhere and of which levels, as the head says."""
    if data.gym is None:
        return data.samples or 0, data.levels
    levels = len(data.gym.levels)
    return data.gym.size * levels, tuple(range(1, levels + 1))


def _needs(spec: TaskSpec) -> str:
    if spec.data is not None and spec.data.gym is not None and find_spec("reasoning_gym") is None:
        return "pip install 'agentscale[gym]'"
    if spec.data is not None and spec.data.hub is not None and not (pulled(spec.name) / RECEIPT).is_file():
        return f"agentscale pull task:{spec.name}"
    return ""


def task_card(name_or_path: str, base: Path, *, data: str | None = None) -> TaskCard:
    """A task of the catalog or of a folder in full; all its samples are read and checked, where they are here.

    Args:
        name_or_path: As in `load_task`.
        base: Where relative paths start.
        data: As in `load_task`.

    Raises:
        SpecError: If there is no such task, or something is wrong with it; with file and line.
    """
    spec = read_head(task_folder(name_or_path, base))
    needs = "" if data is not None else _needs(spec)
    if needs:
        return TaskCard(spec=spec, needs=needs, levels={}, digest=None, example=None)
    task = load_task(name_or_path, base, data=data)
    counts = Counter(sample.level for sample in task.samples)
    return TaskCard(
        spec=spec,
        needs=needs,
        levels=dict(sorted(counts.items())),
        digest=content_digest(task.samples),
        example=_example(task, sorted(counts)),
    )


def _example(task: Task, levels: list[int]) -> Sample:
    middle = levels[(len(levels) - 1) // 2]
    return next(sample for sample in task.samples if sample.level == middle)
