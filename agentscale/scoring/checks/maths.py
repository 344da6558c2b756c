"""Whether two mathematical expressions mean the same: told by ``math-verify``, in a process that can be killed.

The library parses what models wrote and lets a computer algebra system work on it, which may take for ever, or all
memory. One process stays warm, so that an answer takes milliseconds; one that hangs is killed, and then replaced.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import select
import subprocess
import sys
import threading
import time
import weakref
from fractions import Fraction
from pathlib import Path
from typing import Any

from agentscale.errors import SpecError
from agentscale.scoring.checks.base import Checked
from agentscale.scoring.expressions import MAX_CHARS
from agentscale.scoring.numbers import canonical, whole_number

SECONDS = 5.0
"""What one answer may take."""
MEMORY_BYTES = 2**30
"""Address space of the process, the libraries included."""
_START_S = 120.0
_GRACE_S = 10.0
"""Seconds beyond its own after which the process ends by itself, should nobody be left to end it."""
_WORKER = str(Path(__file__).with_name("mathworker.py"))
_RATIONAL = re.compile(r"-?[0-9]{1,200}(?:/[0-9]{1,200})?")
_PLACES = 6
"""Digits after the point to which the library compares numbers."""


def refusal() -> str | None:
    """Why no expression can be checked here and what to do about it; ``None`` where one can."""
    if importlib.util.find_spec("math_verify") is None:
        return "pip install 'agentscale[math]'"
    return None if sys.platform != "win32" else "the process that does it has limits that Windows does not know"


def checked_at_once(answer: str, target: str) -> Checked | None:
    """What can be told without a process: of two plain numbers. ``None`` where that is not enough."""
    said, right = whole_number(answer), whole_number(target)
    if said is None or right is None:
        return None
    if said != right and not (_is_short(said) and _is_short(right)):
        return None  # 0.333333 is held to be 1/3
    return Checked(canonical(said), said == right, by="number@1")


def _is_short(value: Fraction) -> bool:
    return bool((value * 10**_PLACES).denominator == 1)


class MathChecker:
    """Tells what expressions mean, one after the other; safe to use from several threads.

    Args:
        seconds: What one answer may take; one that takes longer is not told.
        memory_bytes: What the process may use.
    """

    def __init__(self, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self.seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._by = ""
        self.n_started = 0
        """Processes so far."""

    def check(self, answer: str, target: str) -> Checked:
        """How ``answer`` votes, and whether it means the same as ``target``.

        Args:
            answer: An expression in plain or LaTeX notation.
            target: The right one.

        Raises:
            SpecError: The library is not installed, or its process does not start.
        """
        told = checked_at_once(answer, target)
        if told is not None:
            return told
        if len(answer) > MAX_CHARS:
            return Checked(answer, None, "limit: length")
        with self._lock:
            return self._told(answer, target)

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _told(self, answer: str, target: str) -> Checked:
        worker = self._started()
        said = self._said(worker, {"answer": answer, "target": target})
        if "vote" not in said:
            self._end()
            return Checked("".join(answer.split()), None, f"limit: {said['limit']}", self._by)
        return Checked(_vote(said["vote"]), said["right"], by=self._by)

    def _said(self, worker: subprocess.Popen[bytes], job: dict[str, str]) -> dict[str, Any]:
        """What the process says, or which limit it met."""
        assert worker.stdin is not None
        try:
            worker.stdin.write(json.dumps(job).encode("ascii") + b"\n")
            worker.stdin.flush()
        except BrokenPipeError:
            return {"limit": "memory"}
        line = _line(worker, self.seconds)
        if line is None:
            return {"limit": "time"}
        # A process that ends by itself was out of memory, or out of stack.
        said: dict[str, Any] = json.loads(line) if line else {"limit": "memory"}
        return said

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is not None:
            return self._worker
        reason = refusal()
        if reason is not None:
            raise SpecError("answers in mathematics need the extra math", remedy=reason)
        self.n_started += 1
        command = [sys.executable, "-s", "-P", _WORKER, str(self._memory_bytes), str(int(self.seconds + _GRACE_S))]
        self._worker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ENVIRONMENT
        )
        self._ending = weakref.finalize(self, _ended, self._worker)  # also where nobody closes
        hello = _line(self._worker, _START_S)
        if not hello:
            self._end()
            raise SpecError("the process that checks mathematics did not start", remedy=f"try: {' '.join(command)}")
        self._by = str(json.loads(hello)["by"])
        return self._worker

    def _end(self) -> None:
        if self._worker is not None:
            self._ending()
            self._worker = None


def _ended(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.communicate()


def _vote(text: str) -> str:
    """A number in the form in which numbers vote, anything else as it is."""
    return canonical(Fraction(text)) if _RATIONAL.fullmatch(text) else text


def _line(worker: subprocess.Popen[bytes], seconds: float) -> bytes | None:
    """The next line; empty where the process has ended, ``None`` where there is none in time."""
    assert worker.stdout is not None
    descriptor, end = worker.stdout.fileno(), time.monotonic() + seconds
    read = b""
    while not read.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        piece = os.read(descriptor, 2**16)
        if not piece:
            return b""
        read += piece
    return read


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
"""All that the process knows of its surroundings. Sets are walked in the same order always, so texts stay the same."""
