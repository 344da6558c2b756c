"""The page of a run of 10,000 calls: how soon it opens, how it scrolls, what it takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import agentscale

from .conftest import Open, made, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("large page")]

OPEN = "#browser[data-ready]"
"""What is there once a page is open: the answer, the tables and a transcript; charts are drawn while it is read."""
OPEN_S = 3.0
TASK_MS = 200
HEAP_MB = 500
TIMES = 3
"""How often it is opened: the quickest counts, since the machine may be busy with other things."""
LARGE = """\
name: large
seed: 3
models:
  one: {simulated: {model: 0}}
  two: {simulated: {model: 1}}
task: {name: knowledge, limit: 110}
team: {size: [1, 2, 4, 8], layer: L3}
protocol: [vote, {debate: {rounds: 1}}]
topology: ring
replicates: 5
embedder: lexical
"""
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.tasks.push([task.startTime, task.duration]);
}).observe({ type: "longtask", buffered: true });
"""
LONGEST = "(start) => Math.max(0, ...window.tasks.filter(([at]) => at >= start).map(([, taken]) => taken))"
BUSY = """() => new Promise((done) => setTimeout(() => {
  const end = performance.now() + 300;
  while (performance.now() < end);
  setTimeout(done, 100);
}))"""


@pytest.fixture(scope="module")
def large(desk: Path) -> agentscale.Run:
    """10,000 recorded calls and some, in thousands of trials."""
    run = made(desk, "large", LARGE)
    with run.folder.recording() as recording:
        assert len(recording) >= 10_000
    return run


def recorded(run: agentscale.Run) -> int:
    """Bytes of the compressed recording."""
    return sum(path.stat().st_size for path in (run.path / "recording").glob("*.zst"))


def test_its_file_stays_under_three_times_the_compressed_recording(large: agentscale.Run) -> None:
    assert large.folder.report_path.stat().st_size < 3 * recorded(large)


def test_it_opens_in_3_seconds_and_scrolls_without_a_long_task_and_in_little_memory(
    opened: Open, large: agentscale.Run
) -> None:
    url = large.folder.report_path.absolute().as_uri()
    took, longest, heap = [], [], []
    for _ in range(TIMES):
        began = time.monotonic()
        with opened(url, before=WATCH) as there:
            page = there.page
            page.wait_for_selector(OPEN, state="attached")
            took.append(time.monotonic() - began)
            ready(page)
            page.wait_for_timeout(300)
            start = page.evaluate("performance.now()")
            scroll(page)
            longest.append(page.evaluate(LONGEST, start))
            heap.append(held(page))
            page.evaluate(BUSY)
            assert page.evaluate(LONGEST, start) >= 300  # a long task would have been seen
            assert there.trouble == []
    assert min(took) < OPEN_S
    assert min(longest) < TASK_MS
    assert max(heap) < HEAP_MB


def held(page: Page) -> float:
    """Megabytes of the page's heap that are in use."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def scroll(page: Page) -> None:
    """Through the whole page, and through the whole list of trials, opening some on the way."""
    page.mouse.move(640, 450)
    for _ in range(40):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(16)
    page.locator("#trials").scroll_into_view_if_needed()
    pane = page.locator("nav.trials")
    for eighth in range(1, 9):
        pane.evaluate("(each, eighth) => { each.scrollTop = each.scrollHeight * eighth / 8; }", eighth)
        page.wait_for_timeout(30)
        page.locator("#trials a").first.click()
        page.wait_for_timeout(60)
