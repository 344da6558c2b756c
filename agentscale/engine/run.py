"""Runs a sweep: trials from the dispatcher to workers, transcripts to their files, a tally to whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack

from agentscale.engine import CONCURRENCY
from agentscale.engine.admission import Budget, Unlimited
from agentscale.engine.budget import budget_of
from agentscale.engine.checking import checkers
from agentscale.engine.collector import seldom
from agentscale.engine.connections import Connections
from agentscale.engine.design import Trial, calls_at_most, trials_by_cell
from agentscale.engine.dispatch import Dispatcher, Group
from agentscale.engine.recorder import Ask, BrokenOff, Recorder
from agentscale.engine.tally import Tally, Watch
from agentscale.engine.tooling import backends
from agentscale.engine.trial import TrialPlayer
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes
from agentscale.models.base import Model
from agentscale.recording import Answer, Recording
from agentscale.schema.run import Mode
from agentscale.store import RunFolder, TranscriptWriter

BEAT_S = 1.0
"""Seconds after which whoever watches is told how it goes, also where no call ends, as in a long pause."""


class Stopper:
    """How a run is asked to stop: once to ask nothing more, which keeps all that is under way."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], None]] = []
        self.requested = False

    def on_stop(self, action: Callable[[], None]) -> None:
        """Does ``action`` when the stop is requested; at once where it was, as while servers were launched."""
        self._actions.append(action)
        if self.requested:
            action()

    def request(self) -> None:
        """Stops asking. Safe to call from a signal handler on the loop's thread."""
        self.requested = True
        for action in self._actions:
            action()


async def run_sweep(
    sweep: Sweep,
    folder: RunFolder,
    models: Mapping[str, Model],
    *,
    mode: Mode,
    concurrency: int = CONCURRENCY,
    watch: Watch = lambda tally: None,
    stopper: Stopper | None = None,
    quotes: Quotes | None = None,
    budget: Budget | None = None,
    connections: Connections | None = None,
    failures_stand: bool = False,
) -> Tally:
    """Plays every trial of ``sweep`` and writes the transcripts into ``folder``; those of a share are not written.

    Args:
        sweep: What to run.
        folder: Where recording and transcripts stand.
        models: The models by their names in the experiment.
        mode: Whether to ask, to record, or to replay.
        concurrency: Calls under way at once of each model, and trials of each group of models that a team asks.
        watch: Is told of the progress.
        stopper: Through which the run is asked to stop.
        quotes: What the models cost; nobody knows where it is not given.
        budget: What admits trials and calls, in place of the experiment's own. A replay asks nothing and needs none.
        connections: The endpoints behind the models. The run ends where none of them takes its key any more.
        failures_stand: Whether calls whose failure is recorded are not asked again, as where this run has just asked
            them through others.

    Returns:
        The final tally.

    Raises:
        RecordingMiss: In replay, if a call was never recorded.
        SpecError: If agents may run programs, and none can be isolated here.
        StoreError: If the folder cannot be written.
    """
    recording = None if mode == "live" else folder.recording(write=mode == "record")
    try:
        prices = quotes or dict.fromkeys(sweep.experiment.models)
        reached = connections or Connections()
        own = Unlimited() if mode == "replay" else budget_of(sweep, prices, models, recording)
        run = _Run(
            sweep, folder, models, mode, recording, concurrency, watch, prices, budget or own, reached, failures_stand
        )
        with seldom():
            return await run.play(stopper or Stopper())
    finally:
        if recording is not None:
            recording.close()


