"""Do two embedders say the same of a run? Rank correlation of what each makes of K*, D_2 and the mean cosine.

K* is a number of an embedder. Where another one ranks teams and questions alike, what is said by comparing them does
not hang on the choice; its value always does. It computes no K* of its own: that is ``measures``'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.arrays import read_cell
from agentscale.analysis.inference import hier_bootstrap
from agentscale.analysis.measures import diversity
from agentscale.analysis.rank_agreement import FEWEST, over_cells, over_cells_of_a_size, over_questions
from agentscale.analysis.tables import Row, Table
from agentscale.analysis.vectors import Embed, TextVectors
from agentscale.schema.run import Cell

if TYPE_CHECKING:
    from agentscale.store import RunFolder

Floats = NDArray[np.float64]
COLUMNS = "a b task measure over spearman low high n_cells n_items note"
MEASURES = ("k_star", "d_2", "mean_cosine")
_RESAMPLES = 1000
_FEW = 6  # things to rank below which chance alone often ranks alike


class NamedEmbedder(NamedTuple):
    """An embedder under its signature."""

    signature: str
    embed: Embed


def embedder_agreement(
    folder: RunFolder, embedders: Sequence[NamedEmbedder], *, seed: int, resamples: int = _RESAMPLES
) -> Table:
    """The table ``embedders``: the first embedder against every other, by task, measure and what is ranked.

    ``over`` says what is ranked: ``cells`` (their means over questions), ``cells of a size`` (the same among teams of
    one size, averaged over sizes), ``questions`` (of one cell, averaged over cells). Agents that are alone are left
    out: their K* is 1 by definition. Intervals are of the bootstrap over questions; the cells are those of the run, and
    no sample of anything.

    Args:
        folder: The run. Vectors of texts are kept in it.
        embedders: Two or more.
        seed: Of the bootstrap.
        resamples: Of the bootstrap, ≥ 1.

    Raises:
        SpecError: An embedder gives another shape than one row a text.
        StoreError: Transcripts or kept vectors cannot be read.
    """
    teams = [cell for cell in folder.header.cells if cell.size > 1 and folder.has_transcripts(cell.id)]
    first, *others = [_Seen(folder, named, teams) for named in embedders]
    rows = (row for other in others for row in _rows(first, other, teams, seed, resamples))
    return Table(tuple(COLUMNS.split()), tuple(rows))


class _Seen:
    """What an embedder makes of every cell: values by question and measure, shape (Q of the task, 3)."""

    def __init__(self, folder: RunFolder, named: NamedEmbedder, teams: Sequence[Cell]) -> None:
        self.signature = named.signature
        vectors = TextVectors(folder.embeddings_path, named.signature, named.embed)
        items = _items(folder)
        self.by_cell = {cell.id: _measured(folder, cell, items[cell.task], vectors) for cell in teams}


def _items(folder: RunFolder) -> dict[str, dict[str, int]]:
    """Place of each sample id, by task."""
    places: dict[str, dict[str, int]] = {}
    for task, sample in sorted(folder.questions()):
        of_task = places.setdefault(task, {})
        of_task[sample] = len(of_task)
    return places


def _measured(folder: RunFolder, cell: Cell, items: dict[str, int], vectors: TextVectors) -> Floats:
    arrays = read_cell(cell, folder.transcripts(cell.id), items, vectors.row)
    spoke = diversity(arrays.last(arrays.texts), vectors)
    return np.stack([arrays.by_item(getattr(spoke, name)) for name in MEASURES], axis=1)


def _rows(first: _Seen, other: _Seen, teams: Sequence[Cell], seed: int, resamples: int) -> Iterator[Row]:
    for task, group in groupby(sorted(teams, key=lambda cell: cell.task), key=lambda cell: cell.task):
        cells = list(group)
        sizes = np.array([cell.size for cell in cells])
        seen = np.stack([[one.by_cell[cell.id] for cell in cells] for one in (first, other)])  # (2, C, Q, 3)
        ways: dict[str, Callable[[Floats], float]] = {
            "cells": over_cells,
            "cells of a size": partial(over_cells_of_a_size, sizes=sizes),
            "questions": over_questions,
        }
        for at, measure in enumerate(MEASURES):
            values = seen[..., at].transpose(2, 0, 1)
            for over, way in ways.items():
                head = {"a": first.signature, "b": other.signature, "task": task, "measure": measure, "over": over}
                yield {**head, **_compared(values, way, over, seed, resamples)}


def _compared(values: Floats, way: Callable[[Floats], float], over: str, seed: int, resamples: int) -> Row:
    """One number with its interval, of values (Q, 2, C)."""
    both = np.isfinite(values).all(axis=1)
    counts: Row = {"n_cells": int(np.any(both, axis=0).sum()), "n_items": int(np.any(both, axis=1).sum())}
    if not np.isfinite(way(values)):
        lacking = f"fewer than {FEWEST} {over} to rank, or all alike"
        return {"spearman": np.nan, "low": np.nan, "high": np.nan, **counts, "note": lacking}
    questions = {"question": np.arange(len(values))}
    found = hier_bootstrap(way, values, questions, resamples, seed=seed)
    return {
        "spearman": found.value,
        "low": found.low,
        "high": found.high,
        **counts,
        "note": "; ".join((*_few(counts, over), *found.warnings)),
    }


def _few(counts: Row, over: str) -> tuple[str, ...]:
    """A warning that an interval over questions does not give."""
    ranked = counts["n_items" if over == "questions" else "n_cells"]
    assert isinstance(ranked, int)
    return (f"only {ranked} {over} to rank",) if ranked < _FEW else ()
