"""What it costs to start: the command line's help, and the import; beside an interpreter that does nothing."""

from __future__ import annotations

import resource
import subprocess
import sys

from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.setting import Setting

PROGRAMS = {
    "bare interpreter": "pass",
    "import agentscale": "import agentscale",
    "agentscale --help": "from agentscale.cli import main; main(['--help'])",
}


def run(setting: Setting) -> Result:
    """Measures the area: the least CPU time of several fresh interpreters."""
    turns = setting.size(10, 3)
    taken = {name: min(_cpu_s(program) for _ in range(turns)) for name, program in PROGRAMS.items()}
    goals = [
        Goal.at_most("agentscale --help, s CPU", taken["agentscale --help"], 0.25, "a bare interpreter"),
        Goal.at_most("import agentscale, s CPU", taken["import agentscale"], 0.2, "a bare interpreter"),
    ]
    return Result("start", [Measure(name, cpu_s, "s CPU") for name, cpu_s in taken.items()], goals)


def _cpu_s(program: str) -> float:
    """CPU seconds of a fresh interpreter that runs ``program``, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
