"""Every published run re-derives from its recording alone, and the page on results says what the tables say."""

import csv
import math
import re
from pathlib import Path

import pytest

import agentscale

RESULTS = Path(__file__).parents[1] / "results"
STUDIES = sorted(path.parent for path in RESULTS.glob("*/run.json"))
README = (RESULTS / "README.md").read_text("utf-8")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _same(one: str, other: str) -> bool:
    """Equal texts, or numbers that differ by no more than another processor's rounding."""
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-4, abs_tol=1e-6)
    except ValueError:
        return False


def test_there_is_a_published_run_of_two_model_families() -> None:
    models = {agent.model for cell in agentscale.open_run(STUDIES[0]).header.cells for agent in cell.team.agents}
    assert {"smollm2-135m", "qwen2.5-0.5b"} <= models


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_a_published_run_replays_offline_to_the_same_transcripts_and_tables(study: Path, tmp_path: Path) -> None:
    slow = agentscale.replay(study, out=tmp_path / "slow", concurrency=1)
    fast = agentscale.replay(study, out=tmp_path / "fast", concurrency=64)
    assert slow.tally is not None
    assert (slow.tally.calls_asked, slow.tally.trials_done) == (0, slow.tally.trials)
    for path in (slow.path / "transcripts").iterdir():
        assert (fast.path / "transcripts" / path.name).read_bytes() == path.read_bytes()
    slow.report()
    for table in sorted((study / "tables").glob("*.csv")):
        published, derived = _rows(table), _rows(slow.path / "tables" / table.name)
        assert len(published) == len(derived), table.name
        for old, new in zip(published, derived, strict=True):
            assert [key for key in old if not _same(old[key], new[key])] == [], (table.name, old, new)


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_no_path_and_no_key_of_the_recording_machine_is_published(study: Path) -> None:
    for path in study.rglob("*"):
        if path.is_file():
            assert not re.search(rb"/root/|/home/|/Users/|sk-[A-Za-z0-9]{8}", path.read_bytes()), path


def test_the_sentences_on_the_first_real_run_quote_its_tables() -> None:
    tables = RESULTS / "first-real-run" / "tables"
    (strong,) = [
        row
        for row in _rows(tables / "vote_curve.csv")
        if row["team"] == "qwen2.5-0.5b" and row["size"] == row["recorded"]
    ]
    deltas = {
        (row["a"].split(" · ")[1], row["a"].split(" · ")[2], row["b"].split(" · ")[1], row["b"].split(" · ")[2]): row
        for row in _rows(tables / "comparisons.csv")
    }
    mixed = deltas["vote", "L3 × 8", "vote", "L1 × 8"]
    debated = deltas["debate(rounds=1,see=answer) on complete", "L3 × 8", "vote", "L3 × 8"]
    channels = {row["cell"]: float(row["k_star"]) for row in _rows(tables / "cells.csv")}
    for quoted in (
        f"({_cell(strong)})",
        f"({_points(mixed)} points, paired)",
        f"({_points(debated)} points for the mixed team of 8 on the complete graph, paired)",
        f"({channels['sums.vote.L1.smollm2-135m.n8']:.1f} channels in eight agents, "
        f"against {channels['sums.vote.L1.qwen2.5-0.5b.n8']:.1f} of the strong one)",
    ):
        assert quoted in " ".join(README.split()), quoted


def _points(row: dict[str, str]) -> str:
    delta, low, high = (f"{round(100 * float(row[key])):d}".replace("-", "−") for key in ("delta", "low", "high"))
    return f"{delta if delta.startswith('−') else '+' + delta} [{low}, {high}]"


def _cell(row: dict[str, str]) -> str:
    value, low, high = (round(100 * float(row[key])) for key in ("accuracy", "low", "high"))
    return f"{value} [{low}, {high}]"


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_the_table_on_the_front_page_is_the_table_of_the_run(study: Path) -> None:
    curves = _rows(study / "tables" / "curves.csv")
    for key in {(row["protocol"], row["topology"], row["layer"]) for row in curves}:
        line = [row for row in curves if (row["protocol"], row["topology"], row["layer"]) == key and row["size"] != "1"]
        cells = " | ".join(_cell(row) for row in sorted(line, key=lambda row: int(row["size"])))
        assert not cells or cells in README, (key, cells)
