"""Shares of a run, played by processes that have nothing in common but the run folder.

Each share has a lock, which the system takes back when its process dies, and a mark when it is done. Whoever is done
with a share of his own takes another that nobody holds, so a dead process's work goes to the others; what it recorded
is not asked again. ::

    <run>/shares/2-of-8.lock    held while the share is played
          shares/2-of-8.done    it was played to its end
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from agentscale.engine.pricing import quotes
from agentscale.engine.run import Stopper, run_sweep
from agentscale.engine.session import opened
from agentscale.engine.tally import Tally, Watch
from agentscale.errors import StoreError
from agentscale.experiment import Sweep
from agentscale.experiment.shares import Share, share_of
from agentscale.recording.files import explained
from agentscale.store import RunFolder

SHARED_ENVIRONMENT = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE")
"""Variables that an address may be made of, beside those that ``api_key_env`` names."""


async def play_share(
    sweep: Sweep,
    folder: RunFolder,
    share: Share,
    at_once: int,
    environ: Mapping[str, str],
    *,
    concurrency: int,
    watch: Watch = lambda tally: None,
    stopper: Stopper | None = None,
) -> Tally:
    """Asks all calls of a share and records them; transcripts are made from the recording when all shares are done.

    Args:
        sweep: The whole sweep.
        folder: Its run folder.
        share: Which share.
        at_once: How many shares are played at once at most.
        environ: Where keys are looked up.
        concurrency: Calls under way at once of each model.
        watch: Is told of the progress.
        stopper: Through which it is asked to stop.

    Raises:
        SpecError: If the sweep cannot be shared so.
        EndpointError: If a launched server does not come up.
        StoreError: If the folder cannot be written.
    """
    part = share_of(sweep, share, at_once)
    stopper = stopper or Stopper()
    async with opened(part, environ, folder, stopper.on_stop) as session:
        tally = await run_sweep(
            part,
            folder,
            session.models,
            connections=session.connections,
            mode="record",
            concurrency=concurrency,
            watch=watch,
            stopper=stopper,
            quotes=quotes(part, environ),
        )
    if not (tally.stopped or tally.refused or tally.caps_reached):
        mark_done(folder, share)
    return tally


def needed(sweep: Sweep, environ: Mapping[str, str]) -> dict[str, str]:
    """What of the environment a share needs on another machine: what names endpoints and their keys."""
    own = {endpoint.api_key_env for endpoint in sweep.experiment.endpoints.values() if endpoint.api_key_env}
    return {name: environ[name] for name in sorted({*SHARED_ENVIRONMENT, *own}) if name in environ}


def _file(folder: RunFolder, share: Share, suffix: str) -> Path:
    path = folder.path / "shares"
    with explained(f"write into {path}"):
        path.mkdir(exist_ok=True)
    return path / f"{share.index + 1}-of-{share.count}{suffix}"


def mark_done(folder: RunFolder, share: Share) -> None:
    """Marks a share as played to its end."""
    path = _file(folder, share, ".done")
    with explained(f"write {path}"):
        path.touch()


def is_done(folder: RunFolder, share: Share) -> bool:
    """Whether a share was played to its end."""
    return _file(folder, share, ".done").exists()


@contextlib.contextmanager
def held(folder: RunFolder, share: Share) -> Iterator[bool]:
    """Holds a share while the block runs; gives whether it could be had."""
    from filelock import FileLock, Timeout

    lock = FileLock(_file(folder, share, ".lock"), timeout=0)
    with explained(f"lock {lock.lock_file}"):
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
    try:
        yield True
    finally:
        lock.release()


def left(folder: RunFolder, count: int) -> list[Share]:
    """The shares that are not done."""
    return [share for index in range(count) if not is_done(folder, share := Share(index, count))]


def check_nobody_plays(folder: RunFolder) -> None:
    """Makes sure that no share is being played, before the whole run is.

    Raises:
        StoreError: One is.
    """
    for path in sorted((folder.path / "shares").glob("*.lock")):
        index, _, count = path.stem.partition("-of-")
        with held(folder, Share(int(index) - 1, int(count))) as free:
            if not free:
                raise StoreError(
                    f"another process plays the share {index}/{count} of {folder.path}\n  wait until it is done"
                )


Play = Callable[[Share], Tally]
"""Plays a share that is held."""


def play_all(folder: RunFolder, first: Share, play: Play, *, alone: bool = False) -> Tally | None:
    """Plays a share, then those that are left and that nobody holds, in turn; ``alone``, only the first.

    Returns:
        What was done; ``None`` where the first share is held by somebody else, or done.
    """
    total: Tally | None = None
    n_played = 1 if alone else first.count
    order = [Share((first.index + step) % first.count, first.count) for step in range(n_played)]
    for share in order:
        with held(folder, share) as free:
            if not free or is_done(folder, share):
                continue
            tally = play(share)
            total = tally if total is None else total.plus(tally)
            if tally.stopped or tally.refused is not None:
                break
    return total
