"""Ctrl-C reaches a coroutine that somebody waits for, wherever its loop runs."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import agentscale
from agentscale.api.waiting import SPELL_S, interruptible, wait_for


def plainly(call: Callable[[], object]) -> object:
    return call()


def in_a_loop(call: Callable[[], object]) -> object:
    async def cell() -> object:
        return call()

    return asyncio.run(cell())


both = pytest.mark.parametrize("where", [plainly, in_a_loop])


def press() -> None:
    """Ctrl-C, as the terminal does it."""
    signal.raise_signal(signal.SIGINT)


async def pressed() -> None:
    """Presses Ctrl-C in the main thread, whichever thread the loop is in, and lets the loop see to it.

    A main thread that waits for another may hear a press only when its spell ends.
    """
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    await asyncio.sleep(3 * SPELL_S)


def waiting_for(play: Callable[[], Awaitable[object]]) -> Callable[[], object]:
    async def bounded() -> object:
        return await asyncio.wait_for(play(), 20)

    return lambda: wait_for(bounded)


@both
def test_the_first_press_stops_and_the_second_cancels(where: Callable[..., object]) -> None:
    told: list[threading.Thread] = []

    async def play() -> None:
        with interruptible(lambda: told.append(threading.current_thread())):
            await pressed()
            assert told == [threading.current_thread()]
            await pressed()
        told.clear()  # is not reached

    with pytest.raises(KeyboardInterrupt):
        where(waiting_for(play))
    assert len(told) == 1


@both
def test_a_run_that_stops_at_the_first_press_gives_its_result(where: Callable[..., object]) -> None:
    async def play() -> str:
        stopped = asyncio.Event()
        with interruptible(stopped.set):
            await pressed()
            await stopped.wait()
        return "kept"

    assert where(waiting_for(play)) == "kept"


@both
def test_outside_of_the_block_the_first_press_cancels(where: Callable[..., object]) -> None:
    async def play() -> None:
        with interruptible(lambda: None):
            pass
        await pressed()

    with pytest.raises(KeyboardInterrupt):
        where(waiting_for(play))


@both
def test_what_was_opened_is_closed_before_the_interrupt_comes_out(where: Callable[..., object]) -> None:
    closed: list[int] = []

    async def play() -> None:
        try:
            await pressed()
        finally:
            await asyncio.sleep(0.01)
            closed.append(1)

    with pytest.raises(KeyboardInterrupt):
        where(waiting_for(play))
    assert closed == [1]


@both
def test_a_cancellation_that_nobody_pressed_is_no_interrupt(where: Callable[..., object]) -> None:
    async def play() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        where(lambda: wait_for(play))


@pytest.mark.parametrize("ends", [True, False])
def test_afterwards_ctrl_c_is_whose_it_was(ends: bool) -> None:
    heard: list[int] = []

    async def play() -> None:
        if not ends:
            raise ValueError

    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        for where in (plainly, in_a_loop):
            try:
                where(lambda: wait_for(play))
            except ValueError:
                assert not ends
            press()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1, 1]


def test_a_thread_that_waits_leaves_ctrl_c_to_the_main_thread() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    async def play() -> None:
        with interruptible(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=in_a_loop, args=(lambda: wait_for(play),))
    thread.start()
    thread.join()
    assert seen == [before]


def test_without_a_wait_the_block_changes_nothing() -> None:
    with interruptible(lambda: None), pytest.raises(KeyboardInterrupt):
        press()


EXPERIMENT = """\
name: small
seed: 4
models: {one: {simulated: {model: 0}}}
task: {name: knowledge, limit: 8}
team: {size: [1, 4], layer: [L1, L3]}
protocol: [vote, {debate: {rounds: 1}}]
embedder: lexical
"""
NOTEBOOK = """
import asyncio
import agentscale
from agentscale import models

build = models.build
class Far:
    def __init__(self, model):
        self.model, self.identity, self.aclose = model, model.identity, model.aclose
    async def complete(self, request, call):
        # Calls under way outlast the first Ctrl-C, so that a second one finds something to cancel.
        await asyncio.sleep(0.05 if asked < 5 else SLOW)
        return await self.model.complete(request, call)
models.build = lambda *args, **keys: {name: Far(model) for name, model in build(*args, **keys).items()}

asked = 0
def watch(tally):
    global asked
    asked = tally.calls_asked
    print(asked, flush=True)

async def cell():
    try:
        run = agentscale.run("small.yaml", concurrency=2, watch=watch)
        print("stopped" if run.tally.stopped else "done", run.tally.calls_asked, flush=True)
    except KeyboardInterrupt:
        print("aborted", flush=True)

asyncio.run(cell())
"""


def interrupted_notebook(desk: Path, *, slow_s: float, presses: int) -> list[str]:
    """The last line of a run inside a running loop that is interrupted after some calls, in words."""
    (desk / "small.yaml").write_text(EXPERIMENT, "utf-8")
    command = [sys.executable, "-c", NOTEBOOK.replace("SLOW", str(slow_s))]
    with subprocess.Popen(command, cwd=desk, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < 5:
            pass
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            try:  # two signals that come at once are one
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        try:
            out, _ = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 0
    return out.splitlines()[-1].split()


def recorded(desk: Path) -> int:
    recording = agentscale.open_run(desk / "results" / "small").folder.recording()
    try:
        return len(recording)
    finally:
        recording.close()


def resumes_like_an_undisturbed_run(desk: Path) -> bool:
    file, folder = desk / "small.yaml", desk / "results" / "small"
    resumed, whole = agentscale.run(file, out=folder), agentscale.run(file, out=desk / "whole")
    return list(resumed.transcripts()) == list(whole.transcripts())


def test_one_ctrl_c_in_a_notebook_stops_asking_and_keeps_every_call(tmp_path: Path) -> None:
    word, asked = interrupted_notebook(tmp_path, slow_s=0.05, presses=1)
    assert word == "stopped"
    assert recorded(tmp_path) == int(asked)
    assert resumes_like_an_undisturbed_run(tmp_path)


def test_a_second_ctrl_c_in_a_notebook_aborts_and_keeps_what_was_answered(tmp_path: Path) -> None:
    assert interrupted_notebook(tmp_path, slow_s=3600, presses=2) == ["aborted"]
    assert recorded(tmp_path) >= 5
    assert resumes_like_an_undisturbed_run(tmp_path)
