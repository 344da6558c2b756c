"""The viewer in a real browser: transcripts from the server, a run as it goes, two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import agentscale
from agentscale import api
from agentscale.report.transcripts import marks
from agentscale.store import RunFolder

from .conftest import READY_MS, SHOWN, Open, made, ready
from .looks import FOCUSED, TABS, UNREACHED, violations

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pages")]


@pytest.fixture(scope="module")
def url(run: agentscale.Run) -> Iterator[str]:
    with api.view(run.path) as viewed:
        yield viewed.url


def test_it_shows_every_cell_and_the_trials_of_each_without_an_error(
    opened: Open, run: agentscale.Run, url: str
) -> None:
    with opened(url) as there:
        page = there.page
        ready(page)
        assert page.locator("#done").inner_text() == f"All {8 * len(run.header.cells)} trials have ended"
        assert page.locator("#cell-table tbody tr").count() == len(run.header.cells)
        cell = run.header.cells[-1].id
        page.locator("#cell-table a", has_text=cell).click()
        page.wait_for_function(
            "(wanted) => document.getElementById('cell').selectedOptions[0].text === wanted", arg=cell
        )
        page.wait_for_selector("#trials .id")
        assert page.locator("#trials .id").all_inner_texts() == [t.sample_id for t in run.transcripts(cell)]
        assert there.trouble == []
        assert all(address.startswith((url, "data:")) for address in there.asked)


def test_its_filters_and_links_are_those_of_the_page(opened: Open, run: agentscale.Run, url: str) -> None:
    cell = run.header.cells[-1].id
    trials = list(run.transcripts(cell))
    expected = [trial.sample_id for trial in trials if marks(trial) & 1]
    with opened(f"{url}#q={trials[3].sample_id}&cell={cell}") as there:
        page = there.page
        ready(page)
        assert page.locator("#trial h3").inner_text() == trials[3].sample_id
        assert page.locator("#trial .said").count() >= len(trials[3].events)
        page.check("#browser input[value='1']")
        page.wait_for_function("(n) => document.querySelectorAll('#trials li').length === n", arg=len(expected))
        assert page.locator("#trials .id").all_inner_texts() == expected


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1600, "dark")])
def test_it_fits_the_screen_and_axe_finds_nothing_serious(opened: Open, url: str, width: int, scheme: str) -> None:
    with opened(url, width=width, scheme=scheme) as there:
        ready(there.page)
        assert there.page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(there.page) == []


def test_the_keyboard_alone_reaches_everything(opened: Open, url: str) -> None:
    with opened(url) as there:
        page = there.page
        ready(page)
        for _ in range(page.evaluate(TABS) + 40):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED) is None:
                break
        assert page.evaluate(UNREACHED) == []


def test_new_trials_appear_while_the_run_goes(opened: Open, run: agentscale.Run, desk: Path) -> None:
    folder = RunFolder.create(desk / "going", run.header, "", run.folder.questions().values())
    cell = run.header.cells[0].id
    given = list(run.transcripts(cell))
    writer = folder.transcript_writer(cell, [(t.sample_id, t.replicate) for t in given])
    with api.view(folder.path) as viewed, opened(viewed.url) as there:
        page = there.page
        ready(page)
        planned = 8 * len(run.header.cells)
        assert page.locator("#done").inner_text() == f"0 of {planned} trials have ended"
        for number, transcript in enumerate(reversed(given), start=1):
            writer.add(transcript)
            if number in (1, 4):
                writer.show()
                page.wait_for_function("(n) => document.querySelectorAll('#trials li').length === n", arg=number)
                assert page.locator("#done").inner_text() == f"{number} of {planned} trials have ended"
        writer.close(complete=True)
        page.wait_for_function("(n) => document.querySelectorAll('#trials li').length === n", arg=len(given))
        assert page.locator("#trials .id").all_inner_texts() == [t.sample_id for t in given]
        assert there.trouble == []


def test_two_runs_stand_side_by_side_with_the_paired_differences_of_the_analysis(
    opened: Open, run: agentscale.Run, desk: Path
) -> None:
    other = made(desk, "other", SHOWN, "models.one.simulated.model=2", page=False)
    rows = run.compare(other).rows
    with api.view(run.path, other.path) as viewed, opened(viewed.url) as there:
        page = there.page
        ready(page)
        page.wait_for_selector("#compared tbody tr", timeout=READY_MS)
        told = page.locator("#compared tbody tr").all_inner_texts()
        assert len(told) == len(rows)
        for text, row in zip(told, rows, strict=True):
            assert row["cell"] in text
            written = text.split("\t")[2].split()[0].replace("−", "-")
            assert float(written) == pytest.approx(row["delta"], abs=0.0006)
        page.locator("#runs a").nth(1).click()
        page.wait_for_selector("#browser[data-ready]", timeout=READY_MS)
        assert "run=1" in page.url
        assert violations(page) == []
        assert there.trouble == []


def test_hostile_words_are_text_and_run_nothing(opened: Open, hostile: agentscale.Run) -> None:
    with api.view(hostile.path) as viewed, opened(viewed.url, before="window.hacked = 0") as there:
        page = there.page
        ready(page)
        for row in page.locator("#trials a").all():
            row.click()
            page.wait_for_timeout(100)
        said = "".join(page.locator("#trial .prose").all_inner_texts())
        assert "<script>hacked=1</script>" in said
        assert not set(said) & set("\x1b\x07\u202e\u2066\ud800")
        assert page.evaluate("window.hacked") == 0
        assert there.trouble == []


def test_the_page_of_a_run_is_shown_in_a_sandbox_that_reaches_nothing(opened: Open, run: agentscale.Run) -> None:
    with api.view(run.path) as viewed, opened(f"{viewed.url}0/files/report.html") as there:
        ready(there.page)
        assert there.page.evaluate("window.origin") == "null"
        reached = there.page.evaluate("() => fetch('../../state').then(() => true, () => false)")
        assert reached is False


def test_when_the_server_is_gone_the_page_says_so(opened: Open, run: agentscale.Run) -> None:
    with api.view(run.path) as viewed:
        at = opened(viewed.url)
        there = at.__enter__()
        ready(there.page)
    there.page.wait_for_selector("#trouble:not([hidden])", timeout=READY_MS)
    assert "cannot be asked" in there.page.locator("#trouble").inner_text()
    at.__exit__(None, None, None)
