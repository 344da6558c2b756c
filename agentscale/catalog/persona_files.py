"""Personas: short texts that open an agent's context, from YAML mappings of names to texts.

The catalog has a set of them for every family of tasks, which a task's head names; ``general`` fits any.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from agentscale.catalog.document import read_document
from agentscale.catalog.faults import Faults
from agentscale.catalog.homes import folder
from agentscale.errors import SpecError
from agentscale.schema.agents import Persona
from agentscale.schema.tasks import Task

SUFFIX = ".yaml"
GENERAL = "general"
"""The set of personas that fit any task."""


def read_personas(path: Path) -> dict[str, Persona]:
    """The personas of a file, in its order.

    Raises:
        SpecError: If the file is no mapping of names to texts.
    """
    document = read_document(path, "personas")
    faults = Faults(document)
    for name, text in document.data.items():
        if not isinstance(text, str) or not text.strip():
            faults.add((name,), SpecError(f"the persona is {text!r}", allowed="the text that opens its context"))
        if problem := unfit_name(name):
            faults.add((name,), problem)
    faults.check()
    return {name: Persona(name=name, text=text.strip()) for name, text in document.data.items()}


def families() -> list[str]:
    """The families of tasks for which the catalog has personas, ``general`` first."""
    names = [path.stem for path in folder("personas").glob("*.yaml")]
    return sorted(names, key=lambda name: (name != GENERAL, name))


def persona_sets() -> dict[str, dict[str, Persona]]:
    """All personas of the catalog by their family. No two of them share a name."""
    return {family: _members(folder("personas") / f"{family}.yaml") for family in families()}


@lru_cache(maxsize=64)
def _members(path: Path) -> dict[str, Persona]:
    """What ships does not change while a program runs."""
    return read_personas(path)


def personas_for(task: Task, home: Path) -> dict[str, Persona]:
    """The personas that are dealt for a task: those beside its head, or of the family that it names, else general ones.

    Args:
        task: The task.
        home: The folder that holds the task's head.

    Raises:
        SpecError: If the task's file of personas cannot be used.
    """
    named = task.spec.personas or GENERAL
    return read_personas(home / named) if named.endswith(SUFFIX) else persona_sets()[named]


def unfit_name(name: str) -> SpecError | None:
    """Why a model or persona cannot have this name: it becomes a part of slots, ``model/persona/copy``."""
    if name.strip() and name != "-" and not any(sign in "/@" or not sign.isprintable() for sign in name):
        return None
    return SpecError(f"{name!r} cannot be a name", allowed="printable text without '/' and '@', and not '-' alone")
