"""Shares of a run as tasks of Ray. A worker that dies loses what was not yet recorded; Ray gives its share to another.

Ray is an extra, and is imported here alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agentscale.engine.run import Stopper
from agentscale.engine.shares import held, is_done, left, needed, play_share
from agentscale.engine.tally import Tally, Watch
from agentscale.errors import AgentscaleError, SpecError, StoreError
from agentscale.experiment import Sweep, load
from agentscale.experiment.shares import Share, most_at_once
from agentscale.store import RunFolder

SHARES_PER_WORKER = 4
"""So that a slow share holds up nobody at the end, and a death costs little."""

RETRIES = 100
"""How often a share is begun again whose worker died."""


REACH_S = 5.0
"""Seconds in which a cluster's port has to answer."""


class Order(NamedTuple):
    """What a worker is to do. Everything in it is found on every machine of the cluster."""

    experiment: str
    overrides: tuple[str, ...]
    folder: str
    share: Share
    at_once: int
    concurrency: int
    environ: dict[str, str]


def obey(order: Order) -> Tally | None:
    """Plays a share, in a worker's process; ``None`` where somebody else holds it or has played it.

    Raises:
        AgentscaleError: As `play_share` does.
    """
    folder = RunFolder.open(Path(order.folder))
    sweep = load(order.experiment, order.overrides)
    stopper = Stopper()

    def watch(tally: Tally) -> None:
        if not stopper.requested and _stop_sign(folder).exists():
            stopper.request()

    with held(folder, order.share) as free:
        if not free or is_done(folder, order.share):
            return None
        return asyncio.run(
            play_share(
                sweep,
                folder,
                order.share,
                order.at_once,
                order.environ,
                concurrency=order.concurrency,
                watch=watch,
                stopper=stopper,
            )
        )


def _stop_sign(folder: RunFolder) -> Path:
    """A file that tells all workers to ask nothing more."""
    return folder.path / "shares" / "stop"


def workers_of(sweep: Sweep, asked: int | None, ray: Any) -> int:
    """How many shares are played at once: as many as were asked for, or as there are processors, within the limits.

    A limit of an endpoint is divided among them, so there are never more of them than the smallest limit.
    """
    wanted = asked or int(ray.cluster_resources().get("CPU", 1))
    return max(1, min(wanted, most_at_once(sweep.experiment) or wanted, len(sweep.questions)))


@contextlib.contextmanager
def connected(address: str | None = None, processors: int | None = None) -> Iterator[Any]:
    """Ray: the cluster that the program is connected to already, the one at ``address``, or one on this machine.

    Args:
        address: Such as ``10.0.0.5:6379``, ``ray://…`` or ``auto``; ``None`` starts a cluster while the block runs.
        processors: Of a cluster that is started; as many as the machine has by default.

    Raises:
        SpecError: If Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise SpecError("Ray is not installed", key="executor", remedy="pip install 'agentscale[ray]'") from None
    if ray.is_initialized():
        yield ray
        return
    _check_reachable(address)
    try:
        ray.init(
            address=address,
            num_cpus=processors if address is None else None,
            include_dashboard=False if address is None else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_cluster(address, str(error).splitlines()[0]) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Ray itself would try for minutes, and tell why on the way."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, getattr(error, "strerror", None) or str(error)) from None


def _no_cluster(address: str | None, why: str) -> SpecError:
    where = "on this machine" if address is None else f"at {address!r}"
    remedy = "start one with `ray start --head`, or leave the address out"
    return SpecError(f"no Ray cluster {where}: {why}", key="ray_address", remedy=remedy)


async def play_on_cluster(
    sweep: Sweep,
    folder: RunFolder,
    experiment: str,
    overrides: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    ray: Any,
    workers: int,
    concurrency: int,
    watch: Watch,
    stopper: Stopper,
) -> Tally | None:
    """Plays all shares of a sweep that are left.

    Args:
        sweep: The sweep.
        folder: Its run folder, which every machine of the cluster sees under the same path.
        experiment: The file, or the name of a ready one, likewise.
        overrides: Of the file.
        environ: Where keys are looked up.
        ray: The cluster, as `connected` gives it.
        workers: How many shares are played at once.
        concurrency: Calls under way at once of each model, in each worker.
        watch: Is told after every share.
        stopper: Through which it is asked to stop: workers then ask nothing more.

    Returns:
        What was done; ``None`` where nothing was left.

    Raises:
        AgentscaleError: As `play_share` does; the other shares end, and keep what they recorded.
    """
    count = _count(sweep, workers)
    waiting = deque(left(folder, count))
    sign = _stop_sign(folder)
    sign.unlink(missing_ok=True)
    stopper.on_stop(sign.touch)
    total: Tally | None = None

    def order(share: Share) -> Order:
        known = needed(sweep, environ)
        return Order(experiment, overrides, str(folder.path.resolve()), share, workers, concurrency, known)

    remote = ray.remote(num_cpus=1, max_retries=RETRIES)(obey)
    running: set[asyncio.Task[Tally | None]] = set()
    try:
        while (waiting and not stopper.requested) or running:
            while waiting and len(running) < workers and not stopper.requested:
                running.add(asyncio.create_task(_told(ray, remote.remote(order(waiting.popleft())))))
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for tally in filter(None, (task.result() for task in ended)):
                total = tally if total is None else total.plus(tally)
                watch(total)
    finally:
        if running:  # one has failed: the others keep what they have
            sign.touch()
            await asyncio.wait(running)
        sign.unlink(missing_ok=True)
    return total


def _count(sweep: Sweep, workers: int) -> int:
    """How many shares there are: some for each worker, but one each where a share starts a server of its own."""
    launches = any(endpoint.launch is not None for endpoint in sweep.experiment.endpoints.values())
    return min(len(sweep.questions), workers if launches else workers * SHARES_PER_WORKER)


async def _told(ray: Any, reference: Any) -> Tally | None:
    try:
        tally: Tally | None = await reference
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, AgentscaleError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        raise StoreError(
            f"a share could not be played: {str(error).splitlines()[0]}\n"
            "  what is recorded is kept: the same command goes on"
        ) from None
    return tally
