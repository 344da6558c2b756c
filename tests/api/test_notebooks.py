"""A run in a notebook: within a running loop, its tables as frames, its charts, its page in a cell."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import pytest

import agentscale
from agentscale.errors import SpecError

EXPERIMENT = """\
name: noted
models:
  one: {simulated: {model: 0}}
task: {name: knowledge, limit: 3}
team: {size: [1, 2], layer: L1}
embedder: lexical
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> agentscale.Run:
    desk = tmp_path_factory.mktemp("desk")
    (desk / "noted.yaml").write_text(EXPERIMENT, "utf-8")

    async def cell() -> agentscale.Run:
        """As a notebook does it: its loop runs."""
        return agentscale.run(desk / "noted.yaml", out=desk / "noted")

    return asyncio.run(cell())


def test_a_frame_has_the_rows_and_columns_of_its_table(run: agentscale.Run) -> None:
    pytest.importorskip("pandas")
    frame = run.frame("curves")
    assert list(frame.columns) == list(run.analysis.tables["curves"].columns)
    assert frame["accuracy"].tolist() == [row["accuracy"] for row in run.rows("curves")]


def test_polars_gets_the_same(run: agentscale.Run) -> None:
    pytest.importorskip("polars")
    frame = run.frame("agents", library="polars")
    assert frame.columns == list(run.analysis.tables["agents"].columns)
    assert frame["cell"].to_list() == [row["cell"] for row in run.rows("agents")]


def test_every_table_fits_a_frame(run: agentscale.Run) -> None:
    for library in ("pandas", "polars"):
        pytest.importorskip(library)
        for name, table in run.analysis.tables.items():
            assert len(run.frame(name, library)) == len(table.rows)  # type: ignore[arg-type]


def test_a_library_that_is_missing_or_unknown_is_told_with_the_remedy(
    run: agentscale.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str, package: str | None = None) -> Any:
        raise ModuleNotFoundError(name)

    with pytest.raises(SpecError, match="polars"):
        run.frame(library="polar")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="curves"):
        run.frame("curve")
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(SpecError, match=r"pip install 'agentscale\[polars\]'"):
        run.frame(library="polars")


def test_a_run_shows_itself_in_a_cell_with_its_path_as_text(run: agentscale.Run) -> None:
    moved = agentscale.Run(type(run.folder)(run.path.with_name("<b>&"), run.header))
    assert "<strong>noted</strong>" in moved._repr_html_()
    assert "&lt;b&gt;&amp;</code>" in moved._repr_html_()


def test_its_page_is_shown_whole_in_a_frame_that_reaches_nothing(run: agentscale.Run) -> None:
    run.folder.report_path.write_text('<p title="q">"</iframe><script>', "utf-8")
    shown = run.show(height=321)
    html = shown._repr_html_()
    assert 'srcdoc="&lt;p title=&quot;q&quot;&gt;&quot;&lt;/iframe&gt;&lt;script&gt;"' in html
    assert "allow-same-origin" not in html
    assert "height:321px" in html
    assert repr(shown) == str(run.folder.report_path)


def test_a_figure_is_a_chart_that_altair_takes_with_a_point_for_every_row(run: agentscale.Run) -> None:
    altair = importlib.import_module("altair")
    chart = run.figure("accuracy")
    assert isinstance(chart, altair.ConcatChart)
    drawn = chart.to_dict()
    rows = [row for values in drawn["datasets"].values() for row in values]
    points = {(row["series"], row["size"]) for row in rows if "size" in row}
    assert points == {("L1", row["size"]) for row in run.rows("curves")}
    assert chart.properties(columns=1).to_dict()["columns"] == 1  # it may be changed
    with pytest.raises(SpecError, match="accuracy"):
        run.figure("acuracy")
