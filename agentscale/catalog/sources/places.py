"""Which files hold the rows of a task: those that the user names, those beside the head, those that were pulled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from agentscale.catalog.homes import pulled
from agentscale.catalog.sources.files import is_readable
from agentscale.errors import SpecError
from agentscale.schema.sources import RECEIPT, HubFiles, Receipt, TaskData


class Found(NamedTuple):
    """The files of a task."""

    files: tuple[Path, ...]
    named: bool
    """Whether the user named them, so that they may be a part of the whole, or another form of it."""


def find(data: TaskData, task: str, home: Path, named: Path | None) -> Found:
    """The files with the rows of a task. Nothing is fetched.

    Args:
        data: The head's word on them.
        task: The name of the task.
        home: The folder of the head.
        named: The file or folder that the user names instead.

    Raises:
        SpecError: If they are not there, with the command that fetches them; or are not what was pulled.
    """
    if named is not None:
        return Found(_within(named, _names(data)), named=True)
    if data.files is not None:
        return Found(tuple(home / name for name in data.files), named=False)
    assert data.hub is not None  # what a gym makes is in no file
    return Found(_pulled(data.hub, task), named=False)


def _names(data: TaskData) -> Sequence[str]:
    return tuple(data.hub.files) if data.hub is not None else data.files or ()


def _within(named: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """The files in a place that a user names: that file; in a folder those of their names, else the only one."""
    if not named.is_dir():
        return (named,)
    for paths in ([named / name for name in names], [named / Path(name).name for name in names]):
        if paths and all(path.is_file() for path in paths):
            return tuple(paths)
    readable = sorted(path for path in named.iterdir() if path.is_file() and is_readable(path))
    if len(readable) == 1:
        return (readable[0],)
    found = ", ".join(path.name for path in readable[:5]) or "none"
    wanted = ", ".join(names) or "one file of rows"
    raise SpecError(f"which file holds the rows? It has {found}", file=named, allowed=wanted, remedy="name the file")


def _pulled(hub: HubFiles, task: str) -> tuple[Path, ...]:
    folder = pulled(task)
    remedy = f"fetch them once: agentscale pull task:{task}"
    if not (folder / RECEIPT).is_file():
        problem = f"the questions of the task {task!r} are not on this machine"
        raise SpecError(problem, remedy=f"{remedy}\n  or say where they lie: task: {{name: {task}, data: PATH}}")
    try:
        receipt = Receipt.model_validate_json((folder / RECEIPT).read_bytes())
    except (OSError, ValidationError):
        raise SpecError("the receipt cannot be read", file=folder / RECEIPT, remedy=remedy) from None
    if (receipt.dataset, receipt.revision) != (hub.dataset, hub.revision):
        problem = f"holds {receipt.dataset} at {receipt.revision[:12]}"
        raise SpecError(problem, file=folder, allowed=f"{hub.dataset} at {hub.revision[:12]}", remedy=remedy)
    for name, known in hub.files.items():
        _check(folder / name, known or receipt.files.get(name), remedy)
    return tuple(folder / name for name in hub.files)


def _check(file: Path, sha256: str | None, remedy: str) -> None:
    """Raises unless the file is the one that is known."""
    try:
        got = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=file, remedy=remedy) from None
    if got != sha256:
        raise SpecError(f"is not what was pulled: its SHA-256 is {got}", file=file, allowed=sha256, remedy=remedy)