class _Run:
    """The parts of one run, put together."""

    def __init__(
        self,
        sweep: Sweep,
        folder: RunFolder,
        models: Mapping[str, Model],
        mode: Mode,
        recording: Recording | None,
        concurrency: int,
        watch: Watch,
        quotes: Quotes,
        budget: Budget,
        connections: Connections,
        failures_stand: bool,
    ) -> None:
        by_cell = trials_by_cell(sweep)
        self.tally = Tally(trials=sum(by_cell.values()), calls_at_most=calls_at_most(sweep), trials_by_cell=by_cell)
        self._watch = watch
        self._quotes = quotes
        self._budget = budget
        self._connections = connections
        self._recording = recording
        self.tally.calls_in_flight = 0 if recording is None else recording.n_in_flight
        self._concurrency = concurrency
        self._dispatcher = Dispatcher(sweep, budget)
        self._checkers = {} if mode == "replay" else checkers(sweep)
        asked = models if mode == "replay" else {**models, **backends(sweep), **self._checkers}
        self._recorder = Recorder(
            mode,
            recording,
            asked,
            concurrency=concurrency,
            budget=budget,
            asked=self._asked,
            failures_stand=failures_stand,
        )
        self._player = TrialPlayer(sweep, self._recorder, models)
        written = () if sweep.is_share else sweep.header.cells
        self._writers = {cell.id: folder.transcript_writer(cell.id, trial_order(sweep, cell.task)) for cell in written}

    def _asked(self, ask: Ask, answer: Answer) -> None:
        self.tally.call(ask.request.model, answer, self._quotes[ask.request.model])
        if self._recording is not None:
            self.tally.calls_asked_again += self._recording.was_in_flight(ask.key)
        if answer.failure is not None or answer.clock.retries:
            self._look_out()
        self._watch(self.tally)

    def _look_out(self) -> None:
        """What a call that did not go smoothly tells of the endpoints."""
        self.tally.traffic = self._connections.traffic
        if self.tally.refused is None and (why := self._connections.refused) is not None:
            self.tally.refused = why
            self._stop()

    def _stop(self) -> None:
        self._recorder.stop()
        self._dispatcher.stop()

    async def play(self, stopper: Stopper) -> Tally:
        stopper.on_stop(self._stop)
        complete = False
        try:
            async with asyncio.TaskGroup() as group:
                beat = group.create_task(self._beat())
                await self._all_work()
                beat.cancel()
            complete = self.tally.trials_done == self.tally.trials
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from None
        finally:
            for each in self._checkers.values():
                await each.aclose()
            close_all(self._writers.values(), complete=complete)
            self.tally.trials_left_out += self._dispatcher.n_left_out
            self.tally.traffic = self._connections.traffic
            self.tally.caps_reached = list(self._budget.caps_reached)
            self.tally.stopped = stopper.requested and not complete
        return self.tally

    async def _all_work(self) -> None:
        async with asyncio.TaskGroup() as workers:
            for group, n_trials in self._dispatcher.sizes.items():
                for _ in range(min(self._concurrency, n_trials)):
                    workers.create_task(self._work(group))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._look_out()
            self._watch(self.tally)
            for writer in self._writers.values():
                writer.show()

    async def _work(self, group: Group) -> None:
        while (trial := await self._dispatcher.next(group)) is not None:
            try:
                await self._play(trial)
            finally:
                self._dispatcher.ended(trial)
            # Where nobody ever waits, as in a replay, Ctrl-C and the other workers get their turn here.
            await asyncio.sleep(0)

    async def _play(self, trial: Trial) -> None:
        try:
            transcript = await self._player.play(trial)
        except BrokenOff:
            self.tally.trials_broken_off += 1
            return
        if self._writers:
            self._writers[trial.cell.id].add(transcript)
        self._budget.played(trial, transcript)
        self.tally.trial(transcript)
        self._watch(self.tally)


def close_all(writers: Iterable[TranscriptWriter], *, complete: bool) -> None:
    """Closes every writer, also where another cannot be, so that what was played is kept."""
    with ExitStack() as closing:
        for writer in writers:
            closing.callback(writer.close, complete=complete)


def trial_order(sweep: Sweep, task: str) -> list[tuple[str, int]]:
    """Sample and replicate of every trial of a cell of this task, in the order of the cell's file."""
    return [
        (sample_id, replicate)
        for (name, sample_id) in sweep.questions
        if name == task
        for replicate in range(sweep.header.replicates)
    ]


def _first(error: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of several workers: the others only followed it."""
    first = error.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
