"""Where the data stands: in the wheel beside this file, in a checkout at its top. Nobody else knows both homes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Kind = Literal["topologies", "tasks", "personas", "experiments"]

_HERE = Path(__file__).parent


def folder(kind: Kind) -> Path:
    """The folder that holds the data of one kind."""
    packaged = _HERE / kind
    return packaged if packaged.is_dir() else _HERE.parents[1] / kind


def pulled(task: str) -> Path:
    """The folder in the user's cache that holds what was pulled for a task."""
    import platformdirs

    return platformdirs.user_cache_path("agentscale") / "tasks" / task
