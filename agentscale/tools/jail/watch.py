"""Watches one program from outside: reads what it prints, and ends it where it passes a limit."""

from __future__ import annotations

import os
import resource
import select
import time
from typing import Any, NamedTuple

KEEPERS = 2
"""Processes that keep a program, and that the kernel counts among its own where they are of one user."""
_TICK_S = 0.02
_CHUNK = 2**16
READY = "ready\n"
"""Said when all is isolated, before the first line of the program: what follows is the program's word."""
NAMED = ("memory", "processes", "files", "disk", "network")
"""The limits that an error in the program may tell of; a program that lies about them harms itself."""
_KILL = 9


class Streams(NamedTuple):
    """The pipes between a program and its watch: what it reads from, and what the program writes to."""

    stdout: int
    stderr: int
    said: int
    into_stdout: int
    into_stderr: int
    say: int

    @classmethod
    def made(cls) -> Streams:
        """Three pipes."""
        (out, into_out), (err, into_err), (said, say) = os.pipe(), os.pipe(), os.pipe()
        return cls(out, err, said, into_out, into_err, say)

    def take(self) -> None:
        """In the program's process: its streams take their places; it keeps the way to say a limit, and no other."""
        os.dup2(self.into_stdout, 1)
        os.dup2(self.into_stderr, 2)
        for descriptor in range(3, _highest()):
            if descriptor != self.say:
                _close(descriptor)

    def close_inner(self) -> None:
        """In the watch: leaves the program's ends to the program."""
        for descriptor in (self.into_stdout, self.into_stderr, self.say):
            os.close(descriptor)


def _highest() -> int:
    return max(int(name) for name in os.listdir("/proc/self/fd")) + 1


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # it was none


def watched(program: int, streams: Streams, limits: dict[str, Any]) -> dict[str, Any]:
    """What became of the program, as the fields of `agentscale.tools.sandbox.Ran`; or why it was not started.

    Args:
        program: Its process.
        streams: Its pipes.
        limits: The fields of `agentscale.tools.sandbox.Limits`.
    """
    streams.close_inner()
    began, printed = time.monotonic(), _Printed(streams)
    end = os.pidfd_open(program)
    limit: str | None = None
    while limit is None and not printed.more(_TICK_S, end):
        limit = _passed(printed, time.monotonic() - began, limits)
    os.kill(-1, _KILL)
    status = _buried(program)
    seconds = time.monotonic() - began
    printed.more(0)
    if printed.n_bytes > limits["output_bytes"]:
        limit = limit or "output"
    is_ready, _, said = _everything(streams.said, 2**12).decode("utf-8", "replace").partition(READY)
    if is_ready:  # what stands before the mark was not said by the program, which starts after it
        return {"refused": is_ready}
    code = os.waitstatus_to_exitcode(status)
    if code != 0 and limit is None:
        limit = next((name for name in said.split() if name in NAMED), None)
    return {**printed.texts(int(limits["output_bytes"])), "exit_code": code, "limit": limit, "seconds": seconds}


class _Printed:
    """What a program has printed so far."""

    def __init__(self, streams: Streams) -> None:
        self._pieces: dict[int, list[bytes]] = {streams.stdout: [], streams.stderr: []}
        self._open = [streams.stdout, streams.stderr]
        self.n_bytes = 0
        for descriptor in (*self._open, streams.said):
            os.set_blocking(descriptor, False)

    def more(self, wait_s: float, end: int | None = None) -> bool:
        """Reads what there is, or comes within the time; whether the process behind ``end`` has ended."""
        ready, _, _ = select.select([*self._open, *(() if end is None else (end,))], [], [], wait_s)
        for descriptor in ready:
            if descriptor != end:
                piece = _everything(descriptor, 16 * _CHUNK)
                self._pieces[descriptor].append(piece)
                self.n_bytes += len(piece)
                if not piece:
                    self._open.remove(descriptor)
        return end in ready

    def texts(self, room: int) -> dict[str, str]:
        """Both streams as texts, of ``room`` bytes together at most."""
        out, err = (b"".join(pieces) for pieces in self._pieces.values())
        return {
            "stdout": out[:room].decode("utf-8", "replace"),
            "stderr": err[: max(0, room - len(out))].decode("utf-8", "replace"),
        }


def _everything(descriptor: int, at_most: int) -> bytes:
    """What stands in a pipe."""
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < at_most:
        try:
            piece = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def _passed(printed: _Printed, seconds: float, limits: dict[str, Any]) -> str | None:
    """Which limit the program has passed."""
    if printed.n_bytes > limits["output_bytes"]:
        return "output"
    if seconds > limits["seconds"]:
        # Who makes processes until no more can be had, and catches the refusals, has not just been slow.
        return "processes" if _tasks() >= limits["processes"] else "time"
    if _tasks() > limits["processes"]:  # the kernel allows no more, unless the user behind the program is a root's
        return "processes"
    return "memory" if _memory_bytes() > limits["memory_bytes"] else None


def _buried(program: int) -> int:
    """The status of the program, which has ended or is about to; orphans that have ended are buried along the way."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == program:
            return status


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal() and name != "1"]


def _memory_bytes() -> int:
    """What all processes of the program hold beyond what this one, which is the bare interpreter, holds."""
    own = _resident("1")
    return sum(max(0, _resident(name) - own) for name in _processes()) * resource.getpagesize()


def _resident(process: str) -> int:
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1])
    except OSError:
        return 0  # it has ended


def _tasks() -> int:
    """Processes and threads of the program."""
    n = 0
    for name in _processes():
        try:
            n += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue  # it has ended
    return n
