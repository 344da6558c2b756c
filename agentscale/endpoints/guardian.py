"""The child process that starts a server of another make, and that the server cannot outlive.

It finds a free port, starts the command with it, says the address on standard output, in one line, and lives as long as
its standard input stays open: when the parent ends, however it ends, the pipe closes, and the whole process group of
the server goes with it. When the server ends, it ends with the server's exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

GRACE_S = 4.0
"""Seconds between the request to end and the kill."""

POLL_S = 0.05


def free_port() -> int:
    """A port on loopback that nobody has at this moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command: ``--port N NAME=VALUE … -- COMMAND …``, where ``{port}`` stands for the port; 0 is a free one."""
    _, wanted, *given = sys.argv[1:] if argv is None else argv
    port = int(wanted) or free_port()
    given = [part.replace("{port}", str(port)) for part in given]
    split = given.index("--")
    environment = dict(part.split("=", 1) for part in given[:split])
    server = subprocess.Popen(
        given[split + 1 :],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, **environment},
        start_new_session=True,  # a group of its own, so that all of it can be ended
    )
    print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201 the contract with the parent
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    threading.Thread(target=_watch, args=(ending,), daemon=True).start()
    while server.poll() is None and not ending.wait(POLL_S):
        pass
    _end(server)
    return server.returncode or 0


def _watch(ending: threading.Event) -> None:
    """Notices that the parent has gone."""
    os.read(0, 1)
    ending.set()


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server's group: by request, and after the grace by force, also what the server itself has left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(GRACE_S)


if __name__ == "__main__":
    os._exit(main())  # at once: a thread still reads the standard input
