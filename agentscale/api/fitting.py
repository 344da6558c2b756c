"""From a recorded run to a world that votes and debates like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentscale.analysis.vectors import TextVectors
    from agentscale.simulation.calibration import Calibration
    from agentscale.simulation.parameters import WorldParameters
    from agentscale.store import RunFolder


def calibrate(path: str | Path) -> Calibration:
    """Fits a world to a run, and says which of its parameters the run can tell.

    How alike texts are is read from the vectors that an analysis has kept in the folder.

    Args:
        path: The run folder.

    Raises:
        SpecError: If the run has fewer than 20 questions, or no two agents.
        StoreError: If ``path`` is no run folder, or has no transcripts.
    """
    from agentscale.analysis.likeness import likeness
    from agentscale.simulation.calibration import calibrate as fit
    from agentscale.store import RunFolder

    folder = RunFolder.open(Path(path))
    seen = likeness(folder, _kept_vectors(folder))
    return fit(seen.counts, seen.design, seen.changes, seen.cosines)


def _kept_vectors(folder: RunFolder) -> TextVectors | None:
    """The vectors that an analysis of the run has kept, if it has been analysed; no endpoint is asked for more."""
    from agentscale.analysis.vectors import TextVectors, kept_dimension
    from agentscale.api.embedding import embedder
    from agentscale.schema.embedding import read

    found = embedder(read(folder.header.embedder), folder.header, environ=None)
    dimension = kept_dimension(folder.embeddings_path, found.identity)
    if dimension is None:
        return None
    return TextVectors(folder.embeddings_path, f"{found.identity}:{dimension}", found)


def world_overrides(experiment: str | Path, overrides: tuple[str, ...], parameters: WorldParameters) -> list[str]:
    """The overrides that put every simulated model of an experiment into a world.

    Args:
        experiment: The experiment file, or the name of a ready one.
        overrides: Those that hold anyway.
        parameters: The world; models beyond its own get the failure rate of one of its models in turn.

    Raises:
        SpecError: If the file does not fit.
    """
    from agentscale import experiment as room

    models = room.load(experiment, overrides).experiment.models
    simulated = {name: spec.simulated.model for name, spec in models.items() if spec.simulated is not None}
    n_models = max(parameters.models, 1 + max(simulated.values(), default=0))
    rates = [parameters.failure_of(model) for model in range(n_models)]
    changed = parameters.model_copy(update={"models": n_models, "parse_failure": tuple(rates)})
    world = changed.model_dump(mode="json", exclude_defaults=True)
    return [f'models."{name}".simulated.world={json.dumps(world)}' for name in simulated]
