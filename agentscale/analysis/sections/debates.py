"""What a debate did: round by round, from first to last, and to whom. Of the first replicate of each question."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.arrays import Ints
from agentscale.analysis.debate import (
    FlipTable,
    consensus_time,
    count_transitions,
    course,
    flip_table,
    martingale_test,
    minority_survival,
    oracle_gap,
    revision,
)
from agentscale.analysis.sections.base import FIRST_ONLY, Sight, Told


def debates(sight: Sight) -> Iterator[Told]:
    """All that is told of a cell with more than one round."""
    if sight.arrays.n_rounds < 2:
        return
    answers = sight.first_replicate
    truth = np.zeros(len(answers), dtype=np.int64)
    note = (FIRST_ONLY,) if len(answers) < len(sight.arrays.item) else ()
    for told in _all(sight, answers, truth):
        yield told.warned(*note)


def _all(sight: Sight, answers: Ints, truth: Ints) -> Iterator[Told]:
    drawn = {"seed": sight.seed, "resamples": sight.resamples}
    drift = martingale_test(answers, truth, **drawn)
    yield Told("drift", drift.mu)
    yield Told("drift_p", sight.plain(drift.p_value, "Student's t over questions"))
    yield from (Told("drift_of_round", one, str(at)) for at, one in enumerate(drift.by_round, start=1))
    yield Told("drift_if_right", drift.if_right)
    yield Told("drift_if_wrong", drift.if_wrong)
    yield from (Told(name, one) for name, one in revision(answers, truth, **drawn)._asdict().items())
    yield Told("oracle_gap", oracle_gap(answers, truth, **drawn))
    yield from _rounds(sight, answers, truth)
    yield from _consensus(sight, answers)
    yield from _flips(sight, answers, truth)
    yield from _starts(sight, answers, truth)


def _rounds(sight: Sight, answers: Ints, truth: Ints) -> Iterator[Told]:
    found = course(answers, truth)
    columns = {
        "agree": found.agreement,
        "oracle": found.oracle,
        "unanimous": found.unanimous,
        "unanimous_wrong": found.unanimous_wrong,
        "fragments": found.hill[..., 0],
        "answers_d_1": found.hill[..., 1],
    }
    for at in range(answers.shape[1]):
        yield from sight.question_means({name: column[:, at] for name, column in columns.items()}, str(at))
    for at, share in enumerate(minority_survival(answers)):
        yield Told("minority_survival", sight.plain(share, "share of first minority answers still held"), str(at))


def _consensus(sight: Sight, answers: Ints) -> Iterator[Told]:
    time = consensus_time(answers)
    reached = np.isfinite(time)
    yield from sight.question_means(
        {"consensus_reached": reached.astype(np.float64), "consensus_round": np.where(reached, time, np.nan)}
    )


def _flips(sight: Sight, answers: Ints, truth: Ints) -> Iterator[Told]:
    """By model: agents of one model may follow their peers, those of another not."""
    cell = sight.arrays.cell
    if not cell.edges:
        return
    models = [agent.model for agent in cell.team.agents]
    tables = flip_table(answers, truth, cell.edges, models, seed=sight.seed, resamples=sight.resamples)
    for model, table in tables.items():
        yield from _flip_rates(sight, table, str(model))


def _flip_rates(sight: Sight, table: FlipTable, model: str) -> Iterator[Told]:
    for name in ("corrected", "subverted", "conformity", "pull", "truth_advantage"):
        yield Told(name, getattr(table, name), model)
    shares = zip(
        table.share[:-1], table.wrong_to_right, table.n_wrong, table.right_to_wrong, table.n_right, strict=True
    )
    for share, to_right, n_wrong, to_wrong, n_right in shares:
        at = f"{model}, share from {share:.1f}"
        yield Told("wrong_to_right", sight.plain(to_right, f"of {n_wrong} wrong answers"), at)
        yield Told("right_to_wrong", sight.plain(to_wrong, f"of {n_right} right answers"), at)


def _starts(sight: Sight, answers: Ints, truth: Ints) -> Iterator[Told]:
    """What the team comes to from k right first answers."""
    found = count_transitions(answers, truth)
    for k, (right, began) in enumerate(zip(found.team_right, found.counts.sum(axis=1), strict=True)):
        yield Told("team_right_from", sight.plain(right, f"of {began} questions that began so"), str(k))
