"""The page of a run in a real browser: it draws, answers, fits every screen, and needs no mouse and no network."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

import agentscale
from agentscale import api
from agentscale.store import RunFolder

from .conftest import SHOWN, Open, made, ready
from .looks import FOCUSED, SYMBOLS, TABS, UNREACHED, violations

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pages")]


def url(run: agentscale.Run) -> str:
    return run.folder.report_path.absolute().as_uri()


def test_it_opens_without_an_error_or_a_request_and_every_chart_is_drawn(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run)) as there:
        ready(there.page)
        assert there.trouble == []
        assert [address for address in there.asked if not address.startswith(("data:", "blob:"))] == []
        assert there.page.locator("[data-panel]").count() > 0


def test_the_charts_of_accuracy_and_channels_have_a_point_for_every_row_of_the_curves(
    opened: Open, run: agentscale.Run
) -> None:
    rows = [row for row in run.rows("curves") if row["accuracy"] == row["accuracy"]]
    with opened(url(run)) as there:
        ready(there.page)
        assert sum(there.page.evaluate(SYMBOLS, "accuracy")) == len(rows)
        assert sum(there.page.evaluate(SYMBOLS, "channels")) == len(rows)


def test_the_answer_stands_on_the_first_screen(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run)) as there:
        box = there.page.locator("#answer .lead").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900
        assert there.page.locator("#answer .lead").first.inner_text().strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 768, 1280, 1600])
def test_it_fits_every_width_in_both_themes(opened: Open, run: agentscale.Run, width: int, scheme: str) -> None:
    with opened(url(run), width=width, scheme=scheme) as there:
        ready(there.page)
        assert there.page.evaluate("document.documentElement.scrollWidth") <= width
        paper = there.page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", paper)[:3])) / 3
        assert light > 200 if scheme == "light" else light < 60
        assert there.trouble == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1280, "light")])
def test_axe_finds_nothing_serious(opened: Open, run: agentscale.Run, width: int, scheme: str) -> None:
    with opened(url(run), width=width, scheme=scheme) as there:
        ready(there.page)
        opening = "[...document.querySelectorAll('details')].slice(0, 4).forEach((each) => { each.open = true; })"
        there.page.evaluate(opening)  # one table is like the others, and they are long
        assert violations(there.page) == []


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run)) as there:
        page = there.page
        ready(page)
        for _ in range(page.evaluate(TABS) + 40):  # lines of the list come and go with the focus
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUSED)
            if at is None:
                break
            assert at["seen"]
            assert at["ring"] != "none"
        assert page.evaluate(UNREACHED) == []


def test_arrows_walk_through_the_list_and_enter_opens_a_trial(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run)) as there:
        page = there.page
        ready(page)
        page.locator("#trials a").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        wanted = page.evaluate("document.activeElement.querySelector('.id').textContent")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.id === 'trial'")
        assert page.locator("#trial h3").inner_text() == wanted
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # "previous" or "next"
        page.wait_for_function(f"() => document.querySelector('#trial h3').textContent !== {wanted!r}")


@pytest.mark.parametrize("mark", [1, 2, 4, 8])
def test_filters_leave_the_trials_that_have_the_mark(opened: Open, run: agentscale.Run, mark: int) -> None:
    from agentscale.report.transcripts import marks

    cell = run.header.cells[-1].id
    expected = [trial.sample_id for trial in run.transcripts(cell) if marks(trial) & mark]
    with opened(url(run)) as there:
        page = there.page
        ready(page)
        page.select_option("#cell", label=cell)
        page.check(f"#browser input[value='{mark}']")
        page.wait_for_function(f"() => document.getElementById('count').textContent.startsWith('{len(expected)} of 8')")
        assert page.locator("#trials .id").all_inner_texts() == expected


def test_a_deep_link_opens_its_trial_and_the_cells_of_tables_lead_to_theirs(opened: Open, run: agentscale.Run) -> None:
    cell, trial = run.header.cells[-1], list(run.transcripts(run.header.cells[-1].id))[4]
    with opened(f"{url(run)}#q={trial.sample_id}&cell={cell.id}") as there:
        page = there.page
        ready(page)
        assert page.locator("#trial h3").inner_text() == trial.sample_id
        assert page.locator("#cell").evaluate("(each) => each.selectedOptions[0].textContent") == cell.id
        said = page.locator("#trial .said").all_inner_texts()
        assert len(said) >= len(trial.events)
        page.evaluate("document.querySelectorAll('#tables details').forEach((each) => { each.open = true; })")
        link = page.locator("#tables a[href^='#cell=']").first
        wanted = link.inner_text()
        link.click()
        page.wait_for_function(f"() => document.getElementById('cell').selectedOptions[0].textContent === {wanted!r}")
    with opened(f"{url(run)}#q=nobody") as there:
        ready(there.page)
        assert "does not hold" in there.page.locator("#trial").inner_text()


CLIPBOARD = """
Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } });
"""


def test_every_table_can_be_copied_for_a_spreadsheet_and_for_markdown(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run), before=CLIPBOARD) as there:
        page = there.page
        ready(page)
        assert page.locator(".scroll").count() == page.locator("button.copy[data-form=csv]").count() > 3
        page.locator("#accuracy summary").click()
        page.locator("#accuracy button.copy[data-form=csv]").click()
        page.wait_for_function("() => window.copied")
        copied = list(csv.DictReader(io.StringIO(page.evaluate("window.copied"))))
        assert [int(row["size"]) for row in copied] == [row["size"] for row in run.rows("curves")]
        page.evaluate("() => { window.copied = ''; }")
        page.locator("#accuracy button.copy[data-form=markdown]").click()
        page.wait_for_function("() => window.copied")
        assert page.evaluate("window.copied").count("\n") == len(copied) + 2
        assert "Copied" in page.locator("#accuracy [role=status]").inner_text()


def test_every_link_within_the_page_leads_somewhere(opened: Open, run: agentscale.Run) -> None:
    with opened(url(run)) as there:
        ready(there.page)
        dangling = there.page.evaluate(
            """() => [...document.querySelectorAll('a[href^="#"]')].map((each) => each.getAttribute('href').slice(1))
            .filter((name) => !name.includes('=') && !document.getElementById(name))"""
        )
        assert dangling == []


def test_all_is_said_without_scripts_but_charts_and_transcripts(chromium: Any, run: agentscale.Run) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url(run))
    assert page.locator("#answer .lead").first.inner_text().strip()
    assert "switched off" in page.locator("noscript").first.inner_text()
    assert page.locator("#tables table").count() > 3
    context.close()


# -- hostile, and sick ------------------------------------------------------------------------------------------------


def test_hostile_words_are_text_and_run_nothing(opened: Open, hostile: agentscale.Run) -> None:
    with opened(url(hostile), before="window.hacked = 0") as there:
        page = there.page
        ready(page)
        for row in page.locator("#trials a").all():
            row.click()
            page.wait_for_timeout(50)
        page.locator("button.more").first.click()
        page.wait_for_timeout(200)
        assert page.evaluate("window.hacked") == 0
        said = page.locator("#trial .prose").all_inner_texts()
        assert any('<img src=x onerror="hacked=1"><script>hacked=1</script>' in text for text in said)
        whole = "".join(said)
        assert not set(whole) & set("\x1b\x07\u202e\u2066\ud800")
        assert r"\u202e evil" in whole
        assert page.locator("#trial img, #trial script").count() == 0
        assert there.trouble == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def empty(desk: Path) -> RunFolder:
    (desk / "empty.yaml").write_text(SHOWN, "utf-8")
    sweep = api.load(desk / "empty.yaml")
    folder = RunFolder.create(desk / "empty", sweep.header, sweep.source, sweep.questions.values())
    agentscale.open_run(folder.path).report()
    return folder


def one_cell(desk: Path) -> RunFolder:
    return made(desk, "one", SHOWN, "team.size=2", "team.layer=L1", "team.models=one", "protocol=vote").folder


def all_missing(desk: Path) -> RunFolder:
    text = SHOWN.replace("one: {simulated: {model: 0}}", "one: {scripted: {replies: [who knows]}}")
    return made(desk, "missing", text, "team.layer=L1", "team.models=one").folder


def interrupted(desk: Path) -> RunFolder:
    return made(desk, "interrupted", SHOWN, "budget={calls: 40}").folder


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (empty, "no "),
        (one_cell, ""),
        (all_missing, "read"),
        (interrupted, "of"),
    ],
)
def test_a_sick_run_gives_a_page_that_says_what_is_the_matter(opened: Open, desk: Path, make: Any, told: str) -> None:
    folder = make(desk)
    with opened(folder.report_path.absolute().as_uri()) as there:
        page = there.page
        page.wait_for_load_state()
        page.wait_for_timeout(500)
        assert there.trouble == []
        assert page.locator("#answer .lead").first.inner_text().strip()
        matters = page.locator(".matter").all_inner_texts()
        assert matters or make is one_cell
        assert any(told in matter for matter in matters) or make is one_cell
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert violations(page) == []
