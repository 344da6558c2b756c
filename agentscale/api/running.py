"""From an experiment file to a run folder; and from a run folder to the same transcripts again, with no model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agentscale.api.executors import Executor, Executors, Setting, Source
from agentscale.api.fitting import world_overrides
from agentscale.api.results import Run
from agentscale.api.waiting import interruptible, wait_for
from agentscale.engine import CONCURRENCY
from agentscale.errors import SpecError
from agentscale.schema.run import Mode
from agentscale.store import RunFolder, change
from agentscale.store.remote import Remote, is_url

if TYPE_CHECKING:
    from agentscale.api.sharing import Shared
    from agentscale.engine.tally import Tally
    from agentscale.experiment import Sweep
    from agentscale.simulation.calibration import Calibration


BATCHED = 50_000
"""Calls under way at once where they go out in batches: all that are live are to be in one."""


def _ignore(tally: Tally) -> None:
    """Watches nothing."""


def load(experiment: str | Path, *overrides: str) -> Sweep:
    """Reads and validates an experiment file.

    Args:
        experiment: The file, or the name of a ready experiment of the catalog.
        overrides: Dotted overrides such as ``team.size=2,4,8``.

    Raises:
        SpecError: With file, line, key, what is allowed, and the nearest right name.
    """
    from agentscale import experiment as room

    return room.load(experiment, overrides)


def check(sweep: Sweep, environ: Mapping[str, str] | None = None) -> None:
    """Checks what the file alone cannot tell: embedder, keys, models to launch, prices. Sends nothing, writes nothing.

    Raises:
        SpecError: If the run could not start.
    """
    from agentscale import endpoints
    from agentscale.api.embedding import check_embedder
    from agentscale.engine.budget import check_budget
    from agentscale.engine.pricing import quotes
    from agentscale.engine.session import addresses, offline_models

    check_embedder(sweep, os.environ if environ is None else environ)
    for name in addresses(sweep, os.environ if environ is None else environ):
        launch = sweep.experiment.endpoints[name].launch if name else None
        if name is not None and launch is not None:
            fault = endpoints.launch_fault(launch)
            if fault is not None:
                raise sweep.placed(("endpoints", name, "launch", fault.key), fault.error)
    check_budget(sweep, quotes(sweep, os.environ if environ is None else environ))
    offline_models(sweep)  # refuses a question whose target the simulator cannot place


def run(
    experiment: str | Path,
    *overrides: str,
    out: str | Path | None = None,
    mode: Literal["record", "live"] = "record",
    changed: bool = False,
    concurrency: int = CONCURRENCY,
    env_file: str | Path | None = None,
    watch: Callable[[Tally], None] = _ignore,
    shard: str | None = None,
    executor: Executor = "local",
    workers: int | None = None,
    ray_address: str | None = None,
) -> Run:
    """Runs an experiment, or resumes it where its run folder already stands.

    Args:
        experiment: The experiment file, or the name of a ready experiment of the catalog.
        overrides: Dotted overrides such as ``team.size=2,4,8``.
        out: The run folder; ``results/<name>`` under the working folder by default. A URL such as ``s3://bucket/run``
            is worked on in a copy here, and what is closed is brought there.
        mode: ``record`` asks what is not recorded yet, ``live`` asks everything and records nothing.
        changed: Whether a folder that holds another experiment takes up this one: its recording stays, and only what
            is not recorded is asked.
        concurrency: Calls under way at once of each model, so that a slow one holds up no other. How many an endpoint
            gets at once is for the endpoint to say (``max_in_flight``).
        env_file: A ``.env`` file with keys. It is read only here, and overrides nothing that is set.
        watch: Is told of the progress.
        shard: A share of the run that this process plays, such as ``1/8``; others play the rest into the same folder.
            Who is done helps the others, and the last one makes the transcripts.
        executor: ``local`` plays the run in this process, ``ray`` plays shares of it as tasks of Ray.
        workers: Of Ray: shares that are played at once; as many as there are processors by default.
        ray_address: Of a cluster of Ray; without it one is started on this machine for the time of the run.

    Returns:
        The run, with its tally. After a shard, as long as other shares are left, it has no transcripts yet.

    Raises:
        SpecError: If the file, the environment or the folder's experiment do not fit. Nothing has been sent by then.
        StoreError: If the folder cannot be written.
    """
    _check_concurrency(concurrency)
    executors = Executors(shard, executor, workers, ray_address)
    executors.check(mode)
    sweep = load(experiment, *overrides)
    environ = environment(env_file)
    check(sweep, environ)
    if any(endpoint.batch is not None for endpoint in sweep.experiment.endpoints.values()):
        concurrency = max(concurrency, BATCHED)
    remote = Remote(str(out)) if is_url(out) else None
    path = Path(out or Path("results") / sweep.header.name) if remote is None else remote.copy
    setting = Setting(concurrency, environ, watch)

    def made() -> RunFolder:
        return _folder(sweep, path, mode, changed)

    if remote is None:
        return _run(sweep, made, mode, setting, executors, Source(experiment, overrides))
    remote.pull()
    try:
        run = _run(sweep, made, mode, setting, executors, Source(experiment, overrides), remote)
    finally:
        remote.push()
    run.remote = remote
    return run


def _run(
    sweep: Sweep,
    made: Callable[[], RunFolder],
    mode: Mode,
    setting: Setting,
    executors: Executors,
    source: Source,
    remote: Remote | None = None,
) -> Run:
    """Plays the sweep by what was chosen to play it. The folder is ``made`` once nothing else stands in the way."""
    if executors.is_plain:
        return _play(sweep, made(), mode, setting)
    from agentscale.api import sharing

    if executors.shard is not None:
        share = sharing.checked(sweep, executors.shard)
        folder = made()
        shared = sharing.play_shard(sweep, folder, share, setting, remote)
    else:
        from agentscale.engine.cluster import connected

        with connected(executors.ray_address, executors.workers) as ray:
            folder = made()
            shared = sharing.play_with_ray(sweep, folder, source, setting, ray=ray, workers=executors.workers)
    if shared.left:
        return Run(folder, tally=shared.tally, environ=setting.environ, shares_left=shared.left)
    return _play(sweep, folder, mode, setting, before=shared)


def simulate(
    experiment: str | Path,
    *overrides: str,
    out: str | Path | None = None,
    like: Calibration | None = None,
    watch: Callable[[Tally], None] = _ignore,
) -> Run:
    """Answers the simulated cells of an experiment in arrays: the transcripts of `run`, sooner, and no recording.

    Args:
        experiment: The experiment file, or the name of a ready experiment of the catalog.
        overrides: Dotted overrides such as ``team.size=2,4,8``.
        out: The run folder; ``results/<name>-simulated`` under the working folder by default. One that stands there is
            written anew, if it holds the same experiment.
        like: A world fitted to a run, into which all simulated models are put; see `calibrate`.
        watch: Is told of the progress.

    Returns:
        The run. Cells that arrays cannot answer are listed as not applicable, with the reason.

    Raises:
        SpecError: If the file does not fit, or none of its cells can be answered in arrays.
        StoreError: If the folder cannot be written.
    """
    from agentscale.engine.array_door import playable, simulate_sweep

    more = [] if like is None else world_overrides(experiment, overrides, like.parameters)
    sweep = playable(load(experiment, *overrides, *more))
    folder = _folder(sweep, Path(out or Path("results") / f"{sweep.header.name}-simulated"), "live", changed=False)
    with folder.lock():
        tally = wait_for(lambda: simulate_sweep(sweep, folder, watch))
    return Run(folder, tally=tally, environ=os.environ)


def replay(
    path: str | Path,
    *,
    out: str | Path | None = None,
    concurrency: int = CONCURRENCY,
    watch: Callable[[Tally], None] = _ignore,
) -> Run:
    """Makes the transcripts of a run again from its recording alone: no model, no key, no network.

    Args:
        path: The run folder.
        out: A new run folder, which gets the recording and its transcripts; by default ``path`` itself is written to.
        concurrency: Trials under way at once. It changes no byte.
        watch: Is told of the progress.

    Raises:
        SpecError: If ``out`` exists already.
        RecordingMiss: If a call was never recorded. A new folder does not stay behind then.
        StoreError: If ``path`` is no run folder.
    """
    from agentscale import experiment as room

    _check_concurrency(concurrency)
    source = RunFolder.open(Path(path))
    sweep = room.from_folder(source)
    if out is None:
        return _play(sweep, source, "replay", Setting(concurrency, {}, watch))
    if Path(out).exists():
        raise SpecError(f"{str(out)!r} exists already", key="out", remedy="name a folder that does not exist yet")
    target = RunFolder.create(Path(out), sweep.header, sweep.source, sweep.questions.values())
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, target.path)
        target.adopt_recording(source)
        if source.embeddings_path.is_dir():
            shutil.copytree(source.embeddings_path, target.embeddings_path)
        made = _play(sweep, target, "replay", Setting(concurrency, {}, watch))
        undo.pop_all()
    return made


def environment(env_file: str | Path | None) -> Mapping[str, str]:
    """The environment, over the ``.env`` file where one is named."""
    if env_file is None:
        return os.environ
    if not Path(env_file).is_file():
        raise SpecError(f"there is no file {str(env_file)!r}", key="env_file", allowed="a file of NAME=value lines")
    from dotenv import dotenv_values

    named = {key: value for key, value in dotenv_values(env_file).items() if value is not None}
    return {**named, **os.environ}


def _check_concurrency(concurrency: int) -> None:
    if concurrency < 1:
        raise SpecError(f"concurrency is {concurrency}", key="concurrency", allowed="a whole number of at least 1")


def _folder(sweep: Sweep, path: Path, mode: Mode, changed: bool) -> RunFolder:
    """The run folder: the one that stands there, if it holds the same experiment or may be changed, else a new one."""
    questions = sweep.questions.values()
    if not (path / "run.json").exists():
        return RunFolder.create(path, sweep.header, sweep.source, questions)
    folder = RunFolder.open(path)
    if mode == "live" and folder.has_recording:
        raise SpecError(
            f"{str(path)!r} holds a recording, which transcripts without one would belie",
            remedy="name another folder with --out, or run with mode record to resume",
        )
    if changed and folder.differences(sweep.header):
        with folder.lock():
            return change(RunFolder.open(path), sweep.header, sweep.source, questions)
    folder.check_same(sweep.header)
    folder.mend_questions(questions)
    return folder


def _play(sweep: Sweep, folder: RunFolder, mode: Mode, setting: Setting, before: Shared | None = None) -> Run:
    """Plays the sweep into ``folder``.

    ``before`` is what was asked by shares: their failures stand, and what they did is told with the rest.
    """
    from agentscale.engine.connections import Connections
    from agentscale.engine.pricing import quotes
    from agentscale.engine.run import Stopper, run_sweep
    from agentscale.engine.session import Session, offline_models, opened
    from agentscale.engine.shares import check_nobody_plays

    async def play() -> Tally:
        stopper = Stopper()
        with interruptible(stopper.request):
            async with AsyncExitStack() as stack:
                session = (
                    Session(offline_models(sweep), Connections())
                    if mode == "replay"
                    else await stack.enter_async_context(opened(sweep, setting.environ, folder, stopper.on_stop))
                )
                return await run_sweep(
                    sweep,
                    folder,
                    session.models,
                    connections=session.connections,
                    mode=mode,
                    concurrency=setting.concurrency,
                    watch=setting.watch,
                    stopper=stopper,
                    quotes=quotes(sweep, setting.environ) if mode != "replay" else None,
                    failures_stand=before is not None,
                )

    with folder.lock():
        check_nobody_plays(folder)
        tally = wait_for(play)
    if before is not None and before.tally is not None:
        tally = tally.after(before.tally)
    return Run(folder, tally=tally, environ=None if mode == "replay" else setting.environ)
