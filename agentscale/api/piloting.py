"""A small run that tells at which level of difficulty an experiment is worth its calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.api.running import load, run
from agentscale.engine import CONCURRENCY
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from agentscale.analysis.headroom import AtLevel, Picked
    from agentscale.api.results import Run
    from agentscale.engine.tally import Tally
    from agentscale.experiment import Sweep
    from agentscale.schema.experiment import TaskRef

QUESTIONS = 12
"""Questions of each level that a pilot asks every model."""


@dataclass(frozen=True)
class Piloted:
    """What a pilot found."""

    run: Run
    """The pilot itself, recorded like any run."""
    found: tuple[AtLevel, ...]
    """Accuracy, interval and headroom for every task, level and model."""
    picked: tuple[Picked, ...]
    """The level of each task with the most headroom."""


def pilot(
    experiment: str | Path,
    *overrides: str,
    questions: int = QUESTIONS,
    out: str | Path | None = None,
    concurrency: int = CONCURRENCY,
    env_file: str | Path | None = None,
    watch: Callable[[Tally], None] = lambda tally: None,
) -> Piloted:
    """Asks every model of an experiment alone, at every level of its tasks, and picks the level with headroom.

    What the experiment says of teams, protocols and limits is left aside; its models, tasks, levels, sampling and
    budget count. It is recorded, so that the same pilot asks nothing twice.

    Args:
        experiment: The experiment file, or the name of a ready experiment of the catalog.
        overrides: Dotted overrides such as ``sampling.max_tokens=200``.
        questions: Of each level, ≥ 1.
        out: The run folder; ``results/<name>-pilot`` under the working folder by default.
        concurrency: As in `run`.
        env_file: As in `run`.
        watch: As in `run`.

    Raises:
        SpecError: If the experiment is wrong, or asks no questions. Nothing has been sent by then.
        StoreError: If the folder cannot be written.
    """
    from agentscale.analysis.headroom import by_level, pick_levels

    if questions < 1:
        raise SpecError(f"got {questions}", key="questions", allowed="a whole number ≥ 1")
    sweep = load(experiment, *overrides)
    alone = _alone(sweep, questions)
    made = run(experiment, *overrides, *alone, out=out, concurrency=concurrency, env_file=env_file, watch=watch)
    found = by_level(made.folder)
    return Piloted(made, found, pick_levels(found))


def _alone(sweep: Sweep, questions: int) -> list[str]:
    """The overrides that make a pilot of an experiment."""
    acting = [name for name, head in sweep.header.tasks.items() if head.kind == "world"]
    if acting:
        raise SpecError(f"the task {acting[0]!r} is a world, which asks no questions", key="task")
    models = dict.fromkeys(agent.model for cell in sweep.header.cells for agent in cell.team.agents)
    tasks = [_every_level(ref, sweep, questions) for ref in sweep.experiment.task]
    return [
        f"name={sweep.header.name}-pilot",
        f"task={json.dumps(tasks)}",
        f"team={json.dumps({'layer': 'L1', 'size': 1, 'models': list(models)})}",
        "protocol=vote",
        "topology=complete",
        "replicates=1",
    ]


def _every_level(ref: TaskRef, sweep: Sweep, questions: int) -> dict[str, Any]:
    """The same task with so many questions of each level."""
    from agentscale.catalog import load_task

    samples = load_task(ref.name, sweep.path.parent, data=ref.data).samples
    levels = {sample.level for sample in samples if ref.levels is None or sample.level in ref.levels}
    return {**ref.model_dump(mode="json", exclude_none=True), "limit": questions * len(levels)}
