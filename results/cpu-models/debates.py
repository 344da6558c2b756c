"""One round of debate beside the vote of the same agents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentscale.api import Run

Row = dict[str, Any]


def debate_rows(run: Run) -> Iterator[Row]:
    """Accuracy of every team and graph after a debate, of its vote, and the paired difference of the two."""
    cells = {(_team(row), row["size"], row["topology"]): row for row in run.rows("cells")}
    for row in run.rows("comparisons"):
        found = re.fullmatch(r".*debate.* on (\w+) · (.+) × (\d+)", row["a"])
        if found is None or " · vote · " not in row["b"]:
            continue
        topology, team, size = found[1], found[2], int(found[3])
        debate, vote = cells[team, size, topology], cells[team, size, ""]
        yield {
            "team": team,
            "n": size,
            "topology": topology,
            "vote": vote["accuracy"],
            "debate": debate["accuracy"],
            "unread": debate["parse_failure"],
            "value": row["delta"],
            "low": row["low"],
            "high": row["high"],
            "n_items": row["n_items"],
        }


def _team(cell: Row) -> str:
    return f"L1 {cell['team']}" if cell["layer"] == "L1" else str(cell["layer"])
