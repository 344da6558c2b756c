"""Progress while a run goes, on stderr: a picture that moves on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from agentscale.cli.output import say
from agentscale.cli.tallies import asked, cells, failures, spent, strains, tools
from agentscale.report.legible import visible

if TYPE_CHECKING:
    from agentscale.engine.tally import Tally

PLAIN_EVERY_S = 5.0
"""Seconds between two plain lines of progress."""
_PER_SECOND = 4  # pictures on a terminal


@contextmanager
def watching(*, quiet: bool) -> Iterator[Callable[[Tally], None]]:
    """A watch that shows progress as fits where stderr leads; nothing when ``quiet``."""
    if quiet:
        yield lambda tally: None
        return
    if sys.stderr.isatty():
        console = Console(stderr=True, highlight=False)
        if not console.is_dumb_terminal:
            with _live(console) as watch:
                yield watch
            return
    yield _lines()


@contextmanager
def _live(console: Console) -> Iterator[Callable[[Tally], None]]:
    picture = Picture()
    with Live(picture, console=console, refresh_per_second=_PER_SECOND, transient=True, redirect_stdout=False):
        yield picture.watch


class Picture:
    """How far a run is, drawn anew from its tally whenever somebody looks: watching costs an assignment."""

    def __init__(self) -> None:
        self._tally: Tally | None = None
        self._bar = _bar()
        self._task = self._bar.add_task("trials", total=None)

    def watch(self, tally: Tally) -> None:
        """Takes the tally, which goes on to be filled."""
        self._tally = tally

    def __rich__(self) -> Group:
        if self._tally is None:
            return Group(self._bar)
        self._bar.update(self._task, total=self._tally.trials, completed=self._tally.trials_done)
        lines = [f"{name:9} {visible(text)}" for name, text in told(self._tally)]
        return Group(self._bar, *(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))


def told(tally: Tally) -> list[tuple[str, str]]:
    """The lines below the bar, each with its name; only those that have something to say."""
    endpoints = [("endpoint", line) for line in strains(tally)]
    named = [
        ("cells", cells(tally)),
        ("calls", asked(tally)),
        ("failed", failures(tally)),
        ("spent", spent(tally)),
        ("tools", tools(tally)),
        *endpoints,
    ]
    return [(name, text) for name, text in named if text]


class _Left(TimeRemainingColumn):
    """The time that is left; nothing as long as nobody can know it."""

    def render(self, task: Task) -> Text:
        return super().render(task).append(" left") if task.time_remaining is not None else Text()


def _bar() -> Progress:
    return Progress(TextColumn("trials   "), BarColumn(), MofNCompleteColumn(), _Left(compact=True))


def _lines() -> Callable[[Tally], None]:
    news = News()

    def watch(tally: Tally) -> None:
        for line in news.due(lambda: _written(tally)):
            say(line, err=True)

    return watch


def _written(tally: Tally) -> list[str]:
    failed = failures(tally)
    far = f"{tally.trials_done}/{tally.trials} trials, {asked(tally)}, {spent(tally)}"
    return [far, *([f"failed: {failed}"] if failed else []), *strains(tally)]


class News:
    """Lines that are told now and then, those alone that differ from what was told last."""

    def __init__(self) -> None:
        self._told_s = time.monotonic()
        self._told: list[str] = []

    def due(self, lines: Callable[[], list[str]]) -> list[str]:
        """What is to be told of ``lines`` now; they are made only when it is time."""
        if time.monotonic() - self._told_s < PLAIN_EVERY_S:
            return []
        self._told_s, before, self._told = time.monotonic(), self._told, lines()
        return [line for line in self._told if line not in before]
