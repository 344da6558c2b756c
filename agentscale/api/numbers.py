"""The numbers of a run that has been made: its tables, estimates, forecasts and transcripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.api.notebook import Library, frame
from agentscale.errors import SpecError
from agentscale.schema.embedding import read
from agentscale.schema.estimate import Estimate
from agentscale.schema.run import RunHeader, Transcript
from agentscale.store import RunFolder

if TYPE_CHECKING:
    from agentscale.analysis import Analysis, NamedEmbedder, Table
    from agentscale.engine.tally import Tally
    from agentscale.store.remote import Remote

ESTIMATES = {
    "accuracy": ("accuracy", "accuracy_low", "accuracy_high"),
    "k_star": ("k_star", "k_star_low", "k_star_high"),
}
"""The estimates of a cell, with the columns of their value and of their interval's ends."""


class Numbers:
    """A run folder with what can be computed from it. Nothing here asks a model that answers questions.

    Args:
        folder: The run folder.
        tally: What the run did, where it was just made.
        embedder: The embedder for K* in its short form; by default the one that the experiment names. Of several the
            first makes K*, and the table ``embedders`` says how far the others agree with it.
        environ: Where an embedder at an endpoint finds its key and base URL; without it no endpoint is asked, and only
            vectors that are kept can be used.
        warnings: Of how the folder is read, for the analysis to pass on.
        across_decoding: Whether teams that were decoded differently are compared all the same.
        before: The run as it read its answers itself, where ``folder`` is read anew: the table ``rereading`` says what
            changed.
        shares_left: Shares of the run that are still to be played, by others or later.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        tally: Tally | None = None,
        embedder: str | Sequence[str] | None = None,
        environ: Mapping[str, str] | None = None,
        warnings: tuple[str, ...] = (),
        across_decoding: bool = False,
        before: RunFolder | None = None,
        shares_left: int = 0,
    ) -> None:
        self.folder = folder
        self.shares_left = shares_left
        self.remote: Remote | None = None
        """Where the folder is a copy of one at a URL: that one."""
        self.tally = tally
        self._warnings = warnings
        self._across_decoding = across_decoding
        self._before = before
        named = (embedder,) if isinstance(embedder, str) else embedder
        self._embedders = tuple(dict.fromkeys(named or (folder.header.embedder,)))
        self._environ = environ

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def header(self) -> RunHeader:
        """What was run."""
        return self.folder.header

    @property
    def not_given(self) -> tuple[str, ...]:
        """What the experiment asked for and a model did not take, a sentence each: treatments that were not given.

        Raises:
            StoreError: If the folder's file of lessons cannot be read.
        """
        return tuple(lesson.warning for lesson in self.folder.lessons() if lesson.warning is not None)

    @cached_property
    def analysis(self) -> Analysis:
        """All tables, computed from the transcripts at first use.

        Raises:
            SpecError: If the embedder is unknown, or what it needs is missing.
            EndpointError: If the embedder is at an endpoint, and it fails. What it gave before is kept.
            StoreError: If the transcripts cannot be read.
        """
        from agentscale import analysis

        named = [self._embedding(name) for name in self._embedders]
        seed = self.header.seed
        made = analysis.analyze(self.folder, named[0].embed, embedder=named[0].signature, seed=seed)
        tables = made.tables
        if len(named) > 1:
            tables = {**tables, "embedders": analysis.embedder_agreement(self.folder, named, seed=seed)}
        if self._before is not None:
            tables = {**tables, "rereading": analysis.changed_answers(self._before, self.folder)}
        return replace(made, tables=tables, warnings=(*self._warnings, *made.warnings))

    def _embedding(self, name: str) -> NamedEmbedder:
        """The embedder of a short form, with its signature: of the kept vectors, if there are any."""
        from agentscale.analysis import NamedEmbedder
        from agentscale.analysis.vectors import kept_dimension
        from agentscale.api.embedding import embedder

        found = embedder(read(name), self.header, self._environ)
        kept = kept_dimension(self.folder.embeddings_path, found.identity)
        return NamedEmbedder(found.signature if kept is None else f"{found.identity}:{kept}", found)

    def embed_with_ray(self, workers: int, address: str | None = None) -> None:
        """Embeds all texts of the run that have no vectors yet by tasks of Ray; the analysis then finds them.

        Args:
            workers: Tasks at once, ≥ 1. They change no vector.
            address: Of a cluster; without it one is started on this machine meanwhile.

        Raises:
            SpecError: If Ray is not installed, no cluster answers, or the embedder is one at an endpoint.
        """
        from agentscale.analysis.vectors import TextVectors
        from agentscale.engine.cluster import connected
        from agentscale.engine.spreading import spread_embed
        from agentscale.schema.embedding import ENDPOINT

        if workers < 1:
            raise SpecError(f"got {workers}", key="workers", allowed="a whole number of at least 1")
        specs = {name: read(name) for name in self._embedders}
        for spec in specs.values():
            if spec.name == ENDPOINT:
                raise SpecError(f"{spec.label!r} is at an endpoint, which embeds as fast as it can", key="embedder")
        with connected(address, workers) as ray:
            for name, spec in specs.items():
                signature = self._embedding(name).signature
                vectors = TextVectors(self.folder.embeddings_path, signature, spread_embed(ray, spec, workers))
                for transcript in self.transcripts():
                    for event in transcript.events:
                        vectors.row(event.text)
                vectors.flush()

    def rows(self, table: str = "cells") -> tuple[dict[str, Any], ...]:
        """The rows of a table, as mappings from column to value.

        Raises:
            SpecError: If there is no such table.
        """
        if table not in self.analysis.tables:
            raise SpecError.unknown("table", table, self.analysis.tables)
        return self.analysis.tables[table].rows

    def estimates(self, name: str, at: str = "") -> dict[str, Estimate]:
        """One estimate for every cell that has it.

        Args:
            name: ``accuracy``, ``k_star``, or a measure of a table with a row a number, such as ``icc_correct`` or
                ``coverage``: ``agentscale help metrics`` lists them.
            at: Where on the measure's own axis: a round, a number of agents, a model. Only for a measure that has one.

        Returns:
            By cell. Cells without the measure, such as votes without a drift, are not in it.

        Raises:
            SpecError: If this run has no such measure, or the measure has no such place.
        """
        if name in ESTIMATES and not at:
            return self._of_cells(name)
        from agentscale.analysis.sections import SECTIONS

        told = [row for table in SECTIONS for row in self.rows(table)]
        own = [row for row in told if row["measure"] == name]
        if not own:
            raise SpecError.unknown("estimate", name, dict.fromkeys([*ESTIMATES, *(row["measure"] for row in told)]))
        if at not in (places := list(dict.fromkeys(row["at"] for row in own))):
            raise SpecError.unknown(f"place of {name!r}", at, places)
        return {row["cell"]: _estimate(row) for row in own if row["at"] == at}

    def keep(self, table: str) -> Path:
        """Writes one table into the run folder, as ``report`` writes all of them.

        Raises:
            SpecError: There is no such table.
            StoreError: It cannot be written.
        """
        self.rows(table)  # which names the tables there are
        return self.folder.write_table(table, *self.analysis.tables[table])

    def _of_cells(self, name: str) -> dict[str, Estimate]:
        value, low, high = ESTIMATES[name]
        return {
            row["cell"]: _estimate(
                {
                    **row,
                    "value": row[value],
                    "low": row[low],
                    "high": row[high],
                    "n_agents": row["size"],
                    "method": self.analysis.method,
                }
            )
            for row in self.rows("cells")
        }

    def forecast(self, team: Mapping[str, int] | None = None, budget: Mapping[str, float] | None = None) -> Table:
        """Votes of teams that were never asked, from the first answers of this run.

        Args:
            team: Only this team: agents by configuration, or by model where it has but one.
            budget: The best team that one question may cost so many ``calls``, ``tokens`` or ``usd``.

        Returns:
            A row a forecast; without arguments every configuration alone and as many of each, in growing sizes.

        Raises:
            SpecError: If a name or a price is unknown, the budget pays for nobody, or no agent ever answered alone.
            StoreError: If the transcripts cannot be read.
        """
        from agentscale import analysis
        from agentscale.api.pricing import rate

        return analysis.forecast_table(
            analysis.read_pilots(self.folder),
            seed=self.header.seed,
            team=team,
            budget=budget,
            rate=rate(self.folder) if budget and "usd" in budget else None,
        )

    def transcripts(self, cell: str | None = None) -> Iterator[Transcript]:
        """The transcripts of one cell, or of all cells in order.

        Raises:
            SpecError: If the run has no such cell.
        """
        known = [each.id for each in self.header.cells]
        if cell is not None and cell not in known:
            raise SpecError.unknown("cell", cell, known)
        for name in known if cell is None else [cell]:
            yield from self.folder.transcripts(name)

    def frame(self, table: str = "cells", library: Library = "pandas") -> Any:
        """A table as a data frame of pandas or polars.

        Args:
            table: As in `rows`.
            library: ``pandas`` or ``polars``, which the extra of that name brings.

        Raises:
            SpecError: There is no such table, or the library is not installed.
        """
        self.rows(table)  # which names the tables there are
        return frame(self.analysis.tables[table], library)

    def compare(self, other: Numbers, resamples: int = 2000) -> Table:
        """Every cell that has its like in another run, with the paired difference of their accuracies.

        Args:
            other: The run whose gain is told: ``delta`` is its accuracy − that of this one.
            resamples: Of the bootstrap over questions.

        Raises:
            SpecError: The runs share no question, or no cell is like another.
            StoreError: A run cannot be read.
        """
        from agentscale import analysis

        return analysis.compare_runs(self.folder, other.folder, seed=self.header.seed, resamples=resamples)


def _estimate(row: Mapping[str, Any]) -> Estimate:
    names = ("value", "low", "high", "n_items", "n_agents", "n_missing", "method")
    return Estimate(**{name: row[name] for name in names}, warnings=(row["warnings"],) if row["warnings"] else ())
