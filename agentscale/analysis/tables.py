"""The tables of an analysis: their columns, and how what was measured becomes rows of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from agentscale.analysis import sections
from agentscale.analysis.bootstrap import TOO_FEW
from agentscale.analysis.counterfactuals import Counterfactual
from agentscale.analysis.curves import Setting, TeamKey, setting, temperatures
from agentscale.analysis.ledger import UNTOLD, Entry, Ledger
from agentscale.analysis.measures import mean
from agentscale.analysis.reading import ReadCell
from agentscale.analysis.sections import SECTIONS
from agentscale.analysis.silence import left_out

Row = dict[str, object]

COLUMNS = {
    "cells": "cell task layer team size protocol topology accuracy accuracy_low accuracy_high accuracy_readable chance "
    "parse_failure k_star k_star_low k_star_high d_2 d_inf mean_cosine calls tokens_in tokens_out n_items n_missing "
    "temperature warnings",
    "curves": "task layer protocol topology size teams accuracy low high chance k_star k_star_low k_star_high "
    "parse_failure calls tokens n_items method warnings",
    "vote_curve": "task layer team size accuracy low high next next_low next_high n_items recorded method",
    "rounds": "cell round agent_accuracy team_accuracy k_star k_star_low k_star_high mean_cosine missing "
    "right_to_wrong wrong_to_right",
    "questions": "cell question round k_star mean_cosine texts agent_accuracy team_accuracy missing",
    "agents": "cell slot config accuracy readable k_without n_items",
    "comparisons": "a b delta low high n_items p_mcnemar note",
    "counterfactuals": "cell aggregator accuracy low high delta delta_low delta_high n_items",
    "fits": "task layer protocol topology team quantity family parameters intervals aicc delta weight r2 held_out "
    "n_points reach forecast low high warnings",
    "laws": "task layer protocol topology team quantity family size value low high",
    "matches": "task layer protocol topology reference size low high p_match surely warnings",
    **dict.fromkeys(SECTIONS, sections.COLUMNS),
    "worlds": "cell task layer team size protocol topology question measure value low high n n_undefined method",
    "world_runs": "cell question replicate",
    "collaboration": "task layer team size protocol topology measure value best best_alone gap low high mean_alone "
    "mean_gap mean_low mean_high n_items warnings",
    "standings": "task protocol topology agent measure value low high n_items n_seats warnings",
}
_BY_QUESTION = ("k_star", "mean_cosine", "texts", "agent_accuracy", "team_accuracy", "missing")
LONG = ("questions", "laws", "world_runs", *SECTIONS)
"""Tables with too many rows for a page."""
_UNREAD = 0.1  # share of unreadable answers from which a cell is warned of


class Table(NamedTuple):
    """Rows of plain values; a number that is not defined is ``nan``, never 0."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class Point(NamedTuple):
    """A point of a curve over team size."""

    setting: Setting
    cells: list[ReadCell]
    accuracy: Entry
    k_star: Entry
    method: str


class VotePoint(NamedTuple):
    """A point of a team's vote curve."""

    team: TeamKey
    size: int
    slots: tuple[str, ...]
    """Of the recorded team, of which a run of this size has the first."""
    alone: bool
    """Whether the first are the only sub-team of their size and composition."""
    accuracy: Entry
    step: Entry | None
    """What one of the last two agents added; ``None`` below three. Of one alone, it would hang on who breaks ties."""

    @property
    def recorded(self) -> int:
        """Agents of the recorded team."""
        return len(self.slots)


class Pair(NamedTuple):
    """Two columns to compare, question by question."""

    a: str
    b: str
    first: Entry
    second: Entry
    delta: Entry
    note: str


def table(name: str, rows: Iterable[Row]) -> Table:
    """The table of that name; every row has exactly its columns."""
    columns = tuple(COLUMNS[name].split())
    return Table(columns, tuple({column: _plain(row[column]) for column in columns} for row in rows))


