"""What differs between two experiments, key by key, for the user who resumes the wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentscale.schema.run import Cell, RunHeader

_SHOWN = 20


def differences(there: RunHeader, now: RunHeader) -> list[str]:
    """Lines such as ``team.size[1]: 4 there, 8 now``; empty where both are the same experiment.

    What follows from the experiment (data of tasks, cells with their graphs and personas) is compared only where the
    experiments agree: it then means that a file which they name has changed.
    """
    found: list[str] = []
    if there.experiment_digest != now.experiment_digest:
        found = list(_differing(there.experiment, now.experiment))
        # A chat template's text stands in the digest only; and so does what an older version put into it.
        found = found or [
            f"experiment_digest: {there.experiment_digest} there, {now.experiment_digest} now: "
            "the text of a chat template differs, or another version of agentscale made it"
        ]
    found = found or list(_differing(_derived(there), _derived(now)))
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


def unchanged_cells(there: RunHeader, now: RunHeader) -> set[str]:
    """Ids of the cells whose trials are the same in both experiments: team, models, graph, questions and draws.

    Where that cannot be told, as with a chat template, whose text is not in the header, a cell counts as changed.
    """
    for field in ("seed", "replicates", "questions_digest"):
        if getattr(there, field) is None or getattr(there, field) != getattr(now, field):
            return set()
    if there.experiment.get("independent") != now.experiment.get("independent"):
        return set()
    before = {cell.id: cell for cell in there.cells}
    return {cell.id for cell in now.cells if cell == before.get(cell.id) and _same_sources(there, now, cell)}


def _same_sources(there: RunHeader, now: RunHeader, cell: Cell) -> bool:
    """Whether the task and the models of a cell are the same in both."""
    if there.tasks.get(cell.task) != now.tasks.get(cell.task):
        return False
    for name in {agent.model for agent in cell.team.everyone}:
        model, launch = _source(there, name)
        if launch.get("chat_template") or list(_differing((model, launch), _source(now, name))):
            return False
    return True


def _source(header: RunHeader, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model as the experiment describes it, and the server that is launched for it."""
    model = header.experiment.get("models", {}).get(name, {})
    endpoint = header.experiment.get("endpoints", {}).get(model.get("endpoint"), {})
    return model, endpoint.get("launch") or {}


def _derived(header: RunHeader) -> dict[str, Any]:
    dumped = header.model_dump(mode="json", include={"seed", "replicates", "tasks", "cells"})
    return {**dumped, "cells": {cell["id"]: cell for cell in dumped["cells"]}}


def _differing(there: Any, now: Any) -> Iterator[str]:
    old, new = dict(_leaves(there, "")), dict(_leaves(now, ""))
    for key in {**old, **new}:
        if not _equal(old, new, key):
            yield f"{key}: {_shown(old, key)} there, {_shown(new, key)} now"


def _equal(old: dict[str, Any], new: dict[str, Any], key: str) -> bool:
    """Whether both say the same; a key that one version of agentscale does not know says nothing while it is empty."""
    if key in old and key in new:
        return bool(old[key] == new[key])
    return (old if key in old else new)[key] in (None, {}, [])


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{key}[{number}]")
    else:
        yield key, value


def _shown(leaves: dict[str, Any], key: str) -> str:
    return f"{leaves[key]!r:.60}" if key in leaves else "nothing"
