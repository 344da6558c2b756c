"""A run that has been made: its numbers, and what there is to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from agentscale.api.notebook import Shown
from agentscale.api.numbers import Numbers
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from altair import ConcatChart

    from agentscale.analysis import Analysis
    from agentscale.report.contents import Contents


class Run(Numbers):
    """A run folder: its numbers as `Numbers` gives them, its page, its figures, and what a paper wants of it."""

    def show(self, height: int = 800) -> Shown:
        """The page, for a cell of a notebook; it is made if there is none.

        Args:
            height: Pixels.
        """
        path = self.folder.report_path
        return Shown(path if path.is_file() else self.report(), height)

    def figure(self, name: str) -> ConcatChart:
        """A figure of the page as an Altair chart, for a notebook to show or to change.

        Args:
            name: Such as ``accuracy``; a wrong one is told with those that this run has.

        Raises:
            SpecError: This run has no such figure.
            StoreError: The run cannot be read.
        """
        import altair

        from agentscale.report.figures import whole

        found = {figure.name: figure for figure in self._contents.figures}
        if name not in found:
            raise SpecError.unknown("figure", name, found)
        return altair.ConcatChart.from_dict(whole(found[name], self._contents.brief))

    def _repr_html_(self) -> str:
        """What a notebook shows of the run itself: where it is, and how to look at it."""
        cells = len(self.header.cells)
        return (
            f"<p><strong>{escape(self.header.name)}</strong>: {cells} cells, in <code>{escape(str(self.path))}</code>"
            "<br>show() is its page, frame() its tables, figure() its charts</p>"
        )

    def report(self) -> Path:
        """Writes tables, those of forecasts and of money too, figures and the page.

        Returns:
            The path of the page.
        """
        from agentscale import report

        page = report.render(self.folder, self.published)
        if self.remote is not None:
            self.remote.push()
        return page

    def print_figures(
        self, to: str | Path, preset: str = "one-column", forms: Sequence[str] = ("svg", "png", "pdf")
    ) -> list[Path]:
        """Writes every figure in the width of a printed column, and ``captions.md``.

        Args:
            to: The folder, which is made.
            preset: ``one-column`` (246 points) or ``two-column`` (510 points).
            forms: Files of each figure: ``svg``, ``png`` (300 dots an inch), ``pdf``.

        Returns:
            The paths, in the order of the page.

        Raises:
            SpecError: There is no such preset or form.
            StoreError: The run cannot be read, or the folder not written.
        """
        from agentscale.report import prints

        if preset not in prints.PRESETS:
            raise SpecError.unknown("preset", preset, prints.PRESETS, key="preset")
        for form in forms:
            if form not in prints.FORMS:
                raise SpecError.unknown("form of a figure", form, prints.FORMS, key="forms")
        wanted = tuple(form for form in prints.FORMS if form in forms)
        return prints.printed(self._contents, Path(to), prints.PRESETS[preset], wanted)

    def typeset(self, form: str = "latex") -> dict[str, str]:
        """The tables of a paper by name: points of the curves, comparisons, fits, forecast.

        Args:
            form: ``latex``, which wants the package booktabs, or ``markdown``.

        Raises:
            SpecError: There is no such form.
            StoreError: The run cannot be read.
        """
        from agentscale.report import typeset

        for known in typeset.FORMS:
            if form == known:
                return typeset.typeset(self._contents.tables, known)
        raise SpecError.unknown("form of a table", form, typeset.FORMS, key="form")

    def methods(self) -> str:
        """A paragraph of methods with every setting that a reviewer asks for, from the run's header and tables.

        Raises:
            StoreError: The run cannot be read.
        """
        from agentscale.report.methods import methods

        return methods(self._contents)

    @cached_property
    def _contents(self) -> Contents:
        from agentscale.report.contents import Contents

        return Contents(self.published)

    @cached_property
    def published(self) -> Analysis:
        """The analysis with what is made for the page alone: forecasts, mixes of two configurations, and money.

        Raises:
            SpecError: As for ``analysis``.
            StoreError: If the transcripts cannot be read.
        """
        from agentscale.analysis.forecast import outlook
        from agentscale.analysis.money import money_table
        from agentscale.api.pricing import rate

        ahead = outlook(self.folder, seed=self.header.seed)
        more = {"forecast": ahead.forecast, "mixes": ahead.mixes}
        warnings = self.analysis.warnings
        try:
            prices = rate(self.folder)
        except SpecError as error:  # an experiment whose files are gone still has its page
            warnings = (*warnings, f"what answers cost is not known: {error}")
        else:
            more["money"] = money_table(self.folder, prices, seed=self.header.seed)
        return replace(self.analysis, tables={**self.analysis.tables, **more}, warnings=warnings)
