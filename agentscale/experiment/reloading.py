"""Rebuilds a sweep from a run folder alone, so that a recording replays where its files and the catalog are not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
from pydantic import ValidationError

from agentscale import protocols, topology
from agentscale.errors import SpecError, StoreError
from agentscale.experiment.sweep import Sweep
from agentscale.recording.files import explained
from agentscale.schema.experiment import Experiment
from agentscale.schema.run import Cell

if TYPE_CHECKING:
    from agentscale.store import RunFolder


def from_folder(folder: RunFolder) -> Sweep:
    """The sweep that a run folder was made for.

    The experiment file's text is carried along and never read: where it is missing, the source is empty.

    Raises:
        StoreError: If the folder describes what this version of agentscale does not know, or a file of it cannot be
            read.
    """
    header = folder.header
    if "imported" in header.experiment:
        raise StoreError(
            f"{folder.path} was imported from a log of the format {header.experiment['imported']!r}, which records no "
            "call that could be played again\n  use analyze, report or forecast, which read what was said"
        )
    try:
        experiment = Experiment.model_validate(header.experiment)
        resolved = {cell.id: protocols.resolve(cell.protocol) for cell in header.cells}
    except (ValidationError, SpecError) as error:
        wrote = header.versions.get("agentscale", "an unknown version")
        raise StoreError(
            f"{folder.path}: the run cannot be read back: {error}\n"
            f"  it was written by agentscale {wrote}: replay it with that version"
        ) from None
    return Sweep(
        header=header,
        experiment=experiment,
        source=_source(folder.experiment_path),
        path=folder.path,
        questions=folder.questions(),
        protocols=resolved,
        graphs={cell.id: _graph(cell) for cell in header.cells},
    )


def _source(path: Path) -> str:
    with explained(f"read {path}"):
        return path.read_text("utf-8", "backslashreplace") if path.exists() else ""


def _graph(cell: Cell) -> nx.DiGraph:
    graph = nx.empty_graph(cell.size, create_using=nx.DiGraph)
    graph.add_edges_from(cell.edges)
    if cell.groups:
        graph.graph[topology.GROUPS] = cell.groups
    return graph
