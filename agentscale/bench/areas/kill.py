"""A run is killed with signal 9 at random moments, and resumed: nothing is lost, and nothing written is asked again.

A debate of 4 agents over 2 rounds asks an endpoint of 30 ms, so that calls are in flight at each kill: the simulator as
`agentscale serve` offers it, and a plain server whose answers depend on the call alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from agentscale.api.serving import check_installed
from agentscale.bench.desk import Desk, desk, endpoint_model
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.killing import Killed, Study, moments
from agentscale.bench.serving import serving
from agentscale.bench.setting import Setting
from agentscale.server.faults import FaultPlan

AGENTS, ROUNDS = 4, 2
LATENCY_S = 0.03
CONCURRENCY = 16

Server = Callable[[Desk, Path], AbstractContextManager[str]]
"""Serves on the desk's questions what answers to the model ``one``, with a log, and gives its address."""


@contextmanager
def simulator(bench: Desk, log: Path) -> Iterator[str]:
    """The simulator. Raises `SpecError` where the extra ``serve`` is missing."""
    check_installed()
    served = bench.experiment(models={"one": {"simulated": {"model": 0}}}, team={"size": AGENTS, "layer": "L1"})
    with serving("logged_simulator", str(log), str(served), str(LATENCY_S)) as server:
        yield server


@contextmanager
def plain(bench: Desk, log: Path) -> Iterator[str]:
    """The server of the area ``hostile``, without its faults."""
    with serving("hostile_server", str(log), FaultPlan().model_dump_json(), str(LATENCY_S)) as server:
        yield server


SERVERS: dict[str, Server] = {"simulator": simulator, "plain server": plain}


def run(setting: Setting) -> Result:
    """Measures the area."""
    measures: list[Measure] = []
    goals: list[Goal] = []
    for name, server in SERVERS.items():
        kills = study(server, questions=setting.size(60, 20), kills=setting.size(50, 5))
        measures += _measures(name, kills)
        goals += _goals(name, kills)
    return Result("kill", measures, goals)


def _measures(name: str, kills: list[Killed]) -> list[Measure]:
    return [
        Measure(f"{name}: kills", len(kills), "kills"),
        Measure(f"{name}: calls asked before a kill", sum(kill.asked for kill in kills) / len(kills), "on average"),
        Measure(f"{name}: calls in flight at the kills", sum(kill.in_flight for kill in kills), "calls"),
        Measure(f"{name}: of them asked again", sum(kill.asked_again for kill in kills), "calls"),
        Measure(f"{name}: asked again as the resumed runs tell it", sum(kill.told for kill in kills), "calls"),
    ]


def _goals(name: str, kills: list[Killed]) -> list[Goal]:
    log, undisturbed = "the server's own log", "an undisturbed run"
    written = sum(kill.written_and_asked_again for kill in kills)
    silent = sum(kill.in_silence for kill in kills)
    differing = sum(not kill.same for kill in kills)
    return [
        Goal.at_most(f"{name}: written calls asked again", written, 0, log),
        Goal.at_most(f"{name}: calls asked again in silence", silent, 0, log),
        Goal.at_most(f"{name}: runs whose transcripts differ", differing, 0, undisturbed),
    ]


def study(server: Server, questions: int, kills: int) -> list[Killed]:
    """Kills a run on ``questions`` questions at ``kills`` random moments, each time in a new folder."""
    with desk(questions, 200) as bench:
        log = bench.path / "server.log"
        with server(bench, log) as address:
            experiment = bench.experiment(
                **endpoint_model(f"{address}/v1", CONCURRENCY, model="one"),
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
