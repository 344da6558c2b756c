"""Measures agentscale next to named baselines, in one run, as ratios.

An area is one file in ``areas/``; each gives a `Result` of measures and of goals. Costs are CPU time of this process,
contenders take turns, and the cheapest turn counts: on a machine that is shared, wall time is noise. Nothing here is
imported by anything but the command line.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.setting import Setting
from agentscale.errors import SpecError

__all__ = ["AREAS", "Goal", "Measure", "Result", "Setting", "run"]

AREAS = {
    "transport": "calls to an endpoint: CPU a call, rate at 200 ms, a burst; beside aiohttp, httpx and peers",
    "engine": "trials of an instant model: CPU a call, the recording's share, teams of 4 to 1,000",
    "replay": "a run of 100,000 calls: opening it, reading it, playing it again; beside SQLite",
    "memory": "a run of 1,000,000 recorded calls: the most memory that it holds",
    "start": "the command line's help and the import, in CPU seconds",
    "hostile": "20,000 calls against a server with faults: every call accounted for",
    "kill": "a run killed at 50 moments and resumed: nothing lost, nothing written asked twice",
    "executors": "one run by several workers of Ray: how much sooner, and ten of them killed; beside one process",
    "population": "debates of up to 10,000,000 agents over Ray: seconds and memory, by one worker and by two",
    "analysis": "K* batched, the bootstrap; beside a loop, the d × d route and naive resampling",
    "simulation": "votes one by one and by counts, debates on sparse graphs; beside numpy, scipy, networkx",
    "scoring": "reading answers from texts; beside one regular expression and other libraries' filters",
}
"""Every area with its one line."""


def run(area: str, *, quick: bool = False, peers: Mapping[str, str] | None = None) -> Result:
    """Measures one area.

    Args:
        area: A name of `AREAS`.
        quick: A smaller run, under half a minute, whose figures are rougher.
        peers: Other libraries to measure beside agentscale, each with the Python interpreter that has it.

    Raises:
        SpecError: There is no such area.
    """
    if area not in AREAS:
        raise SpecError.unknown("area", area, AREAS)
    measured: Result = importlib.import_module(f"agentscale.bench.areas.{area}").run(Setting(quick, dict(peers or {})))
    return measured
