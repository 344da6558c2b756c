"""A real headless Chromium, runs to look at, and pages that keep account of what they say and ask."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import agentscale

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
READY_MS = 60_000
"""Milliseconds that a page has to get ready, on a machine that has other things to do."""

SHOWN = """\
name: shown
seed: 2
models:
  one: {simulated: {model: 0}}
  two: {simulated: {model: 1}}
task: {name: knowledge, limit: 8}
team: {size: [2, 4], layer: [L1, L4], personas: [sceptic, formalist]}
protocol: [vote, {debate: {rounds: 2}}]
topology: ring
embedder: lexical
"""
HOSTILE = (
    '<img src=x onerror="hacked=1"><script>hacked=1</script></script><script>hacked=1</script>--><svg onload=hacked=1>'
    "\x1b[2J\x1b]0;mine\x07 \u202e evil \u2066 \ud800 {{hacked}} ${hacked} javascript:hacked=1 =1+1"
)


class Opened(NamedTuple):
    """A page that is open, and what it said and asked."""

    page: Page
    trouble: list[str]
    """Errors and warnings of its console, and exceptions."""
    asked: list[str]
    """Addresses that it asked for, its own apart."""


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of the system; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opened(chromium: Browser) -> Open:
    """Opens an address: ``with opened(url, width=…, scheme=…) as there``."""

    @contextmanager
    def open_page(url: str, width: int = 1280, scheme: str = "light", before: str = "") -> Iterator[Opened]:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        there = Opened(page, [], [])
        page.on("console", lambda said: there.trouble.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: there.trouble.append(str(error)))
        page.on("request", lambda request: there.asked.append(request.url) if request.url != url else None)
        if before:
            page.add_init_script(before)
        page.goto(url)
        yield there
        context.close()

    return open_page


def ready(page: Page) -> None:
    """Waits until all charts are drawn and the first trial is shown."""
    page.wait_for_selector("#browser[data-ready]", timeout=READY_MS, state="attached")
    drawn = "() => [...document.querySelectorAll('[data-panel]')].every((host) => host.querySelector('svg.marks'))"
    page.wait_for_function(drawn, timeout=READY_MS)


def made(desk: Path, name: str, text: str, *overrides: str, page: bool = True) -> agentscale.Run:
    """A run of an experiment, with its page."""
    (desk / f"{name}.yaml").write_text(text, "utf-8")
    run = agentscale.run(desk / f"{name}.yaml", *overrides, out=desk / name)
    if page:
        run.report()
    return run


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="session")
def run(desk: Path) -> agentscale.Run:
    """A run with two layers, vote and debate."""
    return made(desk, "shown", SHOWN)


@pytest.fixture(scope="session")
def hostile(desk: Path) -> agentscale.Run:
    """A run whose model says hostile things, and whose last trial holds a line of more than a million letters."""
    written = HOSTILE.replace("\ud800", "")  # of which a file may hold no half
    replies = json.dumps({"replies": [f"{written}\nFinal answer: {letter}" for letter in "AB"]})
    text = SHOWN.replace("one: {simulated: {model: 0}}", f"one: {{scripted: {replies}}}")
    run = made(desk, "hostile", text, "team.models=one", "team.layer=L1", "task.limit=3", page=False)
    cell = run.header.cells[0].id
    trials = list(run.transcripts(cell))
    long = trials[-1].events[0].model_copy(update={"text": HOSTILE * 6000})
    trials[-1] = trials[-1].model_copy(update={"events": (long, *trials[-1].events[1:])})
    writer = run.folder.transcript_writer(cell, [(trial.sample_id, trial.replicate) for trial in trials])
    for trial in trials:
        writer.add(trial)
    writer.close(complete=True)
    run.report()
    return run
