"""Runs in a browser, from a server on loopback that only reads."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentscale.api.serving import check_installed
from agentscale.errors import SpecError


@dataclass(frozen=True)
class Viewed:
    """A viewer that is up."""

    url: str
    """Where a browser finds it; its path begins with the token, without which nothing is told."""
    wait: Callable[[], None]
    """Returns when the viewer has ended."""


@contextmanager
def view(*runs: str | Path, port: int = 0) -> Iterator[Viewed]:
    """A viewer of run folders that is up while the block runs. It reads what is asked for and writes nothing.

    Args:
        runs: Run folders, also of runs that are under way; several are shown side by side, the first as reference.
        port: The port on 127.0.0.1; 0 for any that is free.

    Raises:
        SpecError: No run is named, the port is not free, or the extra ``serve`` is missing.
        StoreError: A folder is no run folder.
    """
    check_installed()
    if not runs:
        raise SpecError("no run is named", key="runs", allowed="one run folder or more")
    from agentscale.server.hosting import HOST, listening
    from agentscale.server.viewer.guard import Guarded
    from agentscale.server.viewer.looking import Looked
    from agentscale.server.viewer.paths import application

    looked, token = [Looked(Path(run)) for run in runs], secrets.token_urlsafe(16)
    with listening(lambda bound: Guarded(application(looked, token), token, bound), port) as up:
        yield Viewed(f"http://{HOST}:{up.port}/{token}/", up.wait)
