"""An experiment's simulator, or a recording, as an OpenAI-compatible server on loopback."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentscale.api.running import load
from agentscale.errors import SpecError
from agentscale.store import RunFolder

if TYPE_CHECKING:
    from agentscale.server.doors import Door
    from agentscale.server.hosting import Served


@contextmanager
def serve(
    source: str | Path,
    *overrides: str,
    port: int = 0,
    faults: str = "",
    latency: str = "0",
    seed: int | None = None,
) -> Iterator[Served]:
    """A server that is up while the block runs; clients are given its ``base_url``.

    Args:
        source: An experiment file or the name of a ready one, whose simulated and scripted models answer; or a run
            folder, whose recording answers.
        overrides: Dotted overrides of an experiment file.
        port: The port on 127.0.0.1; 0 for any that is free.
        faults: Shares of faults, such as ``429=0.1,reset=0.01``; see ``agentscale help serve``.
        latency: Seconds before an answer, or a distribution such as ``lognormal:0.2,0.5``.
        seed: Of faults and latencies, 0 by default; and the run's seed of callers that bring none, by default that of
            the experiment.

    Raises:
        SpecError: The file, the port, the faults or the latency are not right, or the extra ``serve`` is missing.
        StoreError: The run folder has no recording that can be read.
    """
    check_installed()
    from agentscale.server.hosting import hosting
    from agentscale.server.spelling import fault_plan
    from agentscale.server.spelling import latency as delay

    plan, latency_s = fault_plan(faults, seed or 0), delay(latency, seed or 0)
    with hosting(_door(Path(source), source, overrides, seed), port, plan, latency_s) as served:
        yield served


def _door(path: Path, source: str | Path, overrides: tuple[str, ...], seed: int | None) -> Door:
    from agentscale.server.recorded import RecordingDoor
    from agentscale.server.simulated import SimulatorDoor

    if not path.is_dir():
        return SimulatorDoor(load(source, *overrides), seed)
    if overrides:
        problem = f"{str(path)!r} is a run folder, and {overrides[0]!r} an override"
        raise SpecError(problem, allowed="overrides of an experiment file")
    return RecordingDoor(RunFolder.open(path))


def check_installed() -> None:
    """Makes sure that what serving needs is there.

    Raises:
        SpecError: The extra ``serve`` is missing.
    """
    missing = [name for name in ("starlette", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise SpecError(f"serving needs {' and '.join(missing)}", remedy='pip install "agentscale[serve]"')
