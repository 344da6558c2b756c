"""The run's own description, and the digest that says whether two experiments ask the same."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agentscale.experiment.cells import Layout
from agentscale.schema.agents import SCORER
from agentscale.schema.experiment import Experiment, ModelSpec
from agentscale.schema.record import digest
from agentscale.schema.run import QuestionRecord, RunHeader, TaskHead
from agentscale.schema.tasks import Task
from agentscale.scoring import RUBRIC
from agentscale.store import questions_digest

COMPUTING = ("agentscale", "numpy", "scipy", "networkx")
"""The packages whose versions can change a number."""


def header(
    experiment: Experiment, tasks: Sequence[Task], questions: Sequence[QuestionRecord], layout: Layout
) -> RunHeader:
    """The header of a run.

    Args:
        experiment: The experiment, overrides included.
        tasks: Its tasks, with the samples of the run.
        questions: The questions of all tasks.
        layout: Its cells.
    """
    judged = {cell.task for cell in layout.cells if SCORER in cell.team.parts}
    heads = {task.spec.name: _head(task, task.spec.name in judged) for task in tasks}
    return RunHeader(
        name=experiment.name,
        seed=experiment.seed,
        experiment=experiment.model_dump(mode="json"),
        experiment_digest=_experiment_digest(experiment, heads, questions, layout),
        replicates=experiment.replicates,
        embedder=experiment.embedder.label,
        cells=layout.cells,
        not_applicable=layout.not_applicable,
        tasks=heads,
        questions_digest=questions_digest(questions),
        versions=versions(),
    )


def _head(task: Task, is_judged: bool) -> TaskHead:
    spec = task.spec
    rubric = (spec.rubric or RUBRIC) if is_judged else None
    return TaskHead(digest=task.digest, kind=spec.kind, extract=spec.extract, rubric=rubric)


def versions() -> dict[str, str]:
    """Versions of Python and of what computes numbers, without importing any of it."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, **{name: version(name) for name in COMPUTING}}


def _experiment_digest(
    experiment: Experiment, heads: dict[str, TaskHead], questions: Sequence[QuestionRecord], layout: Layout
) -> str:
    """Digest of all that changes a call, resolved.

    Not in it are the run's name, its embedder, its budget and prices, and where an endpoint is reached and how fast. A
    chat template counts by its text. The GGUF file of a launched model counts by its name or path alone: hashing
    gigabytes whenever a file is loaded would cost more than it tells, so another model under the same path is not
    noticed.
    """
    return digest(
        {
            "seed": experiment.seed,
            "replicates": experiment.replicates,
            "independent": experiment.independent,
            "models": {name: _model(experiment, spec) for name, spec in experiment.models.items()},
            "tasks": {name: head.model_dump(mode="json") for name, head in heads.items()},
            "questions": [question.model_dump(mode="json") for question in questions],
            "cells": [cell.model_dump(mode="json") for cell in layout.cells],
        }
    )


def _model(experiment: Experiment, spec: ModelSpec) -> dict[str, Any]:
    """What a model is: with its endpoint's name, without its address.

    Keys that came later count only where they are given, so that a run of an older version goes on.
    """
    first = {"endpoint", "model", "simulated", "scripted"}
    later = {"profile", "reasoning_effort", "json_schema", "extra", "stepping", "policy"}
    said = spec.model_dump(mode="json", include=first)
    said |= spec.model_dump(mode="json", include=later, exclude_defaults=True)
    launch = experiment.endpoints[spec.endpoint].launch if spec.endpoint is not None else None
    if launch is None:
        return {**said, "launch": None}
    template = None if launch.chat_template is None else _text_digest(launch.chat_template)
    return {**said, "launch": {"server": launch.server, "model": launch.model, "chat_template": template}}


def _text_digest(path: str) -> str:
    """SHA-256 of a file's bytes; of one that cannot be read, its name: the launch then says what is wrong."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (OSError, ValueError):  # ValueError: a zero byte in the path
        return path
