"""The published study of coverage: a smaller version of it, and rows of its table derived again."""

from __future__ import annotations

import csv

import derive
import pytest

with derive.loaded("interval-coverage") as STUDY:
    pass
with (derive.RESULTS / "interval-coverage" / "tables" / "coverage.csv").open(newline="", encoding="utf-8") as file:
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
