"""The simulator of an experiment, served as `agentscale serve` does, with a log of the calls that it was asked.

A program: ``python -m agentscale.bench.logged_simulator LOG EXPERIMENT LATENCY_S`` prints its port. The log has the
lines of `hostile_server` for arrivals, written when the simulator is asked: a request whose caller is gone by then
never reaches it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import count

from agentscale import experiment
from agentscale.schema.calls import Completion
from agentscale.server.doors import Asked, Door
from agentscale.server.faults import FaultPlan
from agentscale.server.hosting import hosting
from agentscale.server.simulated import SimulatorDoor


class LoggedDoor:
    """A door that writes down who asks before it answers.

    Args:
        door: What answers.
        log: A file descriptor that is appended to.
    """

    def __init__(self, door: Door, log: int) -> None:
        self._door = door
        self._log = log
        self._numbers = count()

    @property
    def models(self) -> Sequence[str]:
        """The names that may be asked."""
        return self._door.models

    def answers(self, asked: Asked) -> list[Completion]:
        """As `Door.answers`. The caller has to say who it is."""
        assert asked.call is not None  # our own client does, on loopback
        facts = {"at": time.monotonic(), "n": next(self._numbers), "key": asked.call.key, "fault": None}
        os.write(self._log, json.dumps(facts).encode() + b"\n")
        return self._door.answers(asked)

    def odds(self, asked: Asked) -> Mapping[str, float]:
        """As `Door.odds`; nothing is answered by it."""
        return self._door.odds(asked)

    def close(self) -> None:
        """Gives back what the door holds."""
        self._door.close()


def main(log: str, path: str, latency_s: str) -> None:
    """Serves on a free port of loopback until standard input closes."""
    fd = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    door = LoggedDoor(SimulatorDoor(experiment.load(path)), fd)
    with hosting(door, 0, FaultPlan(), lambda number: float(latency_s)) as served:
        sys.stdout.write(f"{served.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
