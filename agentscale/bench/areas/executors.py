"""One run by several workers of Ray: how much sooner it ends, what a share costs, and whether a death loses anything.

The baseline is the same run in one process. Calls take 200 ms, so that workers wait for the endpoint and not for a
processor; and votes of a model that answers at once, which is all processor.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agentscale import api
from agentscale.bench.accounts import read_log
from agentscale.bench.desk import Desk, desk, endpoint_model, scripted
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.killing import transcripts
from agentscale.bench.serving import serving
from agentscale.bench.setting import Setting
from agentscale.engine.cluster import connected
from agentscale.randomness import keyed
from agentscale.server.faults import FaultPlan
from agentscale.store import RunFolder

LATENCY_S = 0.2
CONCURRENCY = 32
"""Calls under way at once in each worker."""


def run(setting: Setting) -> Result:
    """Measures the area. Raises `SpecError` where the extra ``ray`` is missing."""
    measures: list[Measure] = []
    goals: list[Goal] = []
    with connected(None, 4):
        waiting = _sped_up(setting.size(400, 20), latency_s=LATENCY_S, workers=(1, 2, 4))
        working = _sped_up(setting.size(600, 20), latency_s=None, workers=(1, 2))
        deaths = bereaved(questions=setting.size(120, 16), kills=setting.size(10, 2))
    for name, sped in (("calls of 200 ms", waiting), ("instant votes", working)):
        measures.append(Measure(f"{name}: in this process", sped.alone_s, "s"))
        measures += [
            Measure(f"{name}: {workers} workers, so much sooner", sped.alone_s / wall_s, "times")
            for workers, wall_s in sped.wall_s.items()
        ]
        measures.append(Measure(f"{name}: a share costs beyond its calls", sped.share_s, "s"))
    goals += [
        Goal.at_most("runs whose transcripts differ", waiting.differing + working.differing, 0, "one process"),
        Goal.at_most("killed workers: transcripts that differ", deaths.differing, 0, "one process"),
        Goal.at_most("killed workers: calls that are not recorded", deaths.lost, 0, "one process"),
        Goal.at_most("killed workers: recorded calls asked again", deaths.doubled, 0, "the server's own log"),
        Goal.at_most("killed workers: calls beyond the budget", deaths.beyond, 0, "the server's own log"),
    ]
    measures.append(Measure("killed workers", deaths.kills, "kills"))
    return Result("executors", measures, goals)


@dataclass(frozen=True)
class SpedUp:
    """One run by one process, and by several workers."""

    alone_s: float
    wall_s: dict[int, float]
    """By workers."""
    share_s: float
    """Seconds that a share costs one worker beyond what the run costs a process."""
    differing: int
    """Runs whose transcripts are not those of one process."""


def _sped_up(questions: int, latency_s: float | None, workers: tuple[int, ...]) -> SpedUp:
    with desk(questions, 200) as bench, _experiment(bench, latency_s) as experiment:
        alone = _timed(bench.path / "alone", experiment)
        wanted = transcripts(bench.path / "alone")
        wall_s: dict[int, float] = {}
        differing, n_shares = 0, 1
        for n in workers:
            out = bench.path / f"workers-{n}"
            wall_s[n] = _timed(out, experiment, "ray", n)
            differing += transcripts(out) != wanted
            if n == 1:
                n_shares = len(list((out / "shares").glob("*.done")))
        return SpedUp(alone, wall_s, max(0.0, wall_s[1] - alone) / n_shares, differing)


@contextmanager
def _experiment(bench: Desk, latency_s: float | None) -> Iterator[Path]:
    team = {"team": {"size": [2, 4], "layer": "L1"}, "protocol": ["vote", {"debate": {"rounds": 1}}]}
    if latency_s is None:
        yield bench.experiment(models={"one": scripted()}, **team)
        return
    with serving("hostile_server", str(bench.path / "log"), FaultPlan().model_dump_json(), str(latency_s)) as address:
        yield bench.experiment(**endpoint_model(f"{address}/v1", 4 * CONCURRENCY), **team)


def _timed(
    out: Path, experiment: Path, executor: Literal["local", "ray"] = "local", workers: int | None = None
) -> float:
    start = time.perf_counter()
    api.run(experiment, out=out, concurrency=CONCURRENCY, executor=executor, workers=workers)
    return time.perf_counter() - start


# -- deaths -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deaths:
    """What became of a run whose workers were killed."""

    kills: int
    lost: int
    """Calls of the undisturbed run that are not recorded."""
    doubled: int
    """Calls that stand in the recording more than once."""
    beyond: int
    """Requests beyond the calls of the run and those that were in flight at a kill."""
    differing: int


def bereaved(questions: int, kills: int) -> Deaths:
    """Kills ``kills`` workers of Ray with signal 9 at random moments of one run; Ray must be connected."""
    with desk(questions, 200) as bench:
        log = bench.path / "log"
        with serving("hostile_server", str(log), FaultPlan().model_dump_json(), "0.03") as address:
            spec = {**endpoint_model(f"{address}/v1", 16), "team": {"size": 4, "layer": "L1"}}
            spec["protocol"] = {"debate": {"rounds": 1}}
            api.run(bench.experiment(**spec), out=bench.path / "whole")
            n_calls, before = questions * 8, log.stat().st_size
            capped = bench.experiment(**spec, budget={"calls": n_calls + 16 * kills})
            reaper = _Reaper(kills)
            with reaper:
                api.run(capped, out=bench.path / "bereaved", concurrency=8, executor="ray", workers=2)
        requests = read_log(log.read_bytes()[before:].splitlines())
        with RunFolder.open(bench.path / "whole").recording() as whole:
            wanted = set(whole.keys())
        with RunFolder.open(bench.path / "bereaved").recording() as recording:
            found = set(recording.keys())
            doubled = sum(recording.times(key) - 1 for key in found)
        same = transcripts(bench.path / "whole") == transcripts(bench.path / "bereaved")
        most = n_calls + 16 * reaper.kills
        return Deaths(reaper.kills, len(wanted - found), doubled, max(0, len(requests) - most), int(not same))


class _Reaper:
    """Kills workers one after another while its block runs."""

    def __init__(self, kills: int) -> None:
        self.kills = 0
        self._wanted = kills
        self._over = threading.Event()
        self._rng = keyed(7, "bench", "executors")
        self._thread = threading.Thread(target=self._reap)

    def __enter__(self) -> _Reaper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _reap(self) -> None:
        while self.kills < self._wanted and not self._over.wait(0.2 + 0.6 * float(self._rng.random())):
            workers = list(_workers())
            if workers:
                os.kill(workers[int(self._rng.integers(len(workers)))], signal.SIGKILL)
                self.kills += 1


def _workers() -> Iterator[int]:
    """The processes of Ray that are playing a share."""
    for entry in Path("/proc").iterdir():
        try:
            name = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
        except OSError:  # it has just ended
            continue
        if name.startswith(b"ray::obey"):
            yield int(entry.name)
