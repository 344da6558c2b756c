"""How large a crowd can debate over Ray, in seconds and GiB, on the machine that runs this.

    python results/derive.py population-scale

It wants the extra ``ray``, and a machine that is otherwise quiet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentscale.bench.areas.population import DEGREE, QUESTIONS, ROUNDS, SIZES, measured
from pages import Table
from writing import write_table

APART = "measures the machine that it runs on, for three minutes"


def derive(source: Path, out: Path) -> None:
    """Measures, and writes the tables."""
    write_table(out, "scaling", [row._asdict() for row in measured(SIZES)], digits=2)
    summarize(out)


def summarize(out: Path) -> None:
    """Writes what follows from the table ``scaling``."""
    scaling = Table(out / "tables" / "scaling.csv")
    write_table(out, "design", [{"questions": QUESTIONS, "rounds": ROUNDS, "reads": DEGREE, "doubtful_ratio": 1.5}])
    write_table(out, "answer", [answer(scaling)])


def answer(scaling: Table) -> dict[str, Any]:
    """The line of the front page."""
    largest = max(row["agents"] for row in scaling)
    return {
        "question": "How large a crowd can debate on one machine?",
        "answer": "The largest that was tried (agents); memory limits it further out",
        "value": largest,
        "low": None,
        "high": None,
        "form": "number",
        "measured": "simulated agents over Ray, one machine",
    }
