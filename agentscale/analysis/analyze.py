"""From a run folder to its tables: read every cell, then bootstrap all numbers of a task together.

Reads what is stored and nothing else; what turns texts into vectors is handed in. Cells are read one at a time and only
numbers by question are kept of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from agentscale.analysis import tables
from agentscale.analysis.arrays import Floats, read_cell
from agentscale.analysis.bootstrap import METHOD, mcnemar
from agentscale.analysis.collaboration import Played, gap_rows, played
from agentscale.analysis.comparisons import compared
from agentscale.analysis.counterfactuals import counterfactuals
from agentscale.analysis.curves import (
    TeamKey,
    VoteCurve,
    grouped,
    is_vote,
    team_key,
    team_mean,
    vote_curve,
)
from agentscale.analysis.ledger import Entry, Ledger
from agentscale.analysis.measures import measure, measure_rounds
from agentscale.analysis.reading import ReadCell
from agentscale.analysis.scaling import fit_rows, fitted, law_rows, match_rows
from agentscale.analysis.sections import SECTIONS, Sight, section_rows
from agentscale.analysis.silence import silent
from agentscale.analysis.standings import standing_rows
from agentscale.analysis.tables import Pair, Point, Row, Table, VotePoint
from agentscale.analysis.vectors import Embed, TextVectors
from agentscale.analysis.worlds import mean_rows, run_rows
from agentscale.schema.run import Cell, RunHeader

if TYPE_CHECKING:
    from agentscale.store import RunFolder


@dataclass(frozen=True)
class Analysis:
    """All numbers of a run."""

    header: RunHeader
    tables: dict[str, Table]
    """``cells``, ``curves``, ``vote_curve``, ``rounds``, ``questions``, ``agents``, ``comparisons``,
    ``counterfactuals``, ``fits``, ``laws``, ``matches``, ``worlds``, ``world_runs``,
    ``collaboration``, ``standings``, and those of `SECTIONS`."""
    embedder: str
    """Signature of what made the vectors of K*."""
    warnings: tuple[str, ...] = ()
    method: str = ""
    """How the intervals were made."""


class _Task(NamedTuple):
    """What is known of a task's questions."""

    items: dict[str, int]
    """Place of each sample id, in the order of the ids."""
    options: Floats
    """Choices of each question in that order, shape (Q,); ``nan`` for open answers."""
    common: int
    """The smallest team of two or more, 1 where there is none."""
    acts: bool
    """Whether agents act on worlds."""

    @property
    def chance(self) -> float:
        """Mean of 1/#choices; 0 for open answers, ``nan`` for worlds, where nobody knows what guessing gives."""
        return float("nan") if self.acts else float(np.where(np.isnan(self.options), 0.0, 1.0 / self.options).mean())


class _Worlds(NamedTuple):
    """What was played in worlds."""

    runs: list[Row]
    """A row a trial."""
    played: list[Played]
    """By cell and question."""


def analyze(
    folder: RunFolder,
    embed: Embed,
    *,
    embedder: str,
    seed: int,
    resamples: int = 2000,
    across_decoding: bool = False,
) -> Analysis:
    """All tables of a run, from its transcripts.

    Args:
        folder: The run. Vectors of texts are kept in it, under ``embeddings/``.
        embed: Texts to vectors, shape (n, d); called only for texts whose vectors are not kept yet.
        embedder: The embedder's signature: name, version, dimension. Vectors are kept under it.
        seed: Seed of the bootstrap.
        resamples: Of the bootstrap over questions; all numbers of a task share them.
        across_decoding: Whether teams that were decoded differently are compared all the same.

    Raises:
        SpecError: The embedder gives another shape than one row a text.
        StoreError: Transcripts or kept vectors cannot be read, or belong to another run.
    """
    with threadpool_limits(1, "blas"):  # products of small matrices: more threads only spin
        vectors = TextVectors(folder.embeddings_path, embedder, embed)
        made, warnings = _analyzed(folder, vectors, Ledger(seed, resamples), across_decoding)
    method = f"{METHOD}; {resamples} resamples, shared by all numbers of a task"
    return Analysis(folder.header, made, embedder, warnings, method)


