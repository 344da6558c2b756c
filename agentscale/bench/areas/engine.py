"""Trials of a model that answers at once: what the engine itself costs, beside the same debate in bare asyncio.

A trial is a debate of 4 agents over 2 rounds. The whole of agentscale is in the figure, from the experiment file to the
transcripts.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from agentscale.bench.bare import by_asyncio
from agentscale.bench.desk import Desk, calls_made, desk, scripted
from agentscale.bench.goals import Goal, Result, cpu_us
from agentscale.bench.measuring import Contender, Cost, side_by_side
from agentscale.bench.setting import Setting

AGENTS, ROUNDS = 4, 2
SIZES = (4, 32, 250, 1000)
"""Agents of a vote."""


def run(setting: Setting) -> Result:
    """Measures the area."""
    trials, votes = setting.size(1000, 250), setting.size(8000, 2000)
    with desk(max(trials, votes // min(SIZES))) as bench:
        debates = _debates(bench, trials, setting.size(5, 3))
        teams = _teams(bench, votes, setting.size(3, 2))
    recording_us = (debates["recorded"].cpu_s - debates["live"].cpu_s) * 1e6
    flat = teams[max(SIZES)].cpu_s / teams[min(SIZES)].cpu_s
    measures = [
        *(cpu_us(f"{name}, 4 agents x 2 rounds", cost) for name, cost in debates.items()),
        *(cpu_us(f"recorded, vote of {size}", cost) for size, cost in teams.items()),
    ]
    goals = [
        Goal.at_most("recorded call, ms CPU", debates["recorded"].cpu_s * 1e3, 0.1, "bare asyncio, the same debate"),
        Goal.at_most("recording, µs CPU a call", recording_us, 40.0, "the same run without recording"),
        Goal.at_most("call in a team of 1,000 / of 4", flat, 1.5, "itself with 4 agents"),
    ]
    return Result("engine", measures, goals)


def _debates(bench: Desk, trials: int, turns: int) -> dict[str, Cost]:
    contenders: dict[str, Contender] = {
        "bare asyncio": partial(by_asyncio, trials, AGENTS, ROUNDS),
        "live": partial(debate, bench, trials, "live"),
        "recorded": partial(debate, bench, trials, "record"),
    }
    return side_by_side(contenders, turns)


def debate(bench: Desk, trials: int, mode: Literal["record", "live"]) -> int:
    """Plays the debate on ``trials`` questions; returns the number of calls."""
    experiment = bench.experiment(
        models={"one": scripted()},
        task={"name": "./bench", "limit": trials},
        team={"size": AGENTS, "layer": "L1"},
        protocol={"debate": {"rounds": ROUNDS - 1}},
    )
    return calls_made(bench.run(experiment, mode=mode))


def _teams(bench: Desk, votes: int, turns: int) -> dict[int, Cost]:
    """The cost of a call in votes of every size, the same number of calls in all."""
    costs = side_by_side({str(size): partial(vote, bench, votes // size, size) for size in SIZES}, turns)
    return {size: costs[str(size)] for size in SIZES}


def vote(bench: Desk, questions: int, size: int) -> int:
    """Plays a vote of ``size`` agents; returns the number of calls."""
    experiment = bench.experiment(
        models={"one": scripted()},
        task={"name": "./bench", "limit": questions},
        team={"size": size, "layer": "L1"},
    )
    return calls_made(bench.run(experiment))
