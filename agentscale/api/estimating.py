"""What a run would spend, before anything is sent or written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentscale.api.running import environment, load
from agentscale.store import RunFolder

if TYPE_CHECKING:
    from agentscale.engine.estimate import CostEstimate


def estimate(
    experiment: str | Path, *overrides: str, out: str | Path | None = None, env_file: str | Path | None = None
) -> CostEstimate:
    """Bounds on the calls, tokens and money that `run` would spend with the same arguments. Sends and writes nothing.

    Calls that the run folder holds already are left out, also where the experiment there was another one.

    Args:
        experiment: The experiment file, or the name of a ready experiment of the catalog.
        overrides: Dotted overrides such as ``team.size=2,4,8``.
        out: The run folder; ``results/<name>`` under the working folder by default.
        env_file: A ``.env`` file, which may hold ``OPENAI_BASE_URL``; no key is needed.

    Raises:
        SpecError: If the file is wrong.
        StoreError: If the folder cannot be read.
    """
    from agentscale.engine.estimate import estimate as bounds
    from agentscale.engine.pricing import quotes
    from agentscale.engine.recollection import Recollection
    from agentscale.engine.session import offline_models

    sweep = load(experiment, *overrides)
    prices = quotes(sweep, environment(env_file))
    path = Path(out) if out is not None else Path("results") / sweep.header.name
    folder = RunFolder.open(path) if (path / "run.json").exists() else None
    if folder is None or not folder.has_recording:
        return bounds(sweep, prices, Recollection(sweep, {}, None))
    with folder.recording() as recording:
        return bounds(sweep, prices, Recollection(sweep, offline_models(sweep), recording))
