"""A run folder that stands somewhere, opened to be read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agentscale.api.rereading import reread
from agentscale.api.results import Run
from agentscale.store import RunFolder
from agentscale.store.remote import Remote, is_url


def open_run(
    path: str | Path,
    *,
    embedder: str | Sequence[str] | None = None,
    extract: Sequence[str] | None = None,
    across_decoding: bool = False,
) -> Run:
    """Opens a run folder to read it.

    Args:
        path: The run folder.
        embedder: The embedder for K*; by default the one that the experiment names. Of several the first makes K*, and
            the table ``embedders`` says how far the others agree with it.
        extract: Another chain of extractors, by name: all answers are read anew, and cells whose prompts hung on how
            answers were read are left out. The table ``rereading`` has every answer that changed. Nothing on disk
            does.
        across_decoding: Whether teams that were decoded differently, by temperature or ``top_p``, are compared all the
            same; by default such comparisons are left out and named.

    Raises:
        SpecError: If an extractor is unknown, or every cell was steered by answers.
        StoreError: If ``path`` is no run folder.
    """
    remote = Remote(str(path)) if is_url(path) else None
    if remote is not None:
        remote.pull()
    folder = RunFolder.open(Path(path) if remote is None else remote.copy)
    if extract is None:
        made = Run(folder, embedder=embedder, environ=os.environ, across_decoding=across_decoding)
    else:
        anew, warnings = reread(folder, extract)
        made = Run(
            anew,
            embedder=embedder,
            environ=os.environ,
            across_decoding=across_decoding,
            warnings=warnings,
            before=folder,
        )
    made.remote = remote
    return made
