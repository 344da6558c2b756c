"""A whole run against a server with faults: at its end every call is answered, or failed with its reason.

The server logs what it did, and its log is set against the recording. It also repeats the key that it was sent in
answers and complaints, and the run folder is searched for it, report included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from agentscale.bench.accounts import Accounts, accounts, read_log
from agentscale.bench.desk import desk, endpoint_model
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.leaks import files_with
from agentscale.bench.serving import serving
from agentscale.bench.setting import Setting
from agentscale.server.faults import Fault, FaultPlan
from agentscale.store import RunFolder

AGENTS = 8
KEY_VARIABLE = "AGENTSCALE_BENCH_KEY"
CANARY = "sk-canary-0123456789abcdef"
"""The key of the endpoint, which may stand nowhere."""

SHARES: dict[Fault, float] = {
    "busy": 0.001,
    "busy_skewed": 0.001,
    "error": 0.03,
    "hang": 0.004,
    "hang_midway": 0.002,
    "closed": 0.02,
    "reset": 0.02,
    "slow": 0.01,
    "truncated": 0.01,
    "wrong_type": 0.01,
    "not_json": 0.005,
    "huge": 0.0005,
    "endless": 0.0002,
}
"""All that endpoints do, in the order of one in ten requests. 429s come in storms, as those of a limit do."""


@dataclass(frozen=True)
class Ordeal:
    """How large a run is, and what it has to stand."""

    calls: int
    in_flight: int
    timeout_s: float
    plan: FaultPlan


FULL = Ordeal(20_000, 512, 5.0, FaultPlan(shares=SHARES, storm_every_s=10.0, storm_s=1.0, slow_s=1.0))
QUICK = Ordeal(2_000, 128, 3.0, FaultPlan(shares=SHARES, storm_every_s=2.0, storm_s=0.2, retry_after_s=0.2, slow_s=0.5))


def run(setting: Setting) -> Result:
    """Measures the area."""
    ordeal = setting.size(FULL, QUICK)
    found, leaks = endure(ordeal, report=True)
    measures = [
        Measure("calls", found.planned, "calls", f"{ordeal.in_flight} in flight"),
        Measure("answered", found.answered, "calls"),
        *(Measure(f"failed: {kind}", number, "calls") for kind, number in sorted(found.failed.items())),
        Measure("requests that the server saw", found.requests, "requests"),
        *(Measure(f"met {fault}", number, "requests") for fault, number in sorted(found.faults.items())),
    ]
    log = "the server's own log"
    goals = [
        Goal.at_most("calls lost", found.lost, 0, log),
        Goal.at_most("answers without a good reply", found.unproved, 0, log),
        Goal.at_most("requests after a good reply", found.asked_again, 0, log),
        Goal.at_most("good replies that became failures", found.wasted, 0, log),
        Goal.at_most("longest hang / timeout", found.longest_hang_s / ordeal.timeout_s, 2.0, log),
        Goal.at_most("files that hold the key", len(leaks), 0, "every byte of the run folder"),
    ]
    return Result("hostile", measures, goals)


class Endured(NamedTuple):
    """What an ordeal came to."""

    accounts: Accounts
    leaks: list[str]
    """Where the key stands that the server repeated: files of the run folder, or the tally."""


def endure(ordeal: Ordeal, *, report: bool) -> Endured:
    """Runs the ordeal once, settles its accounts, and looks for the key, in a report too where one is wanted."""
    with desk(ordeal.calls // AGENTS, 200) as bench:
        log = bench.path / "server.log"
        with serving("hostile_server", str(log), ordeal.plan.model_dump_json(), "0") as server:
            limits: dict[str, Any] = {"timeout_s": ordeal.timeout_s, "api_key_env": KEY_VARIABLE}
            experiment = bench.experiment(
                **endpoint_model(f"{server}/v1", ordeal.in_flight, **limits), team={"size": AGENTS, "layer": "L1"}
            )
            env_file = bench.path / "keys.env"
            env_file.write_text(f"{KEY_VARIABLE}={CANARY}\n", "utf-8")
            made = bench.run(experiment, concurrency=ordeal.in_flight, env_file=env_file)
        if report:
            made.report()
        told = ["the tally"] if CANARY in repr(made.tally) else []
        return Endured(
            settle(ordeal.calls, log, made.folder), told + [path.name for path in files_with(CANARY, made.path)]
        )


def settle(planned: int, log: Path, folder: RunFolder) -> Accounts:
    """The accounts of a run that ended, from the server's log and the run's recording."""
    with folder.recording() as recording, log.open("rb") as lines:
        return accounts(planned, read_log(lines), recording.records())
