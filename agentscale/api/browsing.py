"""What there is to run, and what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentscale.errors import SpecError, StoreError

KINDS = ("topologies", "tasks", "personas", "protocols", "experiments")
"""What the catalog lists."""


def catalog(kind: str) -> list[dict[str, Any]]:
    """What can be named in an experiment file, each with ``name`` and ``description``.

    Args:
        kind: ``topologies``, ``tasks``, ``personas``, ``protocols`` or ``experiments``.

    Raises:
        SpecError: If there is no such kind.
    """
    from agentscale import catalog as room
    from agentscale.protocols import PROTOCOLS

    if kind == "protocols":
        return [
            {"name": name, "description": (member.__doc__ or "").strip().splitlines()[0]}
            for name, member in sorted(PROTOCOLS.items())
        ]
    if kind not in KINDS:
        raise SpecError.unknown("kind", kind, KINDS)
    return [entry.model_dump(mode="json") for entry in getattr(room, kind)()]


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
    """The runs that stand in ``folder``, by name: path, cells, recorded calls, whether all transcripts are there.

    Raises:
        StoreError: If a run's header cannot be read.
    """
    from agentscale.store import RunFolder

    base = Path(folder)
    if not base.is_dir():
        raise StoreError(f"there is no folder {str(base)!r}\n  name the folder that holds your runs")
    rows = []
    for path in sorted(entry.parent for entry in base.glob("*/run.json")):
        run = RunFolder.open(path)
        recording = run.recording()
        cells = run.header.cells
        done = sum(run.has_transcripts(cell.id) for cell in cells)
        state = "complete" if done == len(cells) else f"{done} of {len(cells)} cells written"
        rows.append({"path": str(path), "cells": len(cells), "calls": len(recording), "transcripts": state})
        recording.close()
    return rows
