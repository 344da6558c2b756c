"""A run that is killed at any write, or within one, and goes on: what was acknowledged is never asked again."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentscale.engine.run import run_sweep
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.errors import StoreError
from agentscale.experiment import Sweep
from agentscale.models.base import Answered, Model
from agentscale.randomness import keyed
from agentscale.recording import Recording
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
SWEEP: dict[str, Any] = {
    "models": {"one": {"simulated": {"model": 0}}},
    "team": {"size": 3, "layer": "L1"},
    "protocol": {"debate": {"rounds": 1}},
    "topology": "ring",
    "task": {"name": "./capitals", "limit": 2},
}


class Remote:
    """A model that is asked over some distance, so that several calls are under way; it notes whom it was asked by."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.identity = model.identity
        self.asked: list[str] = []

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        self.asked.append(call.key)
        for _ in range(1 + int(keyed(1, call.key).integers(0, 5))):
            await asyncio.sleep(0)
        return await self._model.complete(request, call)

    async def aclose(self) -> None:
        await self._model.aclose()


class Writes:
    """Every write to the files of a recording, in order, so that the folder can be made as it was after any of them."""

    def __init__(self) -> None:
        self.made: list[tuple[str, bytes]] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        real = os.write

        def write(fd: int, data: bytes) -> int:
            name = os.path.basename(os.readlink(f"/proc/self/fd/{fd}"))
            if name.endswith((".jsonl", ".asked")):
                self.made.append((name, bytes(data)))
            return real(fd, data)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", write)
            yield

    def size(self) -> int:
        return sum(len(data) for _, data in self.made)

    def folder_after(self, n_bytes: int, folder: Path) -> None:
        """Writes what stood in the folder after so many bytes."""
        for name, data in self.made:
            with (folder / name).open("ab") as file:
                file.write(data[:n_bytes])
            n_bytes -= len(data)
            if n_bytes <= 0:
                return


@pytest.fixture(autouse=True)
def _no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill of the process loses nothing that the system has; fsync only costs time here."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


@pytest.fixture
def remote(make_sweep: Make) -> Callable[[], tuple[Sweep, dict[str, Remote]]]:
    def make() -> tuple[Sweep, dict[str, Remote]]:
        sweep = make_sweep(**SWEEP)
        return sweep, {name: Remote(model) for name, model in offline_models(sweep).items()}

    return make


def transcripts(folder: RunFolder) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder.path / "transcripts").iterdir())]


def test_whatever_byte_a_run_is_killed_at_it_goes_on_without_asking_again_what_was_acknowledged(
    remote: Callable[[], tuple[Sweep, dict[str, Remote]]], play: Play, tmp_path: Path
) -> None:
    sweep, models = remote()
    writes = Writes()
    with writes.watched():
        whole, first = play(sweep, "whole", models)
    everything = set(models["one"].asked)
    assert first.calls_asked == len(everything) == 12
    ends = [sum(len(data) for _, data in writes.made[:count]) for count in range(len(writes.made) + 1)]
    assert len(ends) == 1 + 2 * 12
    rng = keyed(1, "kill")
    for moment in sorted({*ends, *(int(byte) for byte in rng.integers(0, writes.size(), 25))}):
        path = tmp_path / "killed"
        shutil.rmtree(path, ignore_errors=True)
        killed = RunFolder.create(path, sweep.header, sweep.source, sweep.questions.values())
        writes.folder_after(moment, killed.path / "recording")
        with Recording.open(killed.path / "recording") as left:
            acknowledged = set(left.keys())
        let_go = {key for key in _journal(killed) if key not in acknowledged}
        _, again = remote()
        tally = asyncio.run(run_sweep(sweep, killed, again, mode="record"))
        assert set(again["one"].asked) == everything - acknowledged
        assert len(again["one"].asked) == tally.calls_asked == 12 - len(acknowledged)
        assert tally.calls_in_flight == tally.calls_asked_again == len(let_go)
        assert transcripts(killed) == transcripts(whole)
        assert not list((killed.path / "recording").glob("*.asked"))


def _journal(folder: RunFolder) -> list[str]:
    text = b"".join(path.read_bytes() for path in (folder.path / "recording").glob("*.asked"))
    return [text[start : start + 32].hex() for start in range(0, len(text) - 31, 32)]


def test_a_model_that_answers_within_the_process_needs_no_journal(make_sweep: Make, play: Play) -> None:
    writes = Writes()
    with writes.watched():
        play(make_sweep(**SWEEP))
    assert {name.rpartition(".")[2] for name, _ in writes.made} == {"jsonl"}


def test_a_disk_that_fills_up_while_a_call_is_let_go_ends_the_run_before_the_call_is_made(
    remote: Callable[[], tuple[Sweep, dict[str, Remote]]], play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep, models = remote()
    real, keys = os.write, []

    def full(fd: int, data: bytes) -> int:
        keys.extend([data] * (len(data) == 32))
        if len(keys) > 4:
            raise OSError(28, "No space left on device")
        return real(fd, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="free space on the disk, then run the same command again: it resumes"):
        play(sweep, "full", models)
    monkeypatch.undo()
    assert len(models["one"].asked) == 4
    _, again = remote()
    _, tally = play(sweep, "full", again)
    assert tally.trials_done == tally.trials
    assert tally.calls_in_flight == tally.calls_asked_again == len(set(models["one"].asked) & set(again["one"].asked))
