from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from agentscale.report import render
from agentscale.report.compose import SCRIPTS
from agentscale.report.transcripts import MISSING

FIGURES = ("accuracy", "cost", "channels", "votes", "rounds", "flows", "redundancy", "questions", "laws")
SHORT = ("cells", "curves", "vote_curve", "rounds", "agents", "comparisons", "fits")  # those that have rows
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{ 7*7 }}\x1b[31m\u202e\u2028\ud800'\"=1+1"
)
SEEN = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{ 7*7 }}\\x1b[31m\\u202e\\u2028\\ud800'\"=1+1"
)


class Page(HTMLParser):
    """What a browser would see of the page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.packed: list[str] = []
        self.source = path.read_bytes().decode("utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.data: dict[str, Any] = {}
        self.text = ""
        self._raw: dict[str, str | None] | None = None
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = dict(attrs) if tag in ("script", "style") else None
        if tag == "script" and "type" not in dict(attrs):
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw is None:
            self.text += data
        elif self._raw.get("type") == "application/json":
            self.data[str(self._raw["id"])] = json.loads(data)
        elif self._raw.get("type") == "text/plain":
            self.packed = data.split()
        elif self.tags[-1][0] == "script":
            self.scripts[-1] += data

    def attributes(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def whole(world: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a rendered run with everything in it."""
    return render(*world.full(tmp_path_factory.mktemp("run"), sizes=(1, 4), n_questions=6)).parent


@pytest.fixture(scope="module")
def page(whole: Path) -> Page:
    return Page(whole / "report.html")


def test_the_run_folder_gets_page_tables_and_figures(whole: Path, world: ModuleType) -> None:
    names = {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()}
    figures = (*FIGURES, "topologies", "followed")
    assert names == {
        "report.html",
        *(f"tables/{name}.csv" for name in world.COLUMNS),
        *(f"figures/{name}.svg" for name in figures),
    }


def test_tables_hold_every_row_of_the_analysis(whole: Path) -> None:
    with (whole / "tables" / "cells.csv").open(encoding="utf-8", newline="") as table:
        assert len(list(csv.DictReader(table))) == 24


def test_the_card_stands_beside_every_curve_and_in_every_figure_file(whole: Path, page: Page) -> None:
    said = re.search(r"Report card: (questions: .*?seed 7)", page.text.replace("\n", " "))
    assert said
    assert page.text.count(said[1]) == len(FIGURES) + 1
    for name in FIGURES:
        tree = ElementTree.fromstring((whole / "figures" / f"{name}.svg").read_bytes())
        words = " ".join(" ".join(tree.itertext()).split())
        assert "tied votes: in expectation" in words
        assert "seed 7" in words


def test_the_same_run_gives_the_same_bytes(whole: Path, world: ModuleType, tmp_path: Path) -> None:
    render(*world.full(tmp_path, sizes=(1, 4), n_questions=6))
    for path in whole.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(whole)).read_bytes()


def test_the_page_refers_to_nothing_outside_its_folder(page: Page) -> None:
    assert not page.attributes("src")
    assert all(re.match(r"#|(figures|tables)/[\w.]+$", target) for target in page.attributes("href"))
    assert not {"link", "iframe", "object", "img"} & {tag for tag, _ in page.tags}


def test_only_the_pages_own_scripts_may_run_and_nothing_may_be_loaded(page: Page) -> None:
    policy = page.attributes("content")[0]
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy
    assert "connect-src" not in policy
    assert len(digests) == 1 + len(SCRIPTS)


def test_every_reference_within_the_page_has_its_target(page: Page) -> None:
    ids = page.attributes("id")
    assert not [name for name, count in Counter(ids).items() if count > 1]
    inner = [target[1:] for target in page.attributes("href") if target.startswith("#") and "=" not in target]
    assert {*inner, *page.attributes("aria-labelledby")} <= set(ids)


def test_every_cell_in_a_table_leads_to_its_transcripts(page: Page, world: ModuleType) -> None:
    cells = set(world.opened(page.packed))
    assert {target[6:] for target in page.attributes("href") if target.startswith("#cell=")} == cells


def test_every_chart_has_a_specification_words_and_a_table(page: Page) -> None:
    charts = [attributes for _, attributes in page.tags if "data-panel" in attributes]
    assert [int(str(chart["data-panel"])) for chart in charts] == list(range(len(page.data["charts-data"]["panels"])))
    assert all(chart["role"] == "img" and len(str(chart["aria-label"])) > 40 for chart in charts)
    assert page.text.count("The numbers of this figure") == len(FIGURES) + 1


