"""Two runs side by side: every cell of one beside its like in the other, question by question.

Both answer the same questions, so their difference is paired: what is hard for both cancels. Cells are alike that have
the same task, size, protocol and topology, and the same team; of teams with other names, those that have no rival.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agentscale.analysis.arrays import MISSING, CellArrays, Floats, read_cell
from agentscale.analysis.bootstrap import few_differ, mcnemar
from agentscale.analysis.comparisons import decoding
from agentscale.analysis.curves import Setting, setting
from agentscale.analysis.inference import check_decoding, check_parse_failure
from agentscale.analysis.ledger import Entry, Ledger
from agentscale.analysis.measures import mean
from agentscale.analysis.tables import Row, Table
from agentscale.errors import SpecError
from agentscale.schema.run import Cell, QuestionRecord

if TYPE_CHECKING:
    from agentscale.store import RunFolder

COLUMNS = (
    "cell",
    "other",
    "accuracy",
    "accuracy_other",
    "delta",
    "low",
    "high",
    "n_items",
    "p_mcnemar",
    "calls",
    "calls_other",
    "tokens",
    "tokens_other",
    "note",
)
"""Of the table of two runs: ``delta`` is accuracy of the other run − that of the first, over the questions of both."""

QuestionKey = tuple[str, str]


class _Side(NamedTuple):
    """A cell of one run, by question in the order that both runs share; ``nan`` where it has no trial."""

    accuracy: Floats
    calls: Floats
    tokens: Floats
    unread: Floats
    """Share of the agents' last answers that could not be read."""


class _Entered(NamedTuple):
    """A pair of cells whose numbers stand in the ledger."""

    cells: tuple[Cell, Cell]
    sides: tuple[_Side, _Side]
    delta: Entry
    difference: Floats


def compare_runs(one: RunFolder, other: RunFolder, *, seed: int, resamples: int = 2000) -> Table:
    """Every cell of a run that has its like in another, with the paired difference of their accuracies.

    Args:
        one: The run that is compared with.
        other: The run whose gain is told: ``delta`` is its accuracy − that of ``one``.
        seed: Of the bootstrap over questions, which all pairs of a task share.
        resamples: How many.

    Returns:
        A row a pair, in the order of the first run's cells. Numbers are means over the questions that both cells have
        answered and that are the same in both runs, by their texts.

    Raises:
        SpecError: The runs share no question, or no cell is like another.
        StoreError: A run cannot be read.
    """
    shared = _shared(one.questions(), other.questions())
    if not shared:
        raise SpecError(f"{one.path} and {other.path} share no question", allowed="runs of the same tasks")
    pairs = list(alike(_played(one), _played(other)))
    if not pairs:
        raise SpecError(
            f"no cell of {one.path} is like one of {other.path}",
            allowed="cells of the same task, size, protocol and topology, with transcripts in both runs",
        )
    ledger = Ledger(seed, resamples)
    entered = [_enter(one, other, pair, shared[pair[0].task], ledger) for pair in pairs if pair[0].task in shared]
    ledger.settle()
    return Table(COLUMNS, tuple(_row(each, ledger) for each in entered))


def alike(cells: Sequence[Cell], others: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """The pairs of cells that are alike, in the order of the first."""
    places = {setting(cell, team=True): cell for cell in others}
    same = {cell.id: places.pop(at) for cell in cells if (at := setting(cell, team=True)) in places}
    alone = _without_rival(cell for cell in cells if cell.id not in same)
    rivals = _without_rival(places.values())
    same |= {cell.id: rivals[at] for at, cell in alone.items() if at in rivals}
    return ((cell, same[cell.id]) for cell in cells if cell.id in same)


def _without_rival(cells: Iterable[Cell]) -> dict[Setting, Cell]:
    """By what they share apart from the team, the cells that are alone in it."""
    groups: dict[Setting, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[setting(cell, team=True)._replace(team="", layer="")].append(cell)
    return {at: group[0] for at, group in groups.items() if len(group) == 1}


def _shared(
    asked: Mapping[QuestionKey, QuestionRecord], others: Mapping[QuestionKey, QuestionRecord]
) -> dict[str, dict[str, int]]:
    """By task, the place of each question that both runs ask in the same words, in the order of the ids."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for task, sample in sorted(asked.keys() & others.keys()):
        if asked[task, sample] == others[task, sample]:
            found[task][sample] = len(found[task])
    return dict(found)


def _played(folder: RunFolder) -> list[Cell]:
    return [cell for cell in folder.header.cells if folder.has_transcripts(cell.id)]


def _enter(
    one: RunFolder, other: RunFolder, pair: tuple[Cell, Cell], items: Mapping[str, int], ledger: Ledger
) -> _Entered:
    first, second = (_side(folder, cell, items) for folder, cell in zip((one, other), pair, strict=True))
    difference = second.accuracy - first.accuracy
    delta = ledger.enter(pair[0].task, difference, paired=True)
    both = np.isfinite(difference)
    sides = tuple(_Side(*(np.where(both, column, np.nan) for column in side)) for side in (first, second))
    return _Entered(pair, (sides[0], sides[1]), delta, difference)


def _side(folder: RunFolder, cell: Cell, items: Mapping[str, int]) -> _Side:
    trials = (trial for trial in folder.transcripts(cell.id) if trial.sample_id in items)
    arrays = read_cell(cell, trials, items, lambda text: -1)
    columns = (
        np.where(np.isnan(arrays.score), 0.0, arrays.score),  # a team without an answer counts 0, as everywhere
        arrays.calls,
        arrays.tokens_in + arrays.tokens_out,
        _unread(arrays),
    )
    return _Side(*map(arrays.by_item, columns))


def _unread(arrays: CellArrays) -> Floats:
    asked = arrays.was_asked
    missing = ((arrays.last(arrays.answers) == MISSING) & asked).sum(axis=1)
    return np.asarray(missing / np.maximum(asked.sum(axis=1), 1))


def _row(pair: _Entered, ledger: Ledger) -> Row:
    (cell, other), (first, second), delta = pair.cells, pair.sides, ledger[pair.delta]
    return {
        "cell": cell.id,
        "other": other.id,
        "accuracy": mean(first.accuracy),
        "accuracy_other": mean(second.accuracy),
        "delta": delta.value,
        "low": delta.low,
        "high": delta.high,
        "n_items": delta.n_items,
        "p_mcnemar": mcnemar(second.accuracy, first.accuracy),
        "calls": mean(first.calls),
        "calls_other": mean(second.calls),
        "tokens": mean(first.tokens),
        "tokens_other": mean(second.tokens),
        "note": "; ".join(_notes(pair)),
    }


def _notes(pair: _Entered) -> Iterator[str]:
    one, other = pair.cells
    yield "paired on questions"
    if one.team != other.team:
        yield "the teams differ"
    yield from check_decoding(_decoding(one), _decoding(other), across_decoding=True)
    first, second = (mean(side.unread) for side in pair.sides)
    yield from check_parse_failure(first, second)
    yield from few_differ(pair.difference)


def _decoding(cell: Cell) -> set[str]:
    return {decoding(agent.sampling) for agent in cell.team.agents}
