"""The most memory that a long recorded run holds, in a process of its own.

A quick run plays two short ones and draws the line through them.
"""

from __future__ import annotations

import resource
import subprocess
import sys

from agentscale.bench.desk import calls_made, desk, scripted
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.setting import Setting

AGENTS = 16
CALLS = 1_000_000
QUESTION_CHARS = 200


def run(setting: Setting) -> Result:
    """Measures the area."""
    most = {calls: held_mib(calls) for calls in setting.size((CALLS,), (CALLS // 50, CALLS // 10))}
    measures = [Measure(f"most memory of {calls:,} recorded calls", mib, "MiB") for calls, mib in most.items()]
    whole = most[CALLS] if CALLS in most else _on_the_line(most, CALLS)
    if CALLS not in most:
        measures.append(Measure(f"the same of {CALLS:,}", whole, "MiB", "on the line through the others"))
    return Result("memory", measures, [Goal.at_most("1,000,000 recorded calls, GiB", whole / 1024, 1.0, "a budget")])


def held_mib(calls: int) -> float:
    """The largest resident set of a process that plays a run of ``calls`` calls, in MiB."""
    command = [sys.executable, "-m", __name__, str(calls)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _on_the_line(most: dict[int, float], at: int) -> float:
    (less, low), (more, high) = sorted(most.items())
    return low + (high - low) / (more - less) * (at - less)


def _play(calls: int) -> float:
    with desk(calls // AGENTS, QUESTION_CHARS) as bench:
        experiment = bench.experiment(models={"one": scripted(100)}, team={"size": AGENTS, "layer": "L1"})
        assert calls_made(bench.run(experiment)) == calls
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(f"{_play(int(sys.argv[1]))}\n")