def test_every_drawing_has_words(page: Page) -> None:
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 2 + 4 * 2  # topologies; who follows whom, by layer and topology
    assert all(re.search("readings|edges", str(drawing["aria-label"])) for drawing in drawings)


def test_wide_tables_can_be_scrolled_by_keyboard(page: Page) -> None:
    regions = [attributes for _, attributes in page.tags if attributes.get("class") == "scroll"]
    assert len(regions) == len(FIGURES) + 1 + len(SHORT)  # figures and tables
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)


def test_the_first_screen_answers_before_anything_else(page: Page) -> None:
    answer = page.text[: page.text.index("Accuracy against team size")]
    assert "The best team of this run is L4 with 4 agents under vote: 72.0 % right." in answer
    assert "67.0 to 77.0 %" in answer
    assert re.search(r"One more agent\s*\+1\.0 points\s*−1\.0 to \+3\.0", answer)
    assert "Not distinguishable from nothing in this run." in answer
    assert "Chance level" in answer


def test_the_report_card_tells_what_a_reader_must_know(page: Page) -> None:
    card = page.text[page.text.index("Report card\n") : page.text.rindex("\nTables\n")]
    for told in (
        "seed 7",
        "1, all 6 configurations",
        "numpy 2.4.6",
        "Universal Sentence Encoder",
        "sums: 25.0 %",
        "calls",
        "draw",
    ):
        assert told in card


def test_warnings_stand_on_the_page_with_the_number_of_cells(world: ModuleType, tmp_path: Path) -> None:
    page = Page(render(*world.full(tmp_path, sizes=(16,), n_questions=2)))
    assert "12 questions: few" in page.text
    rough = "fewer than 30 questions: intervals are rough (12 cells)"
    assert (
        page.text.index("Accuracy against team size") < page.text.index(rough) < page.text.index("K* against team size")
    )
    assert rough in page.text[page.text.index("Report card\n") :]


def hostile_run(world: ModuleType, path: Path) -> tuple[Any, Any]:
    """A run in which every text that a stranger writes is hostile."""
    asked = world.question(0, prompt=HOSTILE, sample_id=HOSTILE, task=HOSTILE, target=HOSTILE, choices=(HOSTILE,))
    cell = world.cell("explicit", 3, "debate", "ring", task=HOSTILE, id=HOSTILE, team_name=HOSTILE)
    cell = cell.model_copy(update={"topology": world.Named(name=HOSTILE)})
    trial = world.trial(cell, asked, 2, lambda index, number: HOSTILE)
    events = tuple(
        event.model_copy(update={"text": HOSTILE, "error": HOSTILE, "slot": HOSTILE}) for event in trial.events
    )
    trial = trial.model_copy(update={"events": events})
    head = world.header([cell], versions={HOSTILE: HOSTILE}, not_applicable=({"cell": HOSTILE, "reason": HOSTILE},))
    head = head.model_copy(update={"name": HOSTILE, "tasks": {HOSTILE: head.tasks["sums"]}})
    row = {
        "task": HOSTILE, "layer": "explicit", "team": HOSTILE, "teams": HOSTILE, "cell": HOSTILE, "protocol": HOSTILE,
        "topology": HOSTILE, "size": 3, "accuracy": 0.5, "low": 0.4, "high": 0.6, "k_star": 1.5, "n_items": 1,
        "warnings": HOSTILE, "round": 1, "team_accuracy": 0.5, "config": HOSTILE, "readable": 1.0, "slot": HOSTILE,
        "chance": 0.25, "recorded": True,
    }  # fmt: skip
    tables = world.tables(cells=[row], curves=[row], vote_curve=[row], rounds=[row], agents=[row])
    folder = world.Folder(path, head, {(HOSTILE, HOSTILE): asked}, {HOSTILE: [trial]})
    return folder, world.Analysis(head, tables, embedder=HOSTILE, warnings=(HOSTILE,))


def test_hostile_texts_are_shown_as_text_and_change_nothing(world: ModuleType, page: Page, tmp_path: Path) -> None:
    hostile = Page(render(*hostile_run(world, tmp_path)))
    assert hostile.scripts == page.scripts
    assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in page.tags}
    assert not hostile.attributes("onerror")
    assert hostile.text.count(SEEN) > 10
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|49", hostile.text)
    ((cell, (trial,)),) = world.opened(hostile.packed).items()
    texts = [trial["prompt"], trial["sample_id"], *(event["text"] for event in trial["events"])]
    assert {cell, *texts} == {SEEN}
    assert not re.search("[\x00-\x08\x0b-\x1f\u2028-\u202e]", hostile.source[: hostile.source.index("<script>")])


