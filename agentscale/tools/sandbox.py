"""Runs a Python program that nobody vouches for, and says which limit it met.

A program gets a process tree, a root, a network and users of its own, from the Linux kernel: it sees the interpreter,
the libraries installed beside it, and ``/tmp``, in which it may write and has one empty folder to begin in; there is no
network, not even loopback. Where agentscale runs as root, the program does not: limits of processes do not bind root.
Where all that cannot be had, nothing is run, and the reason is told. It keeps a program from harm, not from lying: what
it prints is its own, and whoever scores it asks for a result that cannot be guessed.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from agentscale.errors import SpecError
from agentscale.tools.jail import OWN

Limit = Literal["time", "memory", "output", "processes", "files", "disk", "network"]
"""What a program ran into: too long, too much memory or output, too many processes; a write outside its folder, more
than fits into it; an attempt to reach the network."""

_GRACE_S = 10.0
"""Seconds beyond a program's own after which its keeper, which should have ended it, is ended as well."""
_ROOT = str(Path(__file__).parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from agentscale.tools.jail.keeper import main; main()"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use."""

    seconds: float = 5.0
    """Of the clock, from its first line on."""
    memory_bytes: int = 256 * 2**20
    """Of all its processes together, beyond the interpreter's own."""
    output_bytes: int = 2**20
    """Of both its streams together; what was printed up to there is kept."""
    processes: int = 16
    """Processes and threads at once."""
    disk_bytes: int = 16 * 2**20
    """Of all its files together."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (value > 0 and math.isfinite(value)):
                raise SpecError(f"{name} is {value!r}", key=f"limits.{name}", allowed="a finite number above 0")


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a program."""

    stdout: str
    """What it printed; what is no UTF-8 stands as U+FFFD."""
    stderr: str
    exit_code: int
    """As Python gives it: 0 after the last line, 1 after an error; minus the signal that ended it."""
    limit: Limit | None
    """Which limit ended it: by the keeper's hand, or by an error that the program did not catch."""
    seconds: float
    """How long it ran."""

    @property
    def ok(self) -> bool:
        """Whether it came to its end without an error."""
        return self.limit is None and self.exit_code == 0


def run(code: str, stdin: str = "", limits: Limits = Limits()) -> Ran:
    """Runs ``code`` as a program and waits for its end, or for its limit.

    Args:
        code: Python, as a file would hold it.
        stdin: What the program reads.
        limits: What it may use.

    Raises:
        SpecError: Isolation cannot be had here; nothing was run.
    """
    reason = refusal()
    if reason is not None:
        raise SpecError("programs cannot be isolated on this machine, so none is run", remedy=reason)
    said = _run(code, stdin, limits)
    if "refused" in said:
        raise SpecError("a program could not be isolated, so it was not run", remedy=str(said["refused"]))
    return Ran(**said)


@cache
def refusal() -> str | None:
    """Why no program can be isolated here and what to do about it; ``None`` where one can. Tried out once."""
    if sys.platform != "linux":
        return f"isolation is Linux's, and this is {sys.platform}: run agentscale in a Linux machine"
    said = _run("print(6 * 7)", "", Limits())
    if "refused" in said:
        return str(said["refused"])
    ran = Ran(**said)
    return None if ran.ok and ran.stdout == "42\n" else f"a program that prints 42 gave {ran}"


def _run(code: str, stdin: str, limits: Limits) -> dict[str, Any]:
    """What the keeper says: the fields of `Ran`, or why it refused."""
    job = json.dumps({"code": code, "stdin": stdin, "limits": asdict(limits), "root": _ROOT})
    with tempfile.TemporaryDirectory(prefix="agentscale-sandbox-") as base:
        command = [sys.executable, "-s", "-P", "-c", _START, _ROOT, base]
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        try:
            out, err = keeper.communicate(job.encode("ascii"), timeout=limits.seconds + _GRACE_S)
        except subprocess.TimeoutExpired:
            # It could not even be ended in time, as on a machine that has come to a standstill.
            return {"stdout": "", "stderr": "", "exit_code": -9, "limit": "time", "seconds": limits.seconds + _GRACE_S}
        finally:
            _end(keeper)
    try:
        said: dict[str, Any] = json.loads(out)
    except ValueError:
        words = err.decode("utf-8", "replace").strip().splitlines()
        return {"refused": f"its keeper broke off ({keeper.returncode}): {words[-1] if words else 'it said nothing'}"}
    return said


def _end(keeper: subprocess.Popen[bytes]) -> None:
    """The keeper's end is the end of all that it keeps."""
    if keeper.poll() is None:
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.communicate()


_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": OWN,
    "LANG": "C.UTF-8",
    # One program, one answer: sets are walked in the same order every time.
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Libraries that take a thread for every core, and address space for every thread, would meet limits for nothing.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""All that a program knows of its surroundings: no key of the user's is among it."""
