"""Runs a server of this room in a process of its own, so that its CPU time is not ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agentscale.errors import StoreError

STOP_S = 10.0
"""Seconds that a server has to end by itself."""


@contextmanager
def serving(program: str, *arguments: str) -> Iterator[str]:
    """Starts ``agentscale.bench.PROGRAM`` and gives ``http://127.0.0.1:PORT``.

    The program prints its port when it listens, and ends when its standard input closes: it never outlives this
    process, however that dies.

    Raises:
        StoreError: It did not come up.
    """
    command = [sys.executable, "-m", f"agentscale.bench.{program}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            if not port.isdecimal():
                raise StoreError(f"the server {program!r} of the benchmark did not start; it said {port!r}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            _ended(process)


def _ended(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
