"""The published scoreboard: a smaller version of it, rows of it derived again, and a page that quotes its tables."""

from __future__ import annotations

import csv
import importlib
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "results" / "estimator-scoreboard"
MODULES = ("study", "scores", "votes", "texts", "debates", "checks")


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    """The script, imported as it imports its neighbours."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("study")
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def board(estimator: str, kind: str) -> dict[str, str]:
    (row,) = [row for row in rows("scoreboard") if (row["estimator"], row["kind"]) == (estimator, kind)]
    return row


def check(what: str) -> float:
    (row,) = [row for row in rows("checks") if row["what"] == what]
    return float(row["value"])


def test_a_small_version_scores_every_estimator_of_the_table(study: ModuleType) -> None:
    made = [
        *study.votes.scores("default", 0, 30, 40, 60),
        *study.texts.scores("channels told apart", 0, 30, 40),
        *study.debates.scores(0, 30, 40),
    ]
    table = list(study.cells(made))
    assert {row["estimator"] for row in table} == {row["estimator"] for row in rows("cells")}
    told = [row for row in table if row["estimator"] == "1/channels_d2" and row["agents"] in ("8", "16")]
    assert max(abs(float(row["bias"])) for row in told) < 0.15


def test_checks_are_derived_again(study: ModuleType) -> None:
    again = [*study.other.style(study.QUESTIONS), *study.other.identities(2 * study.WORLDS, study.QUESTIONS)]
    for found in again:
        assert check(found.what) == pytest.approx(found.value, abs=2e-3)


@pytest.mark.slow
def test_debates_are_derived_again(study: ModuleType) -> None:
    seeds = range(study.DEBATES * study.WORLDS)
    made = [each for seed in seeds for each in study.debates.scores(seed, study.QUESTIONS, study.RESAMPLES)]
    for row in study.cells(made):
        if row["layer"] == "all":
            for key in ("bias", "rmse", "coverage"):
                assert float(row[key]) == pytest.approx(float(board(row["estimator"], row["kind"])[key]), abs=0.01)


def test_the_table_is_whole(study: ModuleType) -> None:
    for row in rows("scoreboard"):
        want = study.WORLDS * (study.DEBATES if row["part"] == "debates" else 1)
        assert int(row["worlds"]) == want, row
        assert row["bias"], row


def test_the_page_quotes_the_tables() -> None:
    """Every line of its tables names an estimator and a kind of world, and the numbers are theirs."""
    page, quoted = (FOLDER / "README.md").read_text("utf-8"), 0
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 6:
            row = board(cells[0].strip("`"), cells[1])
            for text, key in zip(cells[2:], ("bias", "rmse", "coverage", "rank"), strict=True):
                assert _same(text, row[key]), (line, key, row[key])
            quoted += 1
    assert quoted >= 20


def test_the_page_quotes_the_checks() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    found = re.findall(r"^- (.+?): \*\*([−\d.]+)\*\*", page, flags=re.MULTILINE)
    assert len(found) == len(rows("checks"))
    for what, said in found:
        assert check(what) == pytest.approx(float(said.replace("−", "-")), abs=0.0051), what


def _same(text: str, number: str) -> bool:
    if not number:
        return text == ""
    digits = len(text.partition(".")[2])
    return math.isclose(float(text.replace("−", "-")), float(number), abs_tol=0.51 * 10.0**-digits)