def open_table(name: str, rows: Iterable[Row]) -> Table:
    """The table of that name with a further column for whatever its rows bring; ``nan`` where one brings it not."""
    listed = list(rows)
    columns = tuple(dict.fromkeys([*COLUMNS[name].split(), *(column for row in listed for column in row)]))
    return Table(columns, tuple({column: _plain(row.get(column, np.nan)) for column in columns} for row in listed))


def _plain(value: object) -> object:
    """Numbers of Python in place of those of numpy."""
    return value.item() if isinstance(value, np.generic) else value


def cell_row(read: ReadCell, ledger: Ledger, chance: float) -> Row:
    """One cell. Means over questions, per question; K* is that of the agents' last texts."""
    at, measures = setting(read.cell, team=True), read.measures
    accuracy, k_star = ledger[read.accuracy], ledger[read.k_star]
    return {
        "cell": read.cell.id,
        **at._asdict(),
        "accuracy": accuracy.value,
        "accuracy_low": accuracy.low,
        "accuracy_high": accuracy.high,
        "accuracy_readable": mean(measures.accuracy_readable),
        "chance": chance,
        "parse_failure": mean(measures.parse_failure),
        "k_star": k_star.value,
        "k_star_low": k_star.low,
        "k_star_high": k_star.high,
        "d_2": mean(measures.d_2),
        "d_inf": mean(measures.d_inf),
        "mean_cosine": mean(measures.mean_cosine),
        "calls": mean(measures.calls),
        "tokens_in": mean(measures.tokens_in),
        "tokens_out": mean(measures.tokens_out),
        "n_items": accuracy.n_items,
        "n_missing": measures.n_missing,
        "temperature": temperatures([read.cell]),
        "warnings": "; ".join(_warnings(read, ledger, chance)),
    }


def agent_rows(read: ReadCell) -> Iterator[Row]:
    """Every agent of a cell: ``accuracy`` over all questions, ``readable`` the share of answers that could be read."""
    measures = read.measures
    for at, agent in enumerate(read.cell.team.agents):
        yield {
            "cell": read.cell.id,
            "slot": agent.slot,
            "config": agent.config_id,
            "accuracy": mean(measures.agent_accuracy[:, at]),
            "readable": mean(measures.agent_readable[:, at]),
            "k_without": mean(measures.agent_without[:, at]),
            "n_items": int(np.isfinite(measures.agent_accuracy[:, at]).sum()),
        }


def round_rows(read: ReadCell, ledger: Ledger) -> Iterator[Row]:
    """Every round of a cell; K* with its interval over questions."""
    for at, (measured, entry) in enumerate(zip(read.rounds, read.round_k_star, strict=True)):
        k_star = ledger[entry]
        yield {
            "cell": read.cell.id,
            "round": at,
            **{name: mean(getattr(measured, name)) for name in ("agent_accuracy", "team_accuracy", "mean_cosine")},
            "k_star": k_star.value,
            "k_star_low": k_star.low,
            "k_star_high": k_star.high,
            "missing": mean(measured.missing),
            "right_to_wrong": measured.right_to_wrong,
            "wrong_to_right": measured.wrong_to_right,
        }


def question_rows(read: ReadCell, questions: Sequence[str]) -> Iterator[Row]:
    """Every question of a cell in every round in which somebody was asked; means over replicates."""
    for at, measured in enumerate(read.rounds):
        by = {name: getattr(measured, name).tolist() for name in _BY_QUESTION}
        for place in np.flatnonzero(np.isfinite(measured.missing)).tolist():
            numbers = {name: column[place] for name, column in by.items()}
            yield {"cell": read.cell.id, "question": questions[place], "round": at, **numbers}


