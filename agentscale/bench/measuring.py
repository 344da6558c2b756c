"""Costs measured side by side: contenders take turns, and each one's cheapest turn counts.

CPU time is that of this process, all its threads included; servers and other programs that it starts are not counted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Contender = Callable[[], int]
"""Does its work once, and returns how many units (calls, questions, votes) that was: at least 1."""


class Cost(NamedTuple):
    """What one unit of work costs."""

    cpu_s: float
    """Seconds of CPU time, the least of all turns."""
    wall_s: float
    """Seconds on the clock, the least of all turns."""


def side_by_side(contenders: Mapping[str, Contender], turns: int) -> dict[str, Cost]:
    """The cost of each contender, measured in turns: first one, then the next, then all again.

    Args:
        contenders: What to measure, by name.
        turns: How often each has its turn, ≥ 1.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, work in contenders.items():
            costs[name].append(once(work))
    return {name: cheapest(each) for name, each in costs.items()}


def once(work: Contender) -> Cost:
    """The cost of one turn. What earlier turns left to the garbage collector is collected before the clock starts."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    units = work()
    return Cost((time.process_time() - cpu) / units, (time.perf_counter() - wall) / units)


def cheapest(costs: list[Cost]) -> Cost:
    """The least CPU time and, apart from it, the least wall time."""
    return Cost(min(cost.cpu_s for cost in costs), min(cost.wall_s for cost in costs))
