"""Start a server on this machine, wait until it is well, and stop it, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from agentscale.endpoints.files import find_model
from agentscale.endpoints.kinds import KINDS, launch_fault
from agentscale.errors import EndpointError
from agentscale.schema.experiment import Launch
from agentscale.transport import Address, EndpointClient

START_S = 180.0
"""Seconds that a server may take to load its model and report that it is well."""

GRACE_S = 5.0
"""Seconds between the request to end and the kill."""

RESTARTS = 5
"""How often a server that ends in the middle of a run is started again."""

_POLL_S = 0.1
_TAIL_LINES = 12
_PATIENT_THREADS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Threads that wait instead of spinning: on a busy machine spinning costs nine tenths of the speed."""


def command_for(launch: Launch) -> list[str]:
    """The command line of the server's process.

    Raises:
        SpecError: The model is not on this machine.
    """
    kind = KINDS.get(launch.server)
    if kind is not None:
        variables = [f"{name}={value}" for name, value in kind.environment(launch).items()]
        guardian = [sys.executable, "-m", "agentscale.endpoints.guardian"]
        return [*guardian, "--port", "0", *variables, "--", *kind.arguments(launch), *launch.arguments]
    command = [sys.executable, "-m", "agentscale.endpoints.llamacpp", "--model", str(find_model(launch.model))]
    command += ["--slots", str(launch.slots), "--context", str(launch.context), "--threads", str(launch.threads)]
    command += ["--port", "0"]
    if launch.chat_template is not None:
        command += ["--chat-template", launch.chat_template]
    return command


@asynccontextmanager
async def launch_all(name: str, spec: Launch, log: Callable[[str], Path]) -> AsyncIterator[list[str]]:
    """Run all replicas of a server for as long as the context lasts.

    Args:
        name: The endpoint's name, for messages and logs.
        spec: What to start.
        log: From a name to the path of a log.

    Yields:
        The base URL of each.

    Raises:
        SpecError: As `launch` does.
        EndpointError: As `launch` does.
    """
    each = len(spec.gpus) // spec.replicas
    async with AsyncExitStack() as stack:
        urls = []
        for at in range(spec.replicas):
            called = name if spec.replicas == 1 else f"{name}-{at + 1}"
            gpus = spec.gpus[at * each : (at + 1) * each]
            urls.append(await stack.enter_async_context(launch(name, spec, log(called), gpus=gpus)))
        yield urls


@asynccontextmanager
async def launch(
    name: str, launch: Launch, log: Path, *, command: Sequence[str] | None = None, gpus: Sequence[int] = ()
) -> AsyncIterator[str]:
    """Run a server for as long as the context lasts.

    Args:
        name: The endpoint's name, for messages.
        launch: What to start.
        log: Where the server's output goes; it is appended to.
        command: Another command line that keeps to the same contract (see ``agentscale.endpoints.llamacpp``).
        gpus: Numbers of the GPUs that it sees; all of them where none is given.

    Yields:
        The base URL of the server's API, such as ``http://127.0.0.1:40123/v1``.

    Raises:
        SpecError: The model is not on this machine, or the server is not installed.
        EndpointError: The server ended or did not become well in time; shows the end of its log.
    """
    if command is None:
        fault = launch_fault(launch)
        if fault is not None:
            raise fault.error.at(key=f"endpoints.{name}.launch.{fault.key}")
        command = command_for(launch)
    seen = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))} if gpus else {}
    kind = KINDS.get(launch.server)
    log.parent.mkdir(parents=True, exist_ok=True)
    server = _Server(name, log, seen, "/health" if kind is None else kind.health)
    try:
        address = await server.start(command)
        keeper = asyncio.create_task(server.keep(_again(command, address)))
        try:
            yield f"{address}/v1"
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
    finally:
        await server.stop()


def _again(command: Sequence[str], address: str) -> list[str] | None:
    """The command that starts the server again where it was; ``None`` where the command asks for no free port."""
    words = list(command)
    if "--port" not in words or words[words.index("--port") + 1] != "0":
        return None
    words[words.index("--port") + 1] = address.rpartition(":")[2]
    return words


class _Server:
    """A server's process, and those that follow it."""

    def __init__(self, name: str, log: Path, variables: Mapping[str, str], health: str) -> None:
        self._name, self._log, self._variables, self._health = name, log, variables, health
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, command: Sequence[str]) -> str:
        """Starts it, and waits until it is well; gives its address."""
        with self._log.open("ab") as sink:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=sink,
                env={**os.environ, **_PATIENT_THREADS, **self._variables},
                start_new_session=True,  # a Ctrl-C in the terminal is for the run, which then stops the server itself
            )
        return await _started(self._name, self._process, self._log, self._health)

    async def keep(self, command: Sequence[str] | None) -> None:
        """Starts it again, at the same address, whenever it ends before the run does.

        Calls that fail meanwhile are tried again by the transport. A server that does not come up again, or ends too
        often, is given up: its calls then fail with their reason.
        """
        for _ in range(RESTARTS):
            assert self._process is not None
            await self._process.wait()
            if command is None:
                return
            await self.stop()
            try:
                await self.start(command)
            except EndpointError:
                return

    async def stop(self) -> None:
        """Ends the process and all that it has started."""
        if self._process is not None:
            await _stop(self._process)


async def _started(name: str, process: asyncio.subprocess.Process, log: Path, health: str) -> str:
    try:
        async with asyncio.timeout(START_S):
            address = await _announced(process)
            if address is not None and await _well(name, process, address, health):
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


async def _well(name: str, process: asyncio.subprocess.Process, address: str, health: str) -> bool:
    """Wait until ``health`` answers; ``False`` where the process ends instead."""
    client = EndpointClient(Address(name, address, timeout_s=10.0, max_retries=0))
    try:
        while process.returncode is None:
            try:
                await client.get_json(health)
            except EndpointError as error:
                if error.status == 200:  # well, and says so in another form than JSON
                    return True
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
