"""What the primary paper printed about K* and accuracy, with the intervals that its numbers allow."""

from __future__ import annotations

from math import atanh, sqrt, tanh
from typing import Any

import numpy as np

from agentscale.catalog.published import published_yang2026

Row = dict[str, Any]
PREDICTORS = 4
"""Of the printed baseline: N as a number, and three indicators of layers. The paper does not say."""
DIGIT = 0.0005
"""By how much a number that was printed with three digits may be off."""


def correlations() -> list[Row]:
    """Each printed r with the number of cells that it implies, and its interval by what counts as independent."""
    printed = published_yang2026()
    n_sets = len(printed["table_1"]["datasets"])
    rows = []
    for metric, (r, z) in ((name, row) for name, row in printed["permutation"].items() if name != "about"):
        cells = 1 + (z / r) ** 2
        rows.append({"metric": metric, "embedder": "NV-Embed-v2", "value": r, "z": z, "cells_implied": cells})
    (one, first), (other, second) = list(printed["embedder_robustness"]["r of K* with accuracy"].items())
    for embedder, r in ((one, first), (other, second)):
        rows.append({"metric": "K*", "embedder": f"{embedder}, in the check of embedders", "value": r})
    n = round(cells_of_r2()["value"])
    return [
        {
            "z": None,
            "cells_implied": None,
            **row,
            **_fisher(row["value"], n, "cells"),
            **_fisher(row["value"], n_sets, "datasets"),
        }
        for row in rows
    ]


def _fisher(r: float, n: int, of: str) -> Row:
    """The 95 % interval of a correlation of n independent points."""
    reach = 1.96 / sqrt(n - 3)
    return {f"{of}_low": tanh(atanh(r) - reach), f"{of}_high": tanh(atanh(r) + reach)}


def cells_of_r2() -> Row:
    """How many cells the printed R² and adjusted R² of the baseline imply, over what rounding leaves open."""
    r2, adjusted = published_yang2026()["incremental_r2"]["baseline: N and configuration"], ADJUSTED
    found = [_cells(r2 + a * DIGIT, adjusted + b * DIGIT) for a, b in ((0, 0), (1, -1), (-1, 1))]
    return {"value": found[0], "low": min(found), "high": max(found)}


ADJUSTED = 0.044
"""The adjusted R² that stands beside it."""


def _cells(r2: float, adjusted: float) -> float:
    return ((1 - adjusted) * (PREDICTORS + 1) - (1 - r2)) / (r2 - adjusted)


def layers() -> list[Row]:
    """K* and accuracy of the four layers on ARC: their correlation, and what a persona brought."""
    table = published_yang2026()["table_3_arc"]
    n = published_yang2026()["questions"]["arc"]
    rows = []
    for protocol in ("vote", "debate"):
        accuracy, k_star = np.array([table[protocol][layer][:2] for layer in ("L1", "L2", "L3", "L4")]).T
        r = float(np.corrcoef(accuracy, k_star)[0, 1])
        gained = float(accuracy[1] - accuracy[0]) / 100
        p = float(accuracy[:2].mean()) / 100
        reach = 1.96 * sqrt(2 * p * (1 - p) / n)
        rows.append(
            {
                "protocol": protocol,
                "layers": len(k_star),
                "r": r,
                **_fisher(r, len(k_star), "r"),
                "persona_k_star": float(k_star[1] - k_star[0]),
                "persona_points": gained,
                "persona_points_low": gained - reach,
                "persona_points_high": gained + reach,
                "questions": n,
            }
        )
    return rows
