"""One real model on the smallest networks: what was recorded, problem by problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import agentscale
from agentscale.analysis.headroom import headroom

Row = dict[str, Any]
MEANS = ("score", "answered", "silent", "unreadable")


def real_rows(recording: Path) -> list[Row]:
    """Plays that were solved, by problem and of all, and the mean measures of the world; a play is the unit.

    ``answered`` is the share of agents with a final answer, ``silent`` of messages that were not sent, ``unreadable``
    of replies that no message could be read from.
    """
    with TemporaryDirectory() as folder:
        run = agentscale.replay(recording, out=Path(folder) / "run")
        plays = list(run.rows("world_runs"))
        agents = run.header.cells[0].size
        replicates = run.header.replicates
    problems = list(dict.fromkeys(play["question"] for play in plays))
    groups = [(name, [play for play in plays if play["question"] == name]) for name in problems]
    return [row | {"replicates": replicates} for row in _counted([*groups, ("all", plays)], agents)]


def _counted(groups: Sequence[tuple[str, list[Row]]], agents: int) -> Iterator[Row]:
    for name, plays in groups:
        solved = round(sum(play["solved"] for play in plays))
        share, half = (headroom(count, len(plays)) for count in (solved, len(plays) // 2))
        yield {
            "problem": name,
            "n": agents,
            "plays": len(plays),
            "solved": solved,
            "value": solved / len(plays),
            "low": float(share.low),
            "high": float(share.high),
            "half_width": float(half.high - half.low) / 2,
            **{measure: fmean(play[measure] for play in plays) for measure in MEANS},
        }
