"""Every estimator of simulated runs against the truth of the worlds that made them.

    python results/derive.py estimator-scoreboard

Worlds are numbered by their seeds, so the scores of one world can be derived alone and on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checks as other
import debates
import texts
import votes
from pages import Table
from scores import Score, cells
from writing import write_table

APART = "takes some five minutes of one core"
WORLDS, QUESTIONS, RESAMPLES = 12, 126, 400
POPULATION = 2000
"""Questions that stand for the truth where it has no formula; its own error is a quarter of the estimates'."""
DEBATES = 10
"""Worlds of debates for one of the others: they are small. Checks take two."""


def scores(
    worlds: int, questions: int = QUESTIONS, resamples: int = RESAMPLES, population: int = POPULATION
) -> Iterator[Score]:
    """All scores of the first ``worlds`` worlds."""
    for seed in range(worlds):
        for kind in votes.KINDS:
            yield from votes.scores(kind, seed, questions, resamples, population)
        for kind in texts.KINDS:
            yield from texts.scores(kind, seed, questions, resamples)
    for seed in range(DEBATES * worlds):
        yield from debates.scores(seed, questions, resamples)


def design() -> dict[str, Any]:
    """How much was drawn."""
    return {
        "worlds": WORLDS,
        "questions": QUESTIONS,
        "resamples": RESAMPLES,
        "population": POPULATION,
        "parse_failures": ", ".join(f"{100 * share:.0f}" for share in votes.KINDS["parse failures"]["parse_failure"]),
        "affinity": votes.KINDS["even preference"]["affinity"],
        "persona_tilt": votes.KINDS["even preference"]["persona_tilt"],
        "vote_sizes": ", ".join(map(str, votes.SIZES)),
        "largest_texts": max(texts.SIZES),
        "debate_worlds": DEBATES * WORLDS,
        "debaters": debates.N,
        "rounds": debates.ROUNDS,
        "coverage_error": 1.96 * (0.95 * 0.05 / (WORLDS * len(votes.LAYERS))) ** 0.5,
    }


def answers(board: Table) -> Iterator[dict[str, Any]]:
    """The lines of the front page: the bias of a vote, and the ranks of two channel counts."""
    vote = board.one(estimator="vote accuracy, BCa", kind="default")
    off = bias_error(vote)
    yield {
        "question": "Which estimators find the truth?",
        "answer": "Those of votes, correlations and drifts do, entropies by counting do not (bias of a vote)",
        "value": vote["bias"],
        "low": vote["bias"] - off,
        "high": vote["bias"] + off,
        "form": "points",
        "measured": "simulator, known truth",
    }
    kstar = board.one(estimator="K*", kind="default weights")
    off = bias_error(kstar)
    yield {
        "question": "Does K* count channels?",
        "answer": "It ranks teams well, but counts too few where texts share more than their channel (bias, in channels)",
        "value": kstar["bias"],
        "low": kstar["bias"] - off,
        "high": kstar["bias"] + off,
        "form": "number",
        "measured": "simulator, known truth",
    }


def bias_error(row: dict[str, Any]) -> float:
    """Within what a bias is known, as if all cells of a world were one."""
    return float(1.96 * max(row["rmse"] ** 2 - row["bias"] ** 2, 0.0) ** 0.5 / row["worlds"] ** 0.5)


def derive(source: Path, out: Path) -> None:
    """Writes the tables."""
    table = list(cells(scores(WORLDS)))
    write_table(out, "scoreboard", [row for row in table if row["layer"] == "all"])
    write_table(out, "cells", table)
    write_table(out, "checks", [each._asdict() for each in other.checks(2 * WORLDS, QUESTIONS)])
    summarize(out)


def summarize(out: Path) -> None:
    """Writes what follows from the table ``scoreboard``."""
    board = Table(out / "tables" / "scoreboard.csv")
    write_table(out, "design", [design()])
    named = ("part", "estimator", "kind", "bias")
    write_table(out, "biases", [{key: row[key] for key in named} | {"known_to": bias_error(row)} for row in board])
    write_table(out, "answer", answers(board))
