"""Debates of crowds over Ray: seconds and memory against the number of agents, by one worker and by two."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import numpy as np

from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.setting import Setting
from agentscale.engine.cluster import connected
from agentscale.engine.crowds import Crowd, count, count_on_cluster

SIZES = (100_000, 1_000_000, 10_000_000)
DEGREE, ROUNDS, QUESTIONS = 8, 3, 4


class Row(NamedTuple):
    """One crowd by so many workers."""

    agents: int
    workers: int
    wall_s: float
    held_gib: float
    """The most memory of a worker."""
    same: bool
    """Whether the counts are those of one process."""


def run(setting: Setting) -> Result:
    """Measures the area. Raises `SpecError` where the extra ``ray`` is missing."""
    rows = measured(setting.size(SIZES, SIZES[:1]))
    measures: list[Measure] = []
    for row in rows:
        name = f"{row.agents:,} agents, {row.workers} workers"
        answers = row.agents * QUESTIONS * (ROUNDS + 1)
        measures.append(Measure(name, row.wall_s, "s", f"{row.held_gib:.2f} GiB a worker"))
        measures.append(Measure(f"{name}: answers", answers / row.wall_s, "a second"))
    differing = sum(not row.same for row in rows)
    return Result("population", measures, [Goal.at_most("counts that differ", differing, 0, "one process")])


def measured(sizes: tuple[int, ...]) -> list[Row]:
    """Every crowd by one worker and by two, which are warm."""
    ids = tuple(f"q{number}" for number in range(QUESTIONS))
    rows = []
    with connected(processors=2) as ray:
        asyncio.run(count_on_cluster(ray, Crowd(1_000, DEGREE, 1), ids, 2))
        for agents in sizes:
            crowd = Crowd(agents, DEGREE, ROUNDS)
            wanted = count(crowd, ids[:1]).counts
            for workers in (1, 2):
                began = time.perf_counter()
                parts = asyncio.run(count_on_cluster(ray, crowd, ids, workers))
                wall_s = time.perf_counter() - began
                counts = np.concatenate([part.counts for part in parts])
                same = bool((counts[:1] == wanted).all())
                rows.append(Row(agents, workers, wall_s, max(part.held_gib for part in parts), same))
    return rows
