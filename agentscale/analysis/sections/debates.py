"""What a debate did: round by round, from first to last, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.arrays import Ints
from agentscale.analysis.debate import (
    FlipTable,
    consensus_time,
    count_transitions,
    course,
    fj_coupling,
    flip_table,
    martingale_test,
    minority_survival,
    oracle_gap,
    revision,
)
from agentscale.analysis.sections.base import Number, Sight, Told, correctness


def debates(sight: Sight) -> Iterator[Number]:
    """All that is told of a cell in which every agent spoke in every one of several rounds; else nothing.

    Replicates of a question are trials of their own, averaged by question before anything is resampled.
    """
    arrays = sight.arrays
    if arrays.n_rounds < 2 or not len(arrays.item) or not arrays.asked.all():
        return
    truth = np.zeros(len(arrays.answers), dtype=np.int64)
    yield from _whole(sight, truth)
    yield from _rounds(sight, truth)
    yield from _consensus(sight)
    yield from _influence(sight, truth)
    yield from _starts(sight, truth)


def _whole(sight: Sight, truth: Ints) -> Iterator[Told]:
    """From the first round to the last."""
    answers = sight.arrays.answers
    drift = martingale_test(answers, truth, **sight.trials)
    yield Told("drift", drift.mu)
    yield Told("drift_p", sight.plain(drift.p_value, "Student's t over questions"))
    yield from (Told("drift_of_round", one, str(at)) for at, one in enumerate(drift.by_round, start=1))
    yield Told("drift_if_right", drift.if_right)
    yield Told("drift_if_wrong", drift.if_wrong)
    yield from (Told(name, one) for name, one in revision(answers, truth, **sight.trials)._asdict().items())
    yield Told("oracle_gap", oracle_gap(answers, truth, **sight.trials))


def _rounds(sight: Sight, truth: Ints) -> Iterator[Number]:
    found = course(sight.arrays.answers, truth)
    columns = {
        "agree": found.agreement,
        "oracle": found.oracle,
        "unanimous": found.unanimous,
        "unanimous_wrong": found.unanimous_wrong,
        "fragments": found.hill[..., 0],
        "answers_d_1_of_round": found.hill[..., 1],
    }
    for at in range(sight.arrays.n_rounds):
        yield from sight.means({name: column[:, at] for name, column in columns.items()}, str(at))
    for at, share in enumerate(minority_survival(sight.arrays.answers)):
        yield Told("minority_survival", sight.plain(share, "share of first minority answers still held"), str(at))


def _consensus(sight: Sight) -> Iterator[Number]:
    time = consensus_time(sight.arrays.answers)
    reached = np.isfinite(time)
    yield from sight.means(
        {"consensus_reached": reached.astype(np.float64), "consensus_round": np.where(reached, time, np.nan)}
    )


def _influence(sight: Sight, truth: Ints) -> Iterator[Told]:
    """By model: agents of one model may follow their peers, those of another not."""
    cell, answers = sight.arrays.cell, sight.arrays.answers
    if not cell.edges:
        return
    yield Told("coupling", fj_coupling(correctness(answers), cell.edges, **sight.trials))
    models = [agent.model for agent in cell.team.agents]
    for model, table in flip_table(answers, truth, cell.edges, models, **sight.trials).items():
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


def _starts(sight: Sight, truth: Ints) -> Iterator[Told]:
    """What the team comes to from k right first answers."""
    found = count_transitions(sight.arrays.answers, truth)
    for k, (right, began) in enumerate(zip(found.team_right, found.counts.sum(axis=1), strict=True)):
        yield Told("team_right_from", sight.plain(right, f"of {began} trials that began so"), str(k))
