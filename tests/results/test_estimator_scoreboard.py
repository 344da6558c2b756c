"""The published scoreboard: a smaller version of it, rows of it derived again, and tables that are whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from types import ModuleType

import derive
import pytest

TABLES = derive.RESULTS / "estimator-scoreboard" / "tables"


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    """The script with its neighbours."""
    with derive.loaded("estimator-scoreboard") as module:
        yield module


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
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
