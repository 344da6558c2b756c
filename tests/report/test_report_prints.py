from __future__ import annotations

import re
import struct
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from agentscale.report.contents import Contents
from agentscale.report.prints import FORMS, PRESETS, printed, scaled


@pytest.fixture(scope="module")
def shown(world: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """A run with one figure of one panel, and with drawings."""
    _, analysis = world.full(tmp_path_factory.mktemp("run"), sizes=(1, 2), n_questions=3)
    kept = ("vote_curve", "reading")
    tables = {n: table if n in kept else table._replace(rows=()) for n, table in analysis.tables.items()}
    return Contents(world.Analysis(analysis.header, tables))


@pytest.mark.parametrize("name", PRESETS)
def test_every_form_of_a_figure_has_the_width_of_its_column(shown: Contents, tmp_path: Path, name: str) -> None:
    preset = PRESETS[name]
    paths = printed(shown, tmp_path, preset, FORMS if name == "one-column" else ("svg",))
    assert {path.suffix for path in paths} == {
        *((".svg", ".png", ".pdf") if name == "one-column" else (".svg",)),
        ".md",
    }
    drawn = ElementTree.fromstring((tmp_path / "votes.svg").read_text("utf-8"))
    assert drawn.get("width") == f"{preset.width_pt:g}pt"
    for path in paths:
        if path.suffix == ".png":
            (width,) = struct.unpack(">I", path.read_bytes()[16:20])
            assert width == pytest.approx(preset.width_pt * 300 / 72, abs=1)
        if path.suffix == ".pdf":
            box = re.search(rb"MediaBox ?\[0 0 ([\d.]+)", path.read_bytes())
            assert box
            assert float(box[1]) == pytest.approx(preset.width_pt)


def test_captions_carry_the_words_of_the_page_and_the_report_card(shown: Contents, tmp_path: Path) -> None:
    printed(shown, tmp_path, PRESETS["one-column"], ("svg",))
    told = (tmp_path / "captions.md").read_text("utf-8")
    for figure in shown.figures:
        assert f"**{figure.name}**: {figure.title}. {figure.caption}" in told
    assert told.count(shown.brief) == len(shown.figures) + 2


def test_a_drawing_keeps_its_shape_in_any_width() -> None:
    drawn = '<svg class="a" width="10" height="20" viewBox="0 0 10 20"><rect width="10" height="20"/></svg>'
    assert scaled(drawn, 246) == (
        '<svg class="a" viewBox="0 0 10 20" width="246pt" height="492.00pt"><rect width="10" height="20"/></svg>'
    )
