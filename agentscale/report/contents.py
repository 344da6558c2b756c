"""What there is to show of a run: its tables made legible, its figures and drawings, and the report card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from agentscale.report import drawings
from agentscale.report.card import Entry, brief, report_card
from agentscale.report.figures import Figure, figures
from agentscale.report.followed import Followed, followed
from agentscale.report.legible import plain, unbounded
from agentscale.report.numbers import Row
from agentscale.report.settings import shortened

if TYPE_CHECKING:
    from agentscale.analysis import Analysis


@dataclass(frozen=True)
class Contents:
    """All that page and files are made of; each part is made at first use."""

    analysis: Analysis

    @cached_property
    def tables(self) -> dict[str, Sequence[Row]]:
        """The rows of every table, legible, with what was played in few words."""
        return shortened({name: plain(unbounded(table.rows)) for name, table in self.analysis.tables.items()})

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The charts, in the order of the page."""
        return tuple(figures(self.tables, self.analysis.header.cells))

    @cached_property
    def topologies(self) -> tuple[drawings.Drawing, ...]:
        """Every graph of the run."""
        return tuple(drawings.drawings(self.analysis.header.cells))

    @cached_property
    def followed(self) -> Followed | None:
        """What went along the edges; ``None`` where there is nothing to tell."""
        return followed(self.analysis.header.cells, self.tables["reading"])

    @cached_property
    def card(self) -> tuple[Entry, ...]:
        """The report card."""
        return tuple(report_card(self.analysis.header, self.analysis, self.tables))

    @property
    def brief(self) -> str:
        """The report card in one line."""
        return brief(self.card)

    def drawn(self, columns: int = 4) -> dict[str, str]:
        """The drawings that are no charts, as SVG by name, so many to a row."""
        made = {"topologies": self.topologies, "followed": self.followed.drawings if self.followed else ()}
        return {name: drawings.svg(list(drawn), columns) for name, drawn in made.items() if drawn}
