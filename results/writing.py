"""How studies write tables, figures and pages of runs: CSV with few digits, and charts in the style of the reports."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from agentscale.api import Run
from agentscale.report.colours import LIGHT
from agentscale.report.figures.base import theme


def write_table(out: Path, name: str, rows: Iterable[Mapping[str, Any]], digits: int = 4) -> None:
    """Writes ``tables/NAME.csv``; floats get so many digits behind the point, None and nan an empty cell."""
    listed = [dict(row) for row in rows]
    path = out / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value, digits) for key, value in row.items()} for row in listed)


def _cell(value: Any, digits: int) -> Any:
    if value is None or value != value:
        return ""
    if isinstance(value, bool | int | str):
        return value
    return f"{float(value):.{digits}f}"


def write_figure(out: Path, name: str, *charts: alt.Chart | alt.LayerChart, columns: int = 2) -> None:
    """Writes ``figures/NAME.svg``: charts side by side, in the style of the reports, the same bytes every time."""
    drawn = alt.concat(*charts, columns=columns).to_dict()
    drawn["config"] = theme(LIGHT) | {"background": LIGHT["paper"]}
    drawn["padding"] = 12
    path = out / "figures" / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vl_convert.vegalite_to_svg(drawn), "utf-8")


def write_report(path: Path, run: Run) -> None:
    """Writes the report page of a run to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run.report(), path)


def data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as the data of a chart."""
    return alt.InlineData(values=[dict(row) for row in rows])
