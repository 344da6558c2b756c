"""Writers of foreign formats: one function a format, from a run and a folder to the files that it wrote.

To add one: a function, and its line in ``WRITERS``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agentscale.interop.writers import inspect_logs, spans, tables

if TYPE_CHECKING:
    from agentscale.store import RunFolder

WRITERS: dict[str, Callable[[RunFolder, Path], list[Path]]] = {
    "csv": tables.csv,
    "parquet": tables.parquet,
    "dataset": tables.dataset,
    "inspect": inspect_logs.write,
    "spans": spans.write,
}
"""All formats by name."""