def curve_row(point: Point, ledger: Ledger, chance: float) -> Row:
    """One point of a curve; what has no interval is averaged over the teams of the layer."""
    accuracy, k_star = ledger[point.accuracy], ledger[point.k_star]
    measures = [read.measures for read in point.cells]
    return {
        **point.setting._asdict(),
        "teams": ", ".join(read.cell.team_name for read in point.cells),
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "chance": chance,
        "k_star": k_star.value,
        "k_star_low": k_star.low,
        "k_star_high": k_star.high,
        "parse_failure": _over_teams([mean(one.parse_failure) for one in measures]),
        "calls": _over_teams([mean(one.calls) for one in measures]),
        "tokens": _over_teams([mean(one.tokens_in + one.tokens_out) for one in measures]),
        "n_items": accuracy.n_items,
        "method": point.method,
        "warnings": "; ".join(_curve_warnings(point, ledger)),
    }


def vote_row(point: VotePoint, ledger: Ledger) -> Row:
    """One point of a team's vote curve."""
    accuracy, step = ledger[point.accuracy], UNTOLD if point.step is None else ledger[point.step]
    return {
        **point.team._asdict(),
        "size": point.size,
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "next": step.value,
        "next_low": step.low,
        "next_high": step.high,
        "n_items": accuracy.n_items,
        "recorded": point.recorded,
        "method": _vote_method(point),
    }


def comparison_row(pair: Pair, ledger: Ledger, p_value: float) -> Row:
    """One paired comparison: ``delta`` is a − b over the questions that both have."""
    delta = ledger[pair.delta]
    return {
        "a": pair.a,
        "b": pair.b,
        "delta": delta.value,
        "low": delta.low,
        "high": delta.high,
        "n_items": delta.n_items,
        "p_mcnemar": p_value,
        "note": pair.note,
    }


def counterfactual_row(one: Counterfactual, ledger: Ledger) -> Row:
    """A cell under another aggregator: ``delta`` is against the plurality of the same answers, question by question."""
    accuracy, delta = ledger[one.accuracy], ledger[one.delta]
    return {
        "cell": one.cell.id,
        "aggregator": one.aggregator,
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "delta": delta.value,
        "delta_low": delta.low,
        "delta_high": delta.high,
        "n_items": accuracy.n_items,
    }


def sub_teams(recorded: int) -> str:
    """How the accuracy of a vote was made from a team of ``recorded`` that has several such sub-teams."""
    return f"all sub-teams of this composition in the recorded {recorded}"


def _vote_method(point: VotePoint) -> str:
    if point.size == point.recorded:
        return "runs"
    return f"the first {point.size} of the recorded {point.recorded}" if point.alone else sub_teams(point.recorded)


def _over_teams(values: list[float]) -> float:
    return float(np.mean(values))


def _curve_warnings(point: Point, ledger: Ledger) -> Iterator[str]:
    for read in point.cells:
        yield from (f"{read.cell.team_name}: {text}" for text in left_out(read))
    lacking = ledger[point.accuracy].n_items - ledger[point.k_star].n_items
    if lacking > 0:
        yield f"K* leaves out {lacking} questions, on which a team has no text"


def _warnings(read: ReadCell, ledger: Ledger, chance: float) -> Iterator[str]:
    accuracy, measures = ledger[read.accuracy], read.measures
    lacking = len(measures.accuracy) - accuracy.n_items
    if accuracy.n_items < 2:
        yield TOO_FEW
    if lacking:
        yield f"{lacking} questions have no transcript"
    yield from left_out(read)
    if mean(measures.parse_failure) >= _UNREAD:
        # Without the share itself, which has a column: so that equal warnings of many cells fold into one.
        yield f"{_UNREAD:.0%} of the answers or more cannot be read (see parse_failure)"
    if accuracy.high < chance:
        yield "accuracy is below chance: look at the answers before at the teams"
    if any(agent.copy_index for agent in read.cell.team.agents) and read.cell.temperature == (0.0,):
        yield "temperature 0: copies of a configuration may be identical"
