"""Every estimator of simulated runs against the truth of the worlds that made them.

    python results/estimator-scoreboard/study.py              # writes scoreboard.csv, cells.csv and checks.csv
    python results/estimator-scoreboard/study.py --worlds 2   # a look, printed and not written

Worlds are numbered by their seeds, so the scores of one world can be derived alone and on any machine.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TextIO

import checks as other
import debates
import texts
import votes
from scores import COLUMNS, Score, cells

HERE = Path(__file__).parent
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


def checked(worlds: int, questions: int = QUESTIONS) -> list[dict[str, str]]:
    """The checks as rows."""
    found = other.checks(worlds, questions)
    return [{**each._asdict(), "value": f"{each.value:.4f}"} for each in found]


def _opened(name: str) -> TextIO:
    return (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8")


def main() -> None:
    """Derives the tables and writes them, or prints smaller ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    worlds = parser.parse_args().worlds
    table = list(cells(scores(worlds)))
    whole = [row for row in table if row["layer"] == "all"]
    tables = {"scoreboard": (COLUMNS, whole), "cells": (COLUMNS, table), "checks": (other.COLUMNS, checked(2 * worlds))}
    for name, (columns, rows) in tables.items():
        written = worlds == WORLDS
        if written or name != "cells":
            with _opened(name) if written else nullcontext(sys.stdout) as file:
                writer = csv.DictWriter(file, columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)


if __name__ == "__main__":
    main()
