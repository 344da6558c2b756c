"""Start a server on this machine, wait until it is well, and stop it, whatever happens in between."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from agentscale.endpoints.files import find_model
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.experiment import Launch
from agentscale.transport import Address, EndpointClient

START_S = 180.0
"""Seconds that a server may take to load its model and report that it is well."""

GRACE_S = 5.0
"""Seconds between the request to end and the kill."""

_POLL_S = 0.1
_TAIL_LINES = 12
_PATIENT_THREADS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Threads that wait instead of spinning: on a busy machine spinning costs nine tenths of the speed."""


def command_for(launch: Launch, model: Path) -> list[str]:
    """The command line of the server's process."""
    command = [sys.executable, "-m", "agentscale.endpoints.llamacpp", "--model", str(model)]
    command += ["--slots", str(launch.slots), "--context", str(launch.context), "--threads", str(launch.threads)]
    command += ["--port", "0"]
    if launch.chat_template is not None:
        command += ["--chat-template", launch.chat_template]
    return command


@asynccontextmanager
async def launch(name: str, launch: Launch, log: Path, *, command: Sequence[str] | None = None) -> AsyncIterator[str]:
    """Run a server for as long as the context lasts.

    Args:
        name: The endpoint's name, for messages.
        launch: What to start.
        log: Where the server's output goes; it is appended to.
        command: Another command line that keeps to the same contract (see ``agentscale.endpoints.llamacpp``).

    Yields:
        The base URL of the server's API, such as ``http://127.0.0.1:40123/v1``.

    Raises:
        SpecError: The model is not on this machine, or the server is not installed.
        EndpointError: The server ended or did not become well in time; shows the end of its log.
    """
    if command is None:
        command = command_for(launch, _model(name, launch))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=sink,
            env={**os.environ, **_PATIENT_THREADS},
            start_new_session=True,  # a Ctrl-C in the terminal is for the run, which then stops the server itself
        )
    try:
        yield f"{await _started(name, process, log)}/v1"
    finally:
        await _stop(process)


def _model(name: str, launch: Launch) -> Path:
    key = f"endpoints.{name}.launch"
    if importlib.util.find_spec("xllamacpp") is None:
        raise SpecError(
            "the server llamacpp needs xllamacpp, which is not installed",
            key=f"{key}.server",
            remedy="pip install 'agentscale[local]'",
        )
    if launch.chat_template is not None and not Path(launch.chat_template).is_file():
        raise SpecError(
            f"no file {launch.chat_template!r}", key=f"{key}.chat_template", allowed="the path of a Jinja template"
        )
    try:
        return find_model(launch.model)
    except SpecError as error:
        raise error.at(key=f"{key}.model") from None


async def _started(name: str, process: asyncio.subprocess.Process, log: Path) -> str:
    try:
        async with asyncio.timeout(START_S):
            address = await _announced(process)
            if address is not None and await _well(name, process, address):
                return address
            problem = f"ended with exit code {await process.wait()} before it was ready"
    except TimeoutError:
        problem = f"was not ready after {START_S:g} s"
    raise EndpointError(
        f"endpoint {name!r}: the server {problem}; the end of {log}:\n{_tail(log)}\n"
        "  check that the model's file is whole and that the machine has the memory for it; fewer slots or a smaller "
        "context need less",
        kind="launch",
    )


async def _announced(process: asyncio.subprocess.Process) -> str | None:
    """The address in the first line of the server's output, or ``None`` where it ended without one."""
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode("ascii", "replace").strip()
    return line if line.startswith("http://127.0.0.1:") else None


async def _well(name: str, process: asyncio.subprocess.Process, address: str) -> bool:
    """Wait until ``/health`` answers; ``False`` where the process ends instead."""
    client = EndpointClient(Address(name, address, timeout_s=10.0, max_retries=0))
    try:
        while process.returncode is None:
            try:
                await client.get_json("/health")
            except EndpointError:
                await asyncio.sleep(_POLL_S)  # still loading
            else:
                return True
        return False
    finally:
        await client.aclose()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join(f"    {line}" for line in lines) or "    (nothing was written)"


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the whole group: by request, after the grace by force. Cancelled meanwhile, it is by force at once."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        _signal(process, signal.SIGTERM)
        async with asyncio.timeout(GRACE_S):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:  # it ended by itself a moment ago
            return
