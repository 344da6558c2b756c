"""A run in a notebook: its tables as data frames, and its page within a cell."""

from __future__ import annotations

import html
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agentscale.errors import SpecError

if TYPE_CHECKING:
    from agentscale.analysis import Table

Library = Literal["pandas", "polars"]
LIBRARIES: tuple[Library, ...] = ("pandas", "polars")
_SANDBOX = "allow-scripts allow-downloads allow-popups"
"""What the page may do within a notebook, which it cannot reach."""


def frame(table: Table, library: Library) -> Any:
    """The table as a data frame; what is undefined is ``NaN``.

    Raises:
        SpecError: The library is none of these, or is not installed.
    """
    if library not in LIBRARIES:
        raise SpecError.unknown("library", library, LIBRARIES)
    try:
        room = importlib.import_module(library)
    except ModuleNotFoundError:
        raise SpecError(
            f"a data frame needs {library}", key="library", remedy=f"pip install 'agentscale[{library}]'"
        ) from None
    columns = {name: [row[name] for row in table.rows] for name in table.columns}
    return room.DataFrame(columns) if library == "pandas" else room.DataFrame(columns, strict=False)


@dataclass(frozen=True)
class Shown:
    """A page within a cell of a notebook; elsewhere its path.

    Attributes:
        path: The page.
        height: Pixels.
    """

    path: Path
    height: int

    def __repr__(self) -> str:
        return str(self.path)

    def _repr_html_(self) -> str:
        """The page in a frame of its own, whole, so that the notebook shows it wherever it is opened."""
        page = html.escape(self.path.read_text("utf-8"))
        return (
            f'<iframe srcdoc="{page}" sandbox="{_SANDBOX}" title="{html.escape(self.path.parent.name)}" '
            f'style="width:100%;height:{self.height}px;border:0"></iframe>'
        )
