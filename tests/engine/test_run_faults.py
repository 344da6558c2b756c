"""A run whose disk or folder fails, or that is stopped where nothing ever waits: one clear word, and it resumes."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentscale.engine.run import Stopper
from agentscale.engine.tally import Tally
from agentscale.errors import StoreError
from agentscale.experiment import Sweep, from_folder
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
SWEEP: dict[str, Any] = {"team": {"size": [1, 3], "layer": "L1"}, "protocol": ["vote", {"debate": {"rounds": 1}}]}


def transcripts(folder: RunFolder) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder.path / "transcripts").iterdir())]


@contextmanager
def filling_disk(n_writes: int, n_bytes: int) -> Iterator[None]:
    """A disk that takes so many writes of calls, then so many bytes of the next one, and nothing more."""
    real, left = os.write, n_writes

    def write(fd: int, data: bytes) -> int:
        nonlocal left
        if not os.readlink(f"/proc/self/fd/{fd}").endswith(".jsonl"):
            return real(fd, data)
        left -= 1
        if left >= 0:
            return real(fd, data)
        if left == -1 and n_bytes:
            return real(fd, bytes(data[: min(n_bytes, len(data) - 1)]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        yield


def test_a_cell_whose_transcripts_cannot_be_written_takes_those_of_no_other_cell_with_it(
    make_sweep: Make, play: Play, tmp_path: Path
) -> None:
    sweep = make_sweep(**SWEEP)
    folder = RunFolder.create(tmp_path / "run", sweep.header, sweep.source, sweep.questions.values())
    blocked, *others = (folder.path / "transcripts" / f"{cell.id}.jsonl" for cell in sweep.header.cells)
    blocked.mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        play(sweep)
    assert [len(path.read_text("utf-8").splitlines()) for path in others] == [4] * len(others)
    assert list(blocked.parent.glob(".*")) == []


@pytest.mark.parametrize(("n_writes", "n_bytes"), [(0, 0), (0, 50), (1, 0), (7, 1), (20, 400), (35, 10**6)])
def test_a_disk_that_fills_up_keeps_what_was_recorded_and_the_run_goes_on_from_there(
    make_sweep: Make, play: Play, n_writes: int, n_bytes: int
) -> None:
    sweep = make_sweep(**SWEEP)
    whole, everything = play(sweep, "whole")
    with (
        filling_disk(n_writes, n_bytes),
        pytest.raises(StoreError, match=rf"(?s)cannot record a call.*the {n_writes} calls .*are kept.*it resumes"),
    ):
        play(sweep, "full")
    resumed, tally = play(sweep, "full")
    assert tally.calls_asked == everything.calls_asked - n_writes
    assert transcripts(resumed) == transcripts(whole)


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(
    make_sweep: Make, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(**SWEEP)
    play(sweep, "run")
    monkeypatch.setattr(os, "access", lambda *_: False)
    asked: list[int] = []
    with pytest.raises(StoreError, match=r"it is read-only\n  make it writable, or choose another with --out"):
        play(sweep, "run", watch=lambda tally: asked.append(tally.calls_asked))
    assert asked == []


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_stop_is_heard_also_where_every_answer_is_there_at_once(make_sweep: Make, play: Play, mode: str) -> None:
    sweep = make_sweep(**SWEEP, replicates=5)
    whole, _ = play(sweep, "whole")
    stopper = Stopper()

    def press(tally: Tally) -> None:
        if tally.trials_done == 2:
            asyncio.get_running_loop().call_soon(stopper.request)  # as a signal handler does

    options = {"recorded": whole} if mode == "replay" else {}
    played = from_folder(whole) if mode == "replay" else sweep
    stopped, tally = play(played, "stopped", mode=mode, concurrency=1, watch=press, stopper=stopper, **options)
    assert tally.stopped
    assert 2 <= tally.trials_done <= 5
    resumed, rest = play(played, "stopped", mode=mode)
    assert rest.trials_done == rest.trials
    assert transcripts(resumed) == transcripts(whole)
    assert stopped.path == resumed.path
