"""What there is to run, and what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from agentscale.errors import SpecError, StoreError

if TYPE_CHECKING:
    from agentscale.protocols import InteractionProtocol

KINDS = ("topologies", "tasks", "personas", "protocols", "experiments")
"""What the catalog lists."""


def catalog(kind: str) -> list[dict[str, Any]]:
    """What can be named in an experiment file, each with ``name`` and ``description``.

    Protocols also have ``parameters``, each with its default, and ``must``, those that have none.

    Args:
        kind: ``topologies``, ``tasks``, ``personas``, ``protocols`` or ``experiments``.

    Raises:
        SpecError: If there is no such kind.
    """
    from agentscale import catalog as room
    from agentscale.protocols import PROTOCOLS

    if kind == "protocols":
        return [_protocol(name, member) for name, member in sorted(PROTOCOLS.items())]
    if kind not in KINDS:
        raise SpecError.unknown("kind", kind, KINDS)
    return [entry.model_dump(mode="json") for entry in getattr(room, kind)()]


def _protocol(name: str, member: type[InteractionProtocol]) -> dict[str, Any]:
    fields = member.model_fields.items()
    optional = {field: info.get_default(call_default_factory=True) for field, info in fields if not info.is_required()}
    return {
        "name": name,
        "description": (member.__doc__ or "").strip().splitlines()[0],
        "parameters": to_jsonable_python(optional),
        "must": [field for field, info in fields if info.is_required()],
    }


def task_card(name_or_path: str, data: str | None = None) -> dict[str, Any]:
    """A task in full: head, samples by level, digest, and one question as agents are asked it.

    Args:
        name_or_path: A task of the catalog, or the path of a folder with a ``task.yaml``. All samples are checked.
        data: The file or folder that holds its questions, in place of what its head says.

    Raises:
        SpecError: If there is no such task, or something is wrong with it; with file and line.
    """
    from agentscale import catalog as room
    from agentscale.experiment.questions import prompt

    card = room.task_card(name_or_path, Path(), data=data)
    question = None if card.example is None else prompt(card.example, card.spec)
    return {**card.model_dump(mode="json"), "question": question}


def init(name: str, to: str | Path | None = None) -> Path:
    """Copies the ready experiment ``name`` to a new file.

    Returns:
        The path of the copy.

    Raises:
        SpecError: If there is no such experiment, or the file exists already.
    """
    from agentscale import catalog as room

    source = room.experiment_file(name)
    target = Path(to) if to is not None else Path(f"{name}.yaml")
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(source.read_text("utf-8"))
    except FileExistsError:
        raise SpecError(f"{str(target)!r} exists already", remedy="name another file with --to") from None
    except OSError as error:
        raise SpecError(f"{str(target)!r} cannot be written: {error.strerror}") from None
    return target


def list_runs(folder: str | Path = "results") -> list[dict[str, Any]]:
    """The runs that stand in ``folder``, by name: path, cells, recorded calls, and whether all transcripts are there.

    Raises:
        StoreError: If there is no such folder.
    """
    base = Path(folder)
    if not base.is_dir():
        raise StoreError(f"there is no folder {str(base)!r}\n  name the folder that holds your runs")
    return [_listed(header.parent) for header in sorted(base.glob("*/run.json"))]


def _listed(path: Path) -> dict[str, Any]:
    """One run's row; a damaged run is listed with what is the matter, so that it hides no other."""
    from agentscale.store import RunFolder

    try:
        run = RunFolder.open(path)
        recording = run.recording()
    except StoreError as error:
        return {"path": str(path), "cells": None, "calls": None, "state": f"damaged: {str(error).splitlines()[0]}"}
    calls, cells = len(recording), run.header.cells
    recording.close()
    done = sum(run.has_transcripts(cell.id) for cell in cells)
    state = "complete" if done == len(cells) else f"{done} of {len(cells)} cells written"
    return {"path": str(path), "cells": len(cells), "calls": calls, "state": state}


def pull(name: str) -> Path:
    """Fetches a small model, or with ``task:NAME`` the questions of a task, into the user's cache, and gives the path.

    Raises:
        SpecError: If there is no such model or task, the task's questions are made or shipped and not fetched, or what
            came is not what its head says.
        EndpointError: If it cannot be fetched, or its hash is wrong.
    """
    from agentscale import endpoints

    kind, _, task = name.partition(":")
    return _pull_task(task) if kind == "task" else endpoints.pull(name)


def _pull_task(name: str) -> Path:
    from agentscale import catalog as room
    from agentscale.endpoints.datasets import pull_files

    spec = room.task_head(name)
    if spec.data is None or spec.data.hub is None:
        raise SpecError(
            f"the questions of the task {name!r} are not fetched", remedy="name it in an experiment as it is"
        )
    folder = pull_files(spec.data.hub, room.pulled(name))
    room.load_task(name, Path())
    return folder


def schema() -> dict[str, Any]:
    """The JSON Schema of experiment files."""
    from agentscale import experiment

    return experiment.json_schema()