def _analyzed(
    folder: RunFolder, vectors: TextVectors, ledger: Ledger, across_decoding: bool
) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The tables, and what they are warned of."""
    tasks = _tasks(folder)
    told: dict[str, list[Row]] = {name: [] for name in (*SECTIONS, "worlds")}
    worlds = _Worlds([], [])
    read, recorded = _read(folder, tasks, vectors, ledger, told, worlds)
    votes = [point for key, curve in recorded.items() for point in _vote_points(key, curve, ledger)]
    # Where every cell was asked anew, its point is what it was asked, and not another cell's answers.
    shared = [] if folder.header.experiment.get("independent") else votes
    points = _points(read, {(point.team, point.size): point for point in shared}, ledger)
    found = compared(points, read, ledger, across_decoding=across_decoding)
    ledger.settle()
    laws = list(fitted(points, read, ledger))
    rows: dict[str, list[Row]] = {
        "cells": [tables.cell_row(one, ledger, tasks[one.cell.task].chance) for one in read],
        "curves": [tables.curve_row(point, ledger, tasks[point.setting.task].chance) for point in points],
        "vote_curve": [tables.vote_row(point, ledger) for point in votes],
        "rounds": [row for one in read for row in tables.round_rows(one, ledger)],
        "questions": [row for one in read for row in tables.question_rows(one, tuple(tasks[one.cell.task].items))],
        "agents": [row for one in read for row in tables.agent_rows(one)],
        "comparisons": [tables.comparison_row(pair, ledger, _p_value(pair, ledger)) for pair in found.pairs],
        "counterfactuals": [tables.counterfactual_row(other, ledger) for one in read for other in one.counterfactuals],
        "fits": list(fit_rows(laws)),
        "laws": list(law_rows(laws)),
        "matches": list(match_rows(points, ledger)),
        **told,
    }
    warnings = (
        *_untaken(folder),
        *_absent(folder),
        *_too_long(votes, ledger),
        *silent(read),
        *found.warnings,
        *vectors.warnings,
    )
    of_worlds = {
        "collaboration": gap_rows(worlds.played, seed=ledger.seed, resamples=ledger.resamples),
        "standings": standing_rows(worlds.played, seed=ledger.seed, resamples=ledger.resamples),
    }
    return {
        **{name: tables.table(name, rows[name]) for name in rows},
        "world_runs": tables.open_table("world_runs", worlds.runs),
        **{name: tables.table(name, listed) for name, listed in of_worlds.items()},
    }, warnings


def _tasks(folder: RunFolder) -> dict[str, _Task]:
    options: dict[str, dict[str, float]] = {}
    for (task, sample), question in sorted(folder.questions().items()):
        options.setdefault(task, {})[sample] = len(question.choices) or np.nan
    return {task: _task(folder, task, of) for task, of in options.items()}


def _task(folder: RunFolder, task: str, options: Mapping[str, float]) -> _Task:
    items = {sample: at for at, sample in enumerate(options)}
    acts = folder.header.tasks[task].kind == "world"
    return _Task(items, np.array(list(options.values())), _common(folder, task), acts)


def _common(folder: RunFolder, task: str) -> int:
    """The smallest team of two or more agents of a task: the size to which K* of all its teams can be brought."""
    return min((cell.size for cell in folder.header.cells if cell.task == task and cell.size > 1), default=1)


def _read(
    folder: RunFolder,
    tasks: Mapping[str, _Task],
    vectors: TextVectors,
    ledger: Ledger,
    told: dict[str, list[Row]],
    worlds: _Worlds,
) -> tuple[list[ReadCell], dict[TeamKey, VoteCurve]]:
    """Every cell that has transcripts, and the vote curve of the largest vote of every team.

    What sections and worlds say of a cell joins ``told``, and what was played in a world ``worlds``, while its arrays
    are at hand: they are not kept.
    """
    largest = _largest_votes(folder)
    read, recorded = [], {}
    for cell in folder.header.cells:
        if folder.has_transcripts(cell.id):
            arrays = read_cell(cell, folder.transcripts(cell.id), tasks[cell.task].items, vectors.row)
            if largest.get(team_key(cell)) == cell.id:
                recorded[team_key(cell)] = vote_curve(arrays)
            measures = measure(arrays, vectors)
            entries = ledger.enter(cell.task, measures.accuracy), ledger.enter(cell.task, measures.k_star)
            others = list(counterfactuals(arrays, tasks[cell.task].chance, ledger))
            rounds = measure_rounds(arrays, vectors)
            alone = len(rounds) == 1  # the last texts are those of the only round
            courses = [entries[1]] if alone else [ledger.enter(cell.task, one.k_star) for one in rounds]
            read.append(ReadCell(cell, measures, rounds, *entries, courses, others))
            of = tasks[cell.task]
            sight = Sight(arrays, vectors, of.options, common=of.common, seed=ledger.seed, resamples=ledger.resamples)
            for name, rows in section_rows(sight):
                told[name] += rows
            told["worlds"] += mean_rows(arrays, tuple(of.items), seed=ledger.seed, resamples=ledger.resamples)
            worlds.runs.extend(run_rows(arrays, tuple(of.items)))
            worlds.played.extend(played(arrays))
    return read, recorded


def _largest_votes(folder: RunFolder) -> dict[TeamKey, str]:
    """Id of the largest vote cell with transcripts, by team."""
    votes = [cell for cell in folder.header.cells if is_vote(cell) and folder.has_transcripts(cell.id)]
    return {team_key(cell): cell.id for cell in sorted(votes, key=lambda cell: cell.size)}


def _vote_points(key: TeamKey, curve: VoteCurve, ledger: Ledger) -> Iterator[VotePoint]:
    for size, (column, alone) in enumerate(zip(curve.by_size.T, curve.alone, strict=True), start=1):
        accuracy = ledger.enter(key.task, column)
        # Over two agents: from an odd team to an even one a vote gains nothing but ties.
        gained = (column - curve.by_size[:, size - 3]) / 2 if size > 2 else None
        step = None if gained is None else ledger.enter(key.task, gained, paired=True)
        yield VotePoint(key, size, curve.slots, bool(alone), accuracy, step)


def _points(read: Sequence[ReadCell], votes: Mapping[tuple[TeamKey, int], VotePoint], ledger: Ledger) -> list[Point]:
    """The points of all curves: accuracy and K* averaged over the teams of a layer, question by question."""
    by_id = {one.cell.id: one for one in read}
    points = []
    for at, group in grouped([one.cell for one in read]).items():
        cells = [by_id[cell.id] for cell in group]
        sources, method = _sources(cells, votes, ledger)
        accuracy = ledger.enter(at.task, team_mean([ledger.values(entry) for entry in sources]))
        k_star = ledger.enter(at.task, team_mean([one.measures.k_star for one in cells]))
        points.append(Point(at, cells, accuracy, k_star, method))
    return points


def _sources(
    cells: Sequence[ReadCell], votes: Mapping[tuple[TeamKey, int], VotePoint], ledger: Ledger
) -> tuple[list[Entry], str]:
    """Where a point's accuracies come from: sub-teams of the recorded votes where there are several, else the runs."""
    runs = [one.accuracy for one in cells]
    found = [(one.cell, votes.get((team_key(one.cell), one.cell.size))) for one in cells if is_vote(one.cell)]
    points = [point for cell, point in found if point is not None and _stands_for(point, cell, ledger)]
    if len(points) < len(cells) or all(point.alone for point in points):
        return runs, "runs"
    ways = dict.fromkeys("runs" if point.alone else tables.sub_teams(point.recorded) for point in points)
    sources = [run if point.alone else point.accuracy for run, point in zip(runs, points, strict=True)]
    return sources, f"accuracy: {' and '.join(ways)}; all else: the first {points[0].size} agents"


