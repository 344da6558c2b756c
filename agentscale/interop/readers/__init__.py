"""Readers of foreign logs: one file a format, with a function from paths to what agents said.

To add one: a file with ``read``, and its line in ``READERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from agentscale.errors import SpecError
from agentscale.interop.plays import Plays
from agentscale.interop.readers import agentsnet, govsim, inspect_logs, saferl, table
from agentscale.interop.readers.files import refuse_folder
from agentscale.interop.utterances import Foreign

READERS: dict[str, Callable[[Sequence[Path]], Foreign | Plays]] = {
    "agentsnet": agentsnet.read,
    "govsim": govsim.read,
    "inspect": inspect_logs.read,
    "saferl": saferl.read,
    "table": table.read,
}
"""All formats by name."""

_BY_SUFFIX = {".eval": "inspect", ".csv": "table", ".parquet": "table", ".jsonl": "saferl"}


def format_of(path: Path) -> str:
    """The format that a file's name suggests.

    Raises:
        SpecError: If it suggests none, or is a folder's.
    """
    refuse_folder(path)
    if path.suffix not in _BY_SUFFIX:
        allowed = ", ".join(f"*{suffix} ({name})" for suffix, name in sorted(_BY_SUFFIX.items()))
        remedy = f"say which it is with --format: {', '.join(READERS)}"
        raise SpecError("the name does not tell its format", file=path, allowed=allowed, remedy=remedy)
    return _BY_SUFFIX[path.suffix]
