"""Two small models of two families on one CPU, from their recording: one model eight times, or a mix; vote or debate.

    python results/derive.py first-real-run
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import agentscale
from agentscale.analysis import paired_delta
from pages import Table
from writing import write_table

BETTER, LARGEST = "qwen2.5-0.5b", 8


def derive(source: Path, out: Path) -> None:
    """Replays the recording, and writes the tables, figures and page of the run, and what the README says of it."""
    with tempfile.TemporaryDirectory() as folder:
        run = agentscale.replay(source, out=Path(folder) / "run")
        run.report()
        publish(run.path, out)
        design = designed(run)
    write_table(out, "design", [design])
    summarize(out)


def publish(run: Path, out: Path) -> None:
    """Copies what the page of a run is made of; a table without a row says nothing."""
    for kind, name in (("tables", "*.csv"), ("figures", "*.svg")):
        (out / kind).mkdir(parents=True, exist_ok=True)
        for path in sorted((run / kind).glob(name)):
            if path.suffix != ".csv" or path.read_text("utf-8").count("\n") > 1:
                shutil.copyfile(path, out / kind / path.name)
    shutil.copyfile(run / "report.html", out / "report.html")


def designed(run: agentscale.Run) -> dict[str, Any]:
    """What was asked, from the experiment file and the recording."""
    asked = run.header.experiment
    (task,), (team,), (_, debate) = asked["task"], asked["team"], asked["protocol"]
    return {
        "temperature": asked["sampling"]["temperature"],
        "max_tokens": asked["sampling"]["max_tokens"],
        "questions": task["limit"],
        "first_level": min(task["levels"]),
        "last_level": max(task["levels"]),
        "sizes": ", ".join(map(str, team["size"])),
        "rounds": debate["parameters"]["rounds"],
        "replicates": asked.get("replicates", 1),
        "calls": len(run.folder.recording()),
        "level": 0.95,
    }


def summarize(out: Path) -> None:
    """Writes what the README and the front page say beyond the tables of the run."""
    tables = out / "tables"
    debate = f"debate(rounds=1,see=answer) on complete · L3 × {LARGEST}"
    deltas = {
        "mixed less the mean of the equal teams": paired(tables, f"vote · L3 × {LARGEST}", f"vote · L1 × {LARGEST}"),
        "mixed less the better member alone": against_the_best(Table(tables / "questions.csv")),
        "debate less vote of the mixed team": paired(tables, debate, f"vote · L3 × {LARGEST}"),
    }
    write_table(out, "deltas", [{"what": what} | row for what, row in deltas.items()])
    write_table(out, "noise", [noise(tables)])
    write_table(out, "answer", answers(deltas))


def noise(tables: Path) -> dict[str, Any]:
    """How wide the intervals of the paired differences are, and how many answers could not be read."""
    widths = sorted((row["high"] - row["low"]) / 2 for row in Table(tables / "comparisons.csv"))
    missing = [row["parse_failure"] for row in Table(tables / "cells.csv")]
    return {"half_width": widths[len(widths) // 2], "fewest_missing": min(missing), "most_missing": max(missing)}


def paired(tables: Path, a: str, b: str) -> dict[str, Any]:
    """A paired difference that the run's page has."""
    row = Table(tables / "comparisons.csv").one(a=f"sums · {a}", b=f"sums · {b}")
    return {key: row[key] for key in ("delta", "low", "high", "n_items")}


def against_the_best(questions: Table) -> dict[str, Any]:
    """The paired difference of the vote of the mixed team and of as many copies of the better model."""
    mixed, best = (
        {row["question"]: row["team_accuracy"] or 0.0 for row in questions.where(cell=f"sums.vote.{team}.n{LARGEST}")}
        for team in ("L3", f"L1.{BETTER}")
    )
    found = paired_delta([mixed[key] for key in mixed], [best[key] for key in mixed], seed=0)
    return {"delta": found.value, "low": found.low, "high": found.high, "n_items": found.n_items}


def answers(deltas: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the front page."""
    said = {
        "mixed less the better member alone": (
            "Does it help to mix a weak model into a team of a stronger one?",
            "Not more than as many copies of the stronger one; their votes differ within noise",
        ),
        "debate less vote of the mixed team": (
            "Does one round of debate help small models?",
            "No: told what others answered, agents that were right give it up (debate less vote of a mixed team)",
        ),
    }
    return [
        {
            "question": question,
            "answer": answer,
            "value": deltas[what]["delta"],
            "low": deltas[what]["low"],
            "high": deltas[what]["high"],
            "form": "points",
            "measured": "two real models on a CPU",
        }
        for what, (question, answer) in said.items()
    ]
