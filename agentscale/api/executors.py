"""Who plays a run, and with what: what `run` is told beside the experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from agentscale.errors import SpecError
from agentscale.schema.run import Mode

if TYPE_CHECKING:
    from agentscale.engine.tally import Tally

Executor = Literal["local", "ray"]
"""Who plays a run: this process, or tasks of Ray."""


class Executors(NamedTuple):
    """Who plays a run."""

    shard: str | None
    executor: Executor
    workers: int | None
    ray_address: str | None

    @property
    def is_plain(self) -> bool:
        """Whether this process plays all of it alone."""
        return self.shard is None and self.executor == "local"

    def check(self, mode: Mode) -> None:
        """Makes sure that these go together.

        Raises:
            SpecError: They do not.
        """
        if self.executor not in get_args(Executor):
            raise SpecError.unknown("executor", self.executor, get_args(Executor), key="executor")
        if self.shard is not None and self.executor == "ray":
            raise SpecError("shard and executor ray both share out the run", allowed="one of them")
        if mode == "live" and not self.is_plain:
            raise SpecError("a run that is shared has to be recorded", key="mode", allowed="record")
        if self.executor != "ray" and (self.workers is not None or self.ray_address is not None):
            problem = "workers and ray_address belong to executor ray"
            raise SpecError(problem, remedy="add executor ray, or leave them out")
        if self.workers is not None and self.workers < 1:
            raise SpecError(f"got {self.workers}", key="workers", allowed="a whole number of at least 1")


class Setting(NamedTuple):
    """How a run is asked, whoever asks it."""

    concurrency: int
    environ: Mapping[str, str]
    watch: Callable[[Tally], None]


class Source(NamedTuple):
    """Where workers find the experiment."""

    experiment: str | Path
    overrides: tuple[str, ...]

    @property
    def named(self) -> str:
        """A path that does not hang on the working folder, or the name of a ready experiment."""
        return str(Path(self.experiment).resolve()) if Path(self.experiment).is_file() else str(self.experiment)
