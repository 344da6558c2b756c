"""What there is to name in an experiment file: one record for each topology, persona and ready experiment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from agentscale.catalog.document import read_document, read_text
from agentscale.catalog.faults import validated
from agentscale.catalog.homes import folder
from agentscale.catalog.persona_files import persona_sets
from agentscale.errors import SpecError
from agentscale.schema.record import Record
from agentscale.schema.run import Named


class TopologyEntry(Record):
    """A topology by name: a generator and its parameters (a file of ``topologies/``)."""

    name: str
    description: str
    generator: str
    parameters: dict[str, Any] = {}


class PersonaEntry(Record):
    """A persona of the catalog; its description is its text."""

    name: str
    description: str
    family: str
    """The family of tasks that it was written for; those that are ``general`` fit any."""


class ExperimentEntry(Record):
    """A ready experiment; its description is the first line of its file."""

    name: str
    description: str


def topologies() -> list[TopologyEntry]:
    """The topologies of the catalog, by name.

    Raises:
        SpecError: If one of their files is wrong.
    """
    return [_topology(path) for path in sorted(folder("topologies").glob("*.yaml"))]


def _topology(path: Path) -> TopologyEntry:
    document = read_document(path, "topology")
    entry = validated(document, TopologyEntry)
    if entry.name != path.stem:
        place = document.place(("name",))
        raise SpecError(f"got {entry.name!r}", file=place.file, line=place.line, key="name", allowed=f"{path.stem!r}")
    return entry


def topology_preset(name: str) -> Named | None:
    """The generator and parameters that a topology of the catalog stands for, or ``None`` for an unknown name."""
    path = folder("topologies") / f"{name}.yaml"
    if path.stem != name or not os.path.isfile(path):  # pathlib's own raises for names that no file can have
        return None
    entry = _topology(path)
    return Named(name=entry.generator, parameters=entry.parameters)


def personas() -> list[PersonaEntry]:
    """The catalog's own personas, family by family, in the order of dealing."""
    return [
        PersonaEntry(name=persona.name, description=persona.text, family=family)
        for family, members in persona_sets().items()
        for persona in members.values()
    ]


def experiments() -> list[ExperimentEntry]:
    """The ready experiments, by name."""
    paths = sorted(folder("experiments").glob("*.yaml"), key=lambda path: path.stem)
    return [ExperimentEntry(name=path.stem, description=_first_comment(path)) for path in paths]


def _first_comment(path: Path) -> str:
    return read_text(path, "experiment").partition("\n")[0].lstrip("# ").rstrip()


def experiment_file(name: str) -> Path:
    """The file of a ready experiment.

    Raises:
        SpecError: If there is none of that name.
    """
    names = [path.stem for path in folder("experiments").glob("*.yaml")]
    if name not in names:
        raise SpecError.unknown("ready experiment", name, names)
    return folder("experiments") / f"{name}.yaml"
