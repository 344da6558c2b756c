"""The published study of coverage: a smaller version of it, and rows of its table derived again."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "results" / "interval-coverage"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("interval_coverage_study", FOLDER / "study.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


STUDY = _load()
with (FOLDER / "coverage.csv").open(newline="", encoding="utf-8") as file:
    TABLE = list(csv.DictReader(file))


def published(case: object, questions: int) -> dict[str, str]:
    key = (case.estimand, case.world, str(case.agents), str(questions))  # type: ignore[attr-defined]
    (row,) = [row for row in TABLE if (row["estimand"], row["world"], row["agents"], row["questions"]) == key]
    return row


@pytest.mark.parametrize("case", STUDY.CASES, ids=lambda case: f"{case.estimand}-{case.agents}-{case.world[:10]}")
def test_intervals_cover_their_truth_in_a_few_hundred_worlds(case: object) -> None:
    found = STUDY.row(case, 64, worlds=200)
    assert 0.90 <= float(found["coverage"]) <= 0.99, found  # three standard errors about 95 %


@pytest.mark.parametrize("at", [2, 3, 4], ids=["accuracy", "paired", "rho"])
def test_rows_of_the_table_are_derived_again(at: int) -> None:
    case = STUDY.CASES[at]
    found = STUDY.row(case, 32)
    want = published(case, 32)
    assert {key: found[key] for key in ("estimand", "world", "agents", "questions", "worlds", "truth")} == {
        key: want[key] for key in ("estimand", "world", "agents", "questions", "worlds", "truth")
    }
    for key in ("coverage", "below", "above", "width"):
        assert float(found[key]) == pytest.approx(float(want[key]), abs=0.002)  # another processor's rounding


def test_the_table_is_whole_and_covers_as_the_page_says() -> None:
    assert len(TABLE) == len(STUDY.CASES) * len(STUDY.QUESTIONS)
    assert all(int(row["worlds"]) >= 2000 for row in TABLE)
    assert [row for row in TABLE if not 0.93 <= float(row["coverage"]) <= 0.97] == []


def test_the_page_quotes_the_table() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    for case in STUDY.CASES:
        cells = [100 * float(published(case, questions)["coverage"]) for questions in STUDY.QUESTIONS]
        assert any(
            len(numbers := line.strip("|").split("|")[2:]) == 3
            and all(abs(float(text) - cell) <= 0.051 for text, cell in zip(numbers, cells, strict=True))
            for line in page.splitlines()
            if line.startswith("| ") and "estimand" not in line
        ), (case.estimand, cells)