def test_hostile_names_leave_figure_files_well_formed(world: ModuleType, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    render(*hostile_run(world, tmp_path))
    for path in (tmp_path / "figures").iterdir():
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(path.read_bytes()).iter()}
        assert not {"script", "img"} & tags


def test_a_line_of_a_million_characters_is_cut_and_the_page_stays_small(world: ModuleType, tmp_path: Path) -> None:
    folder, analysis = world.full(tmp_path, sizes=(1,), n_questions=1)
    (trial,) = folder.played["sums-L1-n1-vote"]
    event = trial.events[0].model_copy(update={"text": "<" * 1_000_000})
    folder.played["sums-L1-n1-vote"] = [trial.model_copy(update={"events": (event,)})]
    page = Page(render(folder, analysis))
    assert len(page.source) < 2_000_000
    (shown,) = world.opened(page.packed)["sums-L1-n1-vote"]
    assert shown["events"][0]["text"].startswith("<" * 100_000 + "\n[cut here: 900,000")


def empty(world: ModuleType, path: Path, cells: list[Any]) -> Page:
    header = world.header(cells)
    return Page(render(world.Folder(path, header), world.Analysis(header, world.tables())))


def test_an_empty_run_says_that_it_is_empty(world: ModuleType, tmp_path: Path) -> None:
    page = empty(world, tmp_path, [world.cell("L1", 1), world.cell("L1", 2)])
    assert "This run is empty: no trial has finished." in page.text
    assert "There is no number to report." in page.text
    assert "There is no transcript to show." in page.text
    assert page.data["charts-data"]["panels"] == []


def test_a_run_without_cells_says_so(world: ModuleType, tmp_path: Path) -> None:
    assert "This experiment has no cell" in empty(world, tmp_path, []).text


def test_an_interrupted_run_says_what_is_lacking(world: ModuleType, tmp_path: Path) -> None:
    folder, analysis = world.full(tmp_path, sizes=(1,), n_questions=2)
    for lost in list(folder.played)[:5]:
        del folder.played[lost]
    assert "This run is not complete: 14 of 24 trials have finished" in Page(render(folder, analysis)).text


def one_cell(world: ModuleType, path: Path, **row: Any) -> Page:
    cell, asked = world.cell("L1", 2), world.question(0)
    mute = row.get("parse_failure") == 1
    trial = world.trial(cell, asked, 1, lambda index, number: None if mute else "A")
    shared = {
        "cell": cell.id,
        "task": "sums",
        "layer": "L1",
        "team": "small",
        "size": 2,
        "protocol": "vote",
        "topology": "",
    }
    rows = [shared | {"n_items": 1, "warnings": ""} | row]
    header = world.header([cell])
    folder = world.Folder(path, header, {("sums", "s000"): asked}, {cell.id: [trial]})
    return Page(render(folder, world.Analysis(header, world.tables(cells=rows, curves=rows))))


def test_a_run_of_one_cell_says_that_there_is_nothing_to_compare(world: ModuleType, tmp_path: Path) -> None:
    page = one_cell(world, tmp_path, accuracy=0.5, low=0.4, high=0.6, parse_failure=0.0)
    assert "This run has one cell" in page.text
    assert "L1 with 2 agents under vote: 50.0 % right" in page.text


def test_a_run_whose_answers_are_all_missing_is_not_called_wrong(world: ModuleType, tmp_path: Path) -> None:
    page = one_cell(world, tmp_path, accuracy=0.0, low=0.0, high=0.0, parse_failure=1)
    assert "Every answer of this run is missing" in page.text
    assert "The best team" not in page.text
    assert page.data["charts-data"]["panels"] == []
    ((shown,),) = world.opened(page.packed).values()
    assert (shown["answer"], shown["correct"], shown["marks"]) == (None, None, MISSING)


def test_a_sampled_page_says_how_much_it_holds(
    world: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentscale.report.transcripts.MAX_TRIALS", 24)
    page = Page(render(*world.full(tmp_path, sizes=(1,), n_questions=6)))
    assert "This page holds 2 of 6 questions, evenly spaced (24 trials)." in page.text


@pytest.mark.parametrize("name", SCRIPTS)
def test_our_scripts_write_text_and_never_markup(name: str) -> None:
    script = (files("agentscale.report") / "page" / name).read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|fetch\(|XMLHttp", script
    )
    assert len(script.splitlines()) < 250
    assert "</" not in script
