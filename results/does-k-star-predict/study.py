"""Does K* predict the accuracy of a team's vote, and by which statistics?

    python results/derive.py does-k-star-predict

Seven simulated data sets whose truth is known (``simulated``), and the printed numbers of the primary paper (``printed``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import associations
import numpy as np
import printed
import simulated
from associations import Cells
from writing import write_table

from agentscale.analysis import bootstrap_means
from agentscale.catalog.published import published_yang2026

Row = dict[str, Any]
BOUNDARY = 0.5
"""The accuracy at which K*_c and K*_w change places where vectors know nothing."""
LARGEST = max(simulated.SIZES)


def derive(source: Path, out: Path) -> None:
    """Writes all tables."""
    cells = list(simulated.cells())
    found = [row for panel, of in panels(cells).items() for row in associations.associations(panel, of)]
    tables = {
        "design": [design(cells)],
        "associations": found,
        "left_out": [row for panel, of in panels(cells).items() for row in associations.left_out(panel, of)],
        "increments": increments(cells),
        "boundary": boundary(cells),
        "layers": layers(cells),
        "printed": printed.correlations(),
        "printed_cells": [printed.cells_of_r2()],
        "printed_layers": printed.layers(),
        "answer": answers(found),
    }
    for name, rows in tables.items():
        write_table(out, name, rows)


def panels(cells: list[Row]) -> dict[str, Cells]:
    """The sets of cells in which a metric is held against accuracy."""
    alike = [row for row in cells if row["topic"] == simulated.ALIKE]
    own = [row for row in alike if row["kind"] != "style"]
    split = simulated.OF_RIGHT_AND_WRONG
    dealt = [row | {name: row.get(f"{name}, dealt", np.nan) for name in split} for row in own]
    style = [row for row in alike if row["kind"] in ("L1", "style")]
    found = {
        "channels differ": Cells.of(own, (simulated.TRUTH, *simulated.OF_TEXTS, *split)),
        "vectors dealt at random": Cells.of(dealt, split),
        "style differs": Cells.of(style, simulated.OF_TEXTS),
    }
    for topic in list(simulated.TOPICS)[1:]:
        found[topic] = Cells.of([row for row in cells if row["topic"] == topic], simulated.OF_TEXTS)
    return found


def increments(cells: list[Row]) -> list[Row]:
    """R² of accuracy on N and layer over all cells of four agents and more, and with a metric: as printed, and here."""
    told = published_yang2026()["incremental_r2"]
    base = told["baseline: N and configuration"]
    rows = [row for row in cells if row["topic"] == simulated.ALIKE and row["kind"] != "style" and row["size"] > 2]
    y = np.array([row["accuracy"] for row in rows])
    kinds = np.array([row["kind"] for row in rows])
    known = np.column_stack([[row["size"] for row in rows], *(kinds == layer for layer in ("L2", "L3", "L4"))])
    found = []
    for name in ("K*", "K*_c", "K*_c/K*_w", "pairs_c − pairs_w", "adj_c − adj_w"):
        here = {key: np.array([row[key] for row in rows]) for key in (name, f"{name}, dealt") if key in rows[0]}
        gains = [r2(np.column_stack([known, x]), y) - r2(known, y) for x in here.values()]
        shown = told.get(f"+ {name}")
        found.append(
            {
                "metric": name,
                "printed_base": base,
                "printed_gain": None if shown is None else shown - base,
                "base": r2(known, y),
                "gain": gains[0],
                "gain_dealt": gains[1] if len(gains) > 1 else gains[0],
            }
        )
    return found


def r2(columns: np.ndarray, y: np.ndarray) -> float:
    """Of the regression with an intercept."""
    x = np.column_stack([np.ones(len(y)), columns])
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return 1 - float(left @ left) / float(np.square(y - y.mean()).sum())


def boundary(cells: list[Row]) -> list[Row]:
    """How often K*_c exceeds K*_w in cells above and below one half, where vectors were dealt at random."""
    ratio = "K*_c/K*_w, dealt"
    told = [(row["accuracy"] > BOUNDARY, row[ratio] > 1) for row in cells if np.isfinite(row.get(ratio, np.nan))]
    sides = {"above": [over for high, over in told if high], "below": [over for high, over in told if not high]}
    return [{"side": side, "cells": len(of), "share": float(np.mean(of))} for side, of in sides.items()]


def layers(cells: list[Row]) -> list[Row]:
    """Of the largest teams: what a layer, or a style alone, adds to L1; intervals over data sets."""
    rows = [row for row in cells if row["topic"] == simulated.ALIKE and row["size"] == LARGEST]
    first = by_data_set(rows, "L1")
    found = []
    for kind in ("L1", *(f"style {loudness}" for loudness in simulated.LOUDNESS), "L2", "L3", "L4"):
        here = by_data_set(rows, kind)
        row: Row = {"kind": kind}
        for at, name in enumerate(MEASURES):
            row[name] = mean(here[:, at])
        more = bootstrap_means(here - first, seed=0, resamples=associations.RESAMPLES)
        for at, name in enumerate(MEASURES):
            ends = {"": more.value, "_low": more.low, "_high": more.high}
            row |= {f"{name}_more{end}": float(values[at]) for end, values in ends.items()}
        found.append(row)
    return found


MEASURES = {"k_star": "K*", "apart": "channels_d2", "channels": simulated.TRUTH, "accuracy": "accuracy"}
"""Columns of `layers`, and what cells call them."""


def by_data_set(rows: list[Row], kind: str) -> np.ndarray:
    """Means over the teams of a kind, shape (data sets, measures)."""
    own = [row for row in rows if row["team"].startswith(f"{kind} ")]
    names = list(simulated.data_sets())
    of = [[row for row in own if row["dataset"] == name] for name in names]
    return np.array([[mean([row[key] for row in some]) for key in MEASURES.values()] for some in of])


def mean(values: Iterable[float]) -> float:
    """Of what is defined; nan of nothing."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan")


