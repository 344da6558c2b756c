"""Personas: short texts that open an agent's context, from a YAML mapping of names to texts."""

from __future__ import annotations

from pathlib import Path

from agentscale.catalog.document import read_document
from agentscale.catalog.faults import Faults
from agentscale.errors import SpecError
from agentscale.schema.agents import Persona
from agentscale.schema.tasks import Task

DEFAULTS = Path(__file__).with_name("personas.yaml")
"""The catalog's own personas, which fit any task."""


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


def personas_for(task: Task, home: Path) -> dict[str, Persona]:
    """The personas that fit a task: its own, else the catalog's.

    Args:
        task: The task.
        home: The folder that holds the task's head.

    Raises:
        SpecError: If the task's file of personas cannot be used.
    """
    return read_personas(DEFAULTS if task.spec.personas is None else home / task.spec.personas)


def unfit_name(name: str) -> SpecError | None:
    """Why a model or persona cannot have this name: it becomes a part of slots, ``model/persona/copy``."""
    if name.strip() and name != "-" and not any(sign in "/@" or not sign.isprintable() for sign in name):
        return None
    return SpecError(f"{name!r} cannot be a name", allowed="printable text without '/' and '@', and not '-' alone")
