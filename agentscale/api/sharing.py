"""A run that many processes share, on one machine or on many, in one run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from agentscale.api.executors import Setting, Source
from agentscale.api.waiting import interruptible, wait_for
from agentscale.engine.run import Stopper
from agentscale.engine.shares import left, play_all, play_share
from agentscale.experiment.shares import Share, share_of
from agentscale.store import RunFolder

if TYPE_CHECKING:
    from agentscale.engine.tally import Tally
    from agentscale.experiment import Sweep
    from agentscale.store.remote import Remote


class Shared(NamedTuple):
    """What one process has done of a run that it shares."""

    tally: Tally | None
    """``None`` where others had done all, or were at it."""
    left: int
    """Shares of the run that are not done."""


def checked(sweep: Sweep, shard: str) -> Share:
    """The share that ``shard`` names.

    Raises:
        SpecError: If it names none, or the sweep cannot be shared so.
    """
    share = Share.read(shard)
    share_of(sweep, share, share.count)
    return share


def play_shard(sweep: Sweep, folder: RunFolder, share: Share, setting: Setting, remote: Remote | None = None) -> Shared:
    """Plays a share of the run, and then others that nobody plays.

    Where the folder is the copy of one at a URL, it cannot be told what others play: then only the share itself.

    Raises:
        StoreError: If the folder cannot be written.
    """

    def play(one: Share) -> Tally:
        async def playing() -> Tally:
            stopper = Stopper()
            with interruptible(stopper.request):
                return await play_share(
                    sweep,
                    folder,
                    one,
                    share.count,
                    setting.environ,
                    concurrency=setting.concurrency,
                    watch=setting.watch,
                    stopper=stopper,
                )

        return wait_for(playing)

    tally = play_all(folder, share, play, alone=remote is not None)
    if remote is not None:
        remote.push()
        remote.pull()
    return Shared(tally, len(left(folder, share.count)))


def play_with_ray(
    sweep: Sweep,
    folder: RunFolder,
    source: Source,
    setting: Setting,
    *,
    ray: Any,
    workers: int | None,
) -> Shared:
    """Plays all shares that are left as tasks of Ray. What a budget or a stop leaves, the run itself goes on with.

    ``ray`` is the cluster, as ``agentscale.engine.cluster.connected`` gives it.

    Raises:
        StoreError: If the folder cannot be written.
    """
    from agentscale.engine.cluster import play_on_cluster, workers_of

    async def playing() -> Tally | None:
        stopper = Stopper()
        with interruptible(stopper.request):
            return await play_on_cluster(
                sweep,
                folder,
                source.named,
                source.overrides,
                setting.environ,
                ray=ray,
                workers=workers_of(sweep, workers, ray),
                concurrency=setting.concurrency,
                watch=setting.watch,
                stopper=stopper,
            )

    return Shared(wait_for(playing), 0)
