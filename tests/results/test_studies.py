"""Every published study derives again, from what it holds alone, to its committed tables, figures and page."""

import csv
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import derive
import pages
import pytest

from agentscale.recording import zstd

RESULTS = derive.RESULTS
STUDIES = derive.studies()
PUBLISHED = [
    path
    for folder in sorted({path.parent for path in [*RESULTS.glob("*/study.py"), *RESULTS.glob("*/run.json")]})
    for path in sorted(folder.rglob("*"))
    if path.is_file() and "__pycache__" not in path.parts
]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _same(one: str, other: str) -> bool:
    """Equal texts, or numbers that differ by no more than another processor's rounding."""
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-4, abs_tol=1e-6)
    except ValueError:
        return False


def _made(folder: Path) -> list[str]:
    """What a derivation writes, by name."""
    made = (
        path
        for kind in ("tables/*.csv", "figures/*.svg", "report*/*.html", "report.html")
        for path in folder.glob(kind)
    )
    return sorted(str(path.relative_to(folder)) for path in made)


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_derives_again_to_what_is_committed(name: str, tmp_path: Path) -> None:
    published, again = RESULTS / name, tmp_path / name
    if derive.apart(name):  # parts of what takes long have tests of their own; what follows from it is derived here
        shutil.copytree(published / "tables", again / "tables")
        with derive.loaded(name) as study:
            study.summarize(again)
        derive.write_page(name, again)
    else:
        derive.derive(name, again)
    assert _made(again) == _made(published)
    to_the_byte = True
    for table in sorted((published / "tables").glob("*.csv")):
        old, new = _rows(table), _rows(again / "tables" / table.name)
        assert len(old) == len(new), table.name
        for one, other in zip(old, new, strict=True):
            assert list(one) == list(other), table.name
            assert [key for key in one if not _same(one[key], other[key])] == [], (table.name, one, other)
        to_the_byte &= table.read_bytes() == (again / "tables" / table.name).read_bytes()
    if to_the_byte:  # another processor's last digit may move a label, and no more
        for made in [*(path for path in _made(again) if path.endswith(".svg")), "README.md"]:
            assert (again / made).read_bytes() == (published / made).read_bytes(), made


@pytest.mark.parametrize("name", STUDIES)
def test_a_page_is_its_template_with_the_numbers_of_its_tables(name: str) -> None:
    assert (RESULTS / name / "README.md").read_text("utf-8") == derive.page(name)


def test_every_page_has_a_template() -> None:
    for page in RESULTS.rglob("README.md"):
        if page in PUBLISHED or page.parent == RESULTS:
            assert (page.parent / "page.md.jinja").is_file(), page


def test_the_front_page_and_the_findings_are_of_the_tables_that_are_there() -> None:
    front = pages.render(RESULTS / "page.md.jinja", RESULTS)
    again = "make it anew: python results/derive.py --pages"
    assert (RESULTS / "README.md").read_text("utf-8") == front, again
    assert derive.with_findings(derive.TOP.read_text("utf-8")) == derive.TOP.read_text("utf-8"), again
    assert [name for name in STUDIES if f"]({name}/README.md)" not in front] == []


@pytest.mark.parametrize("template", sorted(RESULTS.rglob("*.md.jinja")), ids=lambda path: path.parent.name)
def test_no_template_holds_a_number_of_its_own(template: Path) -> None:
    assert pages.loose_numbers(template.read_text("utf-8")) == []


@pytest.mark.parametrize("name", [*STUDIES, "."])
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", (RESULTS / name / "README.md").read_text("utf-8")):
        assert (RESULTS / name / link).exists(), link


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_answers_on_the_front_page(name: str) -> None:
    for row in _rows(RESULTS / name / "tables" / "answer.csv"):
        assert list(row) == ["question", "answer", "value", "low", "high", "form", "measured"]
        assert row["form"] in ("percent", "points", "number", ""), row
        assert pages.loose_numbers(" ".join((row["question"], row["answer"], row["measured"]))) == [], row


def test_no_path_and_no_key_of_the_recording_machine_is_published() -> None:
    for path in PUBLISHED:
        with zstd.open(path) if path.suffix == ".zst" else path.open("rb") as file:
            held = file.read()
        assert not re.search(rb"(?<![\w.])/(root|home|Users|work|mnt)/|sk-[A-Za-z0-9]{8}", held), path


def test_the_command_says_what_it_does_and_refuses_what_there_is_not() -> None:
    command = [sys.executable, str(RESULTS / "derive.py")]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert all(name in "".join(told.split()) for name in derive.studies())
    refused = subprocess.run([*command, "no-such-study"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "no study no-such-study, but " in refused.stderr