def _stands_for(point: VotePoint, cell: Cell, ledger: Ledger) -> bool:
    """Whether the point has a value, and the cell's agents are the first of those that were recorded for it."""
    return point.slots[: point.size] == cell.team.slots and bool(np.isfinite(ledger.values(point.accuracy)).any())


def _p_value(pair: Pair, ledger: Ledger) -> float:
    return mcnemar(ledger.values(pair.first), ledger.values(pair.second))


def _untaken(folder: RunFolder) -> list[str]:
    """What the experiment asked for and a model does not take: a treatment that was not given."""
    return [warning for lesson in folder.lessons() if (warning := lesson.warning) is not None]


def _absent(folder: RunFolder) -> Iterator[str]:
    absent = [cell.id for cell in folder.header.cells if not folder.has_transcripts(cell.id)]
    if absent:
        yield f"{len(absent)} cells have no transcripts and are in no table: {', '.join(absent)}"


def _too_long(votes: Sequence[VotePoint], ledger: Ledger) -> Iterator[str]:
    """Teams whose exact sum over sub-teams was given up at some sizes."""
    undefined: dict[TeamKey, list[str]] = {}
    for point in votes:
        if len(values := ledger.values(point.accuracy)) and not np.isfinite(values).any():
            undefined.setdefault(point.team, []).append(str(point.size))
    for team, sizes in undefined.items():
        yield (
            f"the vote curve of {team.team} ({team.layer}, {team.task}) has no value at sizes {', '.join(sizes)}: "
            "there are too many sub-teams, or no transcripts"
        )
