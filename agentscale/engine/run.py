"""Runs a sweep: trials from an iterator to workers, transcripts to their files, a tally to whoever watches."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agentscale.engine import CONCURRENCY
from agentscale.engine.recorder import Recorder, RunStopped
from agentscale.engine.trial import Trial, TrialPlayer
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.protocols import count_calls
from agentscale.recording import Answer, Recording
from agentscale.schema.run import Mode, Transcript
from agentscale.store import RunFolder, TranscriptWriter


@dataclass
class Tally:
    """What a run has done so far; whoever watches reads it."""

    trials: int
    """Trials of the sweep."""
    calls_at_most: int = 0
    """Calls of all trials, if none were shared, known or failed."""
    trials_done: int = 0
    calls_asked: int = 0
    """Calls really made: neither known from the recording nor shared with another cell."""
    calls_failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    retries: int = 0
    missing: int = 0
    """Team answers that are missing."""
    failures: dict[str, int] = field(default_factory=dict)
    """Failed calls by model and kind."""
    first_words: dict[str, str] = field(default_factory=dict)
    """What the first failure of each model and kind said."""
    stopped: bool = False
    """The user stopped the run before its end."""

    def call(self, model: str, answer: Answer) -> None:
        """Counts a call of ``model`` that was made."""
        self.calls_asked += 1
        self.retries += answer.clock.retries
        if answer.failure is not None:
            self.calls_failed += 1
            kind = f"{model}: {answer.failure.kind}"
            self.failures[kind] = self.failures.get(kind, 0) + 1
            self.first_words.setdefault(kind, answer.failure.message)
        if answer.completion is not None:
            self.tokens_in += answer.completion.usage.tokens_in or 0
            self.tokens_out += answer.completion.usage.tokens_out or 0

    def trial(self, transcript: Transcript) -> None:
        """Counts a trial that ended."""
        self.trials_done += 1
        self.missing += transcript.answer is None


Watch = Callable[[Tally], None]
"""Is told after every call and every trial."""


class Stopper:
    """How a run is asked to stop: once to ask nothing more, which keeps all that is under way."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], None]] = []
        self.requested = False

    def on_stop(self, action: Callable[[], None]) -> None:
        """Does ``action`` when the stop is requested."""
        self._actions.append(action)

    def request(self) -> None:
        """Stops asking. Safe to call from a signal handler on the loop's thread."""
        self.requested = True
        for action in self._actions:
            action()


def trials(sweep: Sweep) -> Iterator[Trial]:
    """All trials, sample by sample.

    So an interrupted run has the same samples in every cell, which keeps them paired, and prompts that share a prefix
    stand close together for the server's cache.
    """
    for task, sample_id in sweep.questions:
        for replicate in range(sweep.header.replicates):
            for cell in sweep.header.cells:
                if cell.task == task:
                    yield Trial(cell, sample_id, replicate)


def calls_at_most(sweep: Sweep) -> int:
    """Calls of all trials together, before cells share any: known from protocols and graphs, before anything is sent.

    Exact for protocols whose schedule is fixed, which all of agentscale's are so far.
    """
    asked = Counter(task for task, _ in sweep.questions)
    return sweep.header.replicates * sum(
        asked[cell.task] * count_calls(sweep.protocols[cell.id], cell.team, sweep.graphs[cell.id])
        for cell in sweep.header.cells
    )


async def run_sweep(
    sweep: Sweep,
    folder: RunFolder,
    models: Mapping[str, Model],
    *,
    mode: Mode,
    concurrency: int = CONCURRENCY,
    watch: Watch = lambda tally: None,
    stopper: Stopper | None = None,
) -> Tally:
    """Plays every trial of ``sweep`` and writes the transcripts into ``folder``.

    Args:
        sweep: What to run.
        folder: Where recording and transcripts stand.
        models: The models by their names in the experiment.
        mode: Whether to ask, to record, or to replay.
        concurrency: Calls under way at once, and trials under way at once.
        watch: Is told of the progress.
        stopper: Through which the run is asked to stop.

    Returns:
        The final tally.

    Raises:
        RecordingMiss: In replay, if a call was never recorded.
        StoreError: If the folder cannot be written.
    """
    recording = None if mode == "live" else folder.recording(write=mode == "record")
    try:
        run = _Run(sweep, folder, models, mode, recording, concurrency, watch)
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
    ) -> None:
        self.tally = Tally(trials=sum(1 for _ in trials(sweep)), calls_at_most=calls_at_most(sweep))
        self._watch = watch
        self._workers = min(concurrency, self.tally.trials)
        self._recorder = Recorder(mode, recording, concurrency=concurrency, asked=self._asked)
        self._player = TrialPlayer(sweep, self._recorder, models)
        self._queue = trials(sweep)
        self._writers = {
            cell.id: folder.transcript_writer(cell.id, _order(sweep, cell.task)) for cell in sweep.header.cells
        }

    def _asked(self, model: str, answer: Answer) -> None:
        self.tally.call(model, answer)
        self._watch(self.tally)

    async def play(self, stopper: Stopper) -> Tally:
        stopper.on_stop(self._recorder.stop)
        complete = False
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(self._work(stopper))
            complete = self.tally.trials_done == self.tally.trials
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from None
        finally:
            close_all(self._writers.values(), complete=complete)
            self.tally.stopped = stopper.requested and not complete
        return self.tally

    async def _work(self, stopper: Stopper) -> None:
        for trial in self._queue:
            if stopper.requested:
                return
            try:
                transcript = await self._player.play(trial)
            except RunStopped:
                return
            self._writers[trial.cell.id].add(transcript)
            self.tally.trial(transcript)
            self._watch(self.tally)


def close_all(writers: Iterable[TranscriptWriter], *, complete: bool) -> None:
    """Closes every writer, so that what was played is kept."""
    for writer in writers:
        writer.close(complete=complete)


def _order(sweep: Sweep, task: str) -> list[tuple[str, int]]:
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
