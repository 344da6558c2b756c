"""Kills a run at a moment, goes on with it, and says whether anything was lost or asked twice.

The run asks a server that answers by the key of the call and logs what it was asked, so both sides can be compared.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from agentscale import api
from agentscale.bench.accounts import ARRIVED, read_log
from agentscale.errors import StoreError
from agentscale.randomness import keyed
from agentscale.store import RunFolder

PATIENCE_S = 60.0
"""Seconds until a run that is to be killed must have asked so much."""
POLL_S = 0.005
SETTLED_S = 0.1
"""Seconds in which what was sent before the kill reaches the server's log."""

_IMPORTED_ONCE = ["agentscale.bench.killing", "agentscale.engine.run", "agentscale.transport.wire"]


@dataclass(frozen=True)
class Killed:
    """What became of one killed run."""

    asked: int
    """Requests that the server had seen when the run was killed."""
    written: int
    """Calls whose line stood in the recording then."""
    in_flight: int
    """Calls that had been asked then and were not written."""
    asked_again: int
    """Calls in flight at the kill that were asked again when the run went on."""
    written_and_asked_again: int
    """Calls that were written and nevertheless asked again: none may be."""
    told: int
    """Calls of which the resumed run says that they were in flight at a kill and are asked again."""
    same: bool
    """Whether the transcripts are those of the undisturbed run, byte for byte."""

    @property
    def in_silence(self) -> int:
        """Calls asked again beyond those that the resumed run tells of: none may be."""
        return max(0, self.asked_again - self.told)


@dataclass(frozen=True)
class Study:
    """One experiment that is run undisturbed, and then again and again with a kill.

    Args:
        experiment: Its models answer behind the server whose log is ``log``.
        log: The server's log; only ever appended to.
        concurrency: Calls under way at once.
    """

    experiment: Path
    log: Path
    concurrency: int

    def undisturbed(self, out: Path) -> dict[str, bytes]:
        """The transcripts of a run that nothing disturbs, by file."""
        return transcripts(api.run(self.experiment, out=out, concurrency=self.concurrency).path)

    def killed(self, out: Path, asked: int, after_s: float, wanted: dict[str, bytes]) -> Killed:
        """Kills a run ``after_s`` seconds after the server has seen ``asked`` requests of it, and goes on with it.

        Raises:
            StoreError: The run ended or stood still before it had asked so much.
        """
        start = self.log.stat().st_size
        self._run_and_kill(out, start, asked, after_s)
        time.sleep(SETTLED_S)
        killed = self.log.stat().st_size
        sent, written = self._keys(start, killed), _written(out)
        tally = api.run(self.experiment, out=out, concurrency=self.concurrency).tally
        assert tally is not None  # the run was just made
        again = self._keys(killed, self.log.stat().st_size)
        return Killed(
            asked=len(sent),
            written=len(written),
            in_flight=len(sent - written),
            asked_again=len(again & sent - written),
            written_and_asked_again=len(again & written),
            told=tally.calls_asked_again,
            same=transcripts(out) == wanted,
        )

    def _run_and_kill(self, out: Path, start: int, asked: int, after_s: float) -> None:
        process = _forked().Process(target=_play, args=(self.experiment, out, self.concurrency))
        process.start()
        try:
            self._wait_for(start, asked, process)
            time.sleep(after_s)
        finally:
            process.kill()
            process.join()
            process.close()

    def _wait_for(self, start: int, asked: int, process: ForkServerProcess) -> None:
        until = time.monotonic() + PATIENCE_S
        while self._log(start).count(ARRIVED) < asked:
            if not process.is_alive() or time.monotonic() > until:
                raise StoreError(f"the run that was to be killed ended before it had asked {asked} times")
            time.sleep(POLL_S)

    def _keys(self, start: int, end: int) -> set[str]:
        """The keys of the requests between two places of the log, at which lines begin."""
        return {request.key for request in read_log(self._log(start)[: end - start].splitlines())}

    def _log(self, start: int) -> bytes:
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read()


def _forked() -> ForkServerContext:
    """Forks runs off a process that has imported agentscale once: to start takes longer than to run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED_ONCE)
    return context


def _play(experiment: Path, out: Path, concurrency: int) -> None:
    """What the process that is killed does."""
    api.run(experiment, out=out, concurrency=concurrency)


def moments(calls: int, longest_s: float, number: int, seed: int = 7) -> Iterator[tuple[int, float]]:
    """Random moments of a run: after how many requests, and how many seconds after that."""
    rng = keyed(seed, "bench", "kill")
    for _ in range(number):
        yield int(rng.integers(1, calls)), float(rng.random() * longest_s)


def transcripts(run: Path) -> dict[str, bytes]:
    """The transcripts of a run folder, by file."""
    return {path.name: path.read_bytes() for path in sorted((run / "transcripts").iterdir())}


def _written(run: Path) -> set[str]:
    with RunFolder.open(run).recording() as recording:
        return set(recording.keys())
