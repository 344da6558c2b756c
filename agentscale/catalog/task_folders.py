"""Reads a task: a folder with a head, ``task.yaml``, and its samples as lines of JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agentscale.catalog.document import Document, read_document
from agentscale.catalog.faults import Faults, validated
from agentscale.catalog.homes import folder
from agentscale.catalog.persona_files import SUFFIX, families
from agentscale.catalog.samples import Gathered
from agentscale.catalog.sources import Row, rows_of
from agentscale.catalog.sources.places import find
from agentscale.errors import SpecError
from agentscale.schema.record import digest
from agentscale.schema.sources import TaskData
from agentscale.schema.tasks import Sample, Task, TaskSpec
from agentscale.scoring import chain_of

HEAD = "task.yaml"


def task_names() -> list[str]:
    """The tasks of the catalog, by name."""
    return sorted(path.parent.name for path in folder("tasks").glob(f"*/{HEAD}"))


def task_folder(name_or_path: str, base: Path) -> Path:
    """The folder of a task.

    Args:
        name_or_path: A task of the catalog, or the path of a folder. A name of the catalog wins; ``./sums`` is a path.
        base: Where relative paths start: the folder of the experiment file.

    Raises:
        SpecError: If there is neither; with the nearest name of the catalog.
    """
    names = task_names()
    if name_or_path in names:
        return folder("tasks") / name_or_path
    path = base / name_or_path
    if name_or_path and os.path.isfile(path / HEAD):  # pathlib's own raises for names that no file can have
        return path
    unknown = SpecError.unknown("task", name_or_path, names)
    problem, nearest = unknown.problem, unknown.nearest
    if name_or_path and os.path.exists(path):
        kind = f"a folder without a {HEAD}" if os.path.isdir(path) else "a file"
        problem = f"{name_or_path!r} is {kind}, no task"
        nearest = os.path.dirname(name_or_path) or "." if path.name == HEAD else nearest
    raise SpecError(problem, allowed=unknown.allowed, nearest=nearest, remedy=f"or name a folder that holds a {HEAD}")


def load_task(name_or_path: str, base: Path, *, data: str | None = None) -> Task:
    """Reads a task with all its samples and checks every one. Nothing is fetched.

    Args:
        name_or_path: A task of the catalog, or the path of a folder with a ``task.yaml``.
        base: Where relative paths start.
        data: The file or folder that holds the rows, in place of what the head says.

    Raises:
        SpecError: With file and line of what is wrong, or how to get the rows.
    """
    home = task_folder(name_or_path, base)
    spec = read_head(home)
    rows, path, whole = _rows(spec, home, None if data is None else base / os.path.expanduser(data))
    gathered = Gathered(spec)
    for row in rows:
        gathered.add(row)
    samples = gathered.samples(path)
    if whole and spec.data is not None:
        _check_whole(samples, spec.data, path)
    return Task(spec=spec, samples=samples)


class _Rows(NamedTuple):
    """What is to be read as samples."""

    rows: Iterator[Row | SpecError]
    file: Path
    """The file at fault where there are none."""
    whole: bool
    """Whether these must be all samples of the task."""


def _rows(spec: TaskSpec, home: Path, named: Path | None) -> _Rows:
    if spec.data is not None and spec.data.gym is not None and named is None:
        return _Rows(rows_of(spec, spec.data, (), home / HEAD), home / HEAD, True)
    data = spec.data if spec.data is not None else TaskData(files=(spec.samples,))
    found = find(data, spec.name, home, named)
    return _Rows(rows_of(spec, data, found.files, home / HEAD), found.files[0], not found.named)


def _check_whole(samples: Sequence[Sample], data: TaskData, path: Path) -> None:
    """What the head says of all samples together."""
    if data.samples is not None and len(samples) != data.samples:
        raise SpecError(f"{len(samples):,} samples", file=path, allowed=f"{data.samples:,}, as the task's head says")
    if data.digest is not None and (got := content_digest(samples)) != data.digest:
        raise SpecError(f"the samples have the digest {got}", file=path, allowed=data.digest)


def content_digest(samples: Sequence[Sample]) -> str:
    """SHA-256 of what is asked and what is right, in order, whatever the ids and the format of the file."""
    return digest([[sample.input, list(sample.choices), sample.target] for sample in samples])


def task_head(name: str) -> TaskSpec:
    """The head of a task of the catalog.

    Raises:
        SpecError: If there is none of that name; with the nearest.
    """
    names = task_names()
    if name not in names:
        raise SpecError.unknown("task", name, names)
    return read_head(folder("tasks") / name)


def read_head(home: Path) -> TaskSpec:
    """The head of the task in the folder ``home``.

    Raises:
        SpecError: With file and line of what is wrong.
    """
    document = read_document(home / HEAD, "task")
    spec = validated(document, TaskSpec)
    faults = Faults(document)
    for key, error in _unfit(spec, document):
        faults.add((key,), error)
    faults.check()
    return spec


def _unfit(spec: TaskSpec, document: Document) -> Iterator[tuple[str, SpecError]]:
    """What is wrong with a head beyond the form of its values."""
    if not _is_name(spec.samples):
        yield "samples", SpecError(f"got {spec.samples!r}", allowed=f"the name of a file beside {HEAD}")
    if spec.data is not None and "samples" in document.data:
        yield "samples", SpecError("there is data too", remedy="keep samples of the task's own, or data from elsewhere")
    own = spec.personas is None or (spec.personas.endswith(SUFFIX) and _is_name(spec.personas))
    if not own and spec.personas not in families():
        unknown = SpecError.unknown("family of personas", spec.personas, families())
        beside = f"{unknown.allowed}, or the name of a file beside {HEAD}, such as who{SUFFIX}"
        yield "personas", SpecError(unknown.problem, allowed=beside, nearest=unknown.nearest)
    try:
        chain_of(spec.extract, spec.kind)
    except SpecError as error:
        yield "extract", error


def _is_name(name: str) -> bool:
    return bool(name) and Path(name).name == name