def design(cells: list[Row]) -> Row:
    """The sizes of the study."""
    own = [row for row in cells if row["topic"] == simulated.ALIKE and row["kind"] != "style"]
    return {
        "data_sets": len(simulated.data_sets()),
        "questions": simulated.QUESTIONS,
        "cells": len(own),
        "teams": len({row["team"] for row in own}),
        "smallest": min(simulated.SIZES),
        "largest": LARGEST,
        "models": 3,
        "personas": 5,
        "shuffles": associations.SHUFFLES,
        "resamples": associations.RESAMPLES,
        "boundary": BOUNDARY,
        "confidence": 0.95,
    }


def answers(found: list[Row]) -> list[Row]:
    """What the front page says."""
    (within,) = pick(found, panel="channels differ", statistic="within, equal members", metric="K*")
    (style,) = pick(found, panel="style differs", statistic="within, equal members", metric="K*")
    (artefact,) = pick(found, panel="vectors dealt at random", statistic="pooled", metric="K*_c/K*_w")
    told = (
        ("Does K* predict accuracy?", f"{something(within)} within a data set and a size, where channels differ", within),
        ("Does K* predict accuracy where only style differs?", nothing(style), style),
        (
            "Does K* of right over K* of wrong answers predict accuracy?",
            "No evidence: it correlates with accuracy where vectors were dealt to the agents at random",
            artefact,
        ),
    )
    measured = "correlation over cells of a simulator, known truth"
    return [
        {
            "question": question,
            "answer": answer,
            "value": row["value"],
            "low": row["low"],
            "high": row["high"],
            "form": "number",
            "measured": measured,
        }
        for question, answer, row in told
    ]


def something(row: Row) -> str:
    """Whether a correlation is seen."""
    return "Not visibly" if row["low"] <= 0 <= row["high"] else "Yes"


def nothing(row: Row) -> str:
    """Whether a correlation that ought to be nothing is."""
    return "No" if row["low"] <= 0 <= row["high"] else "It correlates, though nothing came of the style"


def pick(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The rows that have these values."""
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]
