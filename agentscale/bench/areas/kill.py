"""A run is killed with signal 9 at random moments, and resumed: nothing is lost, and nothing written is asked again.

A debate of 4 agents over 2 rounds asks an endpoint of 30 ms, so that calls are in flight at each kill.
"""

from __future__ import annotations

from agentscale.bench.desk import desk, endpoint_model
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.killing import Killed, Study, moments
from agentscale.bench.serving import serving
from agentscale.bench.setting import Setting
from agentscale.server.faults import FaultPlan

AGENTS, ROUNDS = 4, 2
LATENCY_S = 0.03
CONCURRENCY = 16


def run(setting: Setting) -> Result:
    """Measures the area."""
    kills = study(questions=setting.size(60, 20), kills=setting.size(50, 5))
    measures = [
        Measure("kills", len(kills), "kills"),
        Measure("calls asked before a kill", sum(kill.asked for kill in kills) / len(kills), "calls on average"),
        Measure("calls in flight at the kills", sum(kill.in_flight for kill in kills), "calls"),
        Measure("of them asked again", sum(kill.asked_again for kill in kills), "calls"),
        Measure("asked again as the resumed runs tell it", sum(kill.told for kill in kills), "calls"),
    ]
    log = "the server's own log"
    goals = [
        Goal.at_most("written calls asked again", sum(kill.written_and_asked_again for kill in kills), 0, log),
        Goal.at_most("calls asked again in silence", sum(kill.in_silence for kill in kills), 0, log),
        Goal.at_most("runs whose transcripts differ", sum(not kill.same for kill in kills), 0, "an undisturbed run"),
    ]
    return Result("kill", measures, goals)


def study(questions: int, kills: int) -> list[Killed]:
    """Kills a run on ``questions`` questions at ``kills`` random moments, each time in a new folder."""
    with desk(questions, 200) as bench:
        log = bench.path / "server.log"
        with serving("hostile_server", str(log), FaultPlan().model_dump_json(), str(LATENCY_S)) as server:
            experiment = bench.experiment(
                **endpoint_model(f"{server}/v1", CONCURRENCY),
                team={"size": AGENTS, "layer": "L1"},
                protocol={"debate": {"rounds": ROUNDS - 1}},
            )
            subject = Study(experiment, log, CONCURRENCY)
            wanted = subject.undisturbed(bench.path / "undisturbed")
            calls = questions * AGENTS * ROUNDS
            return [
                subject.killed(bench.path / f"killed-{number}", asked, after_s, wanted)
                for number, (asked, after_s) in enumerate(moments(calls, LATENCY_S, kills))
            ]
