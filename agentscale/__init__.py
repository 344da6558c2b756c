"""agentscale: the measuring instrument for teams of language models.

    import agentscale

    run = agentscale.run("main")        # the whole sweep on the built-in simulator
    run.estimates("k_star")             # effective channel count of every cell, with its interval
    run.report()                        # the path of the page

Importing does nothing but name what there is: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentscale.analysis import effective_channels, hill_spectrum
    from agentscale.api import Run, estimate, init, list_runs, load, open_run, replay, run
    from agentscale.errors import (
        AgentscaleError,
        BudgetExceeded,
        EndpointError,
        ProtocolError,
        RecordingMiss,
        SpecError,
        StoreError,
    )
    from agentscale.schema.estimate import Estimate

__all__ = [
    "AgentscaleError",
    "BudgetExceeded",
    "EndpointError",
    "Estimate",
    "ProtocolError",
    "RecordingMiss",
    "Run",
    "SpecError",
    "StoreError",
    "effective_channels",
    "estimate",
    "hill_spectrum",
    "init",
    "list_runs",
    "load",
    "open_run",
    "replay",
    "run",
]

_HOMES = {
    "agentscale.analysis": ("effective_channels", "hill_spectrum"),
    "agentscale.api": ("Run", "estimate", "init", "list_runs", "load", "open_run", "replay", "run"),
    "agentscale.errors": (
        "AgentscaleError",
        "BudgetExceeded",
        "EndpointError",
        "ProtocolError",
        "RecordingMiss",
        "SpecError",
        "StoreError",
    ),
    "agentscale.schema.estimate": ("Estimate",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentscale' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
