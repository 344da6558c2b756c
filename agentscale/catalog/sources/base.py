"""A row, and where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from agentscale.errors import SpecError


class Row(NamedTuple):
    """One row of a source."""

    data: Any
    """Usually a mapping from column to value."""
    file: Path
    line: int | None
    """Its line; in a Parquet file or a JSON list its number, counted from 1."""

    def fault(self, error: SpecError) -> SpecError:
        """The error with the place of this row."""
        return error.at(file=self.file, line=self.line)
