"""The forecast on the page: its curves, its words, and why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agentscale.analysis.forecast import COLUMNS
from agentscale.report import render
from agentscale.report.figures.forecast import LINES, figure
from agentscale.report.outlook import outlook

SIZES = (1, 2, 4, 8, 32)


def row(team: str, size: float, accuracy: float = 0.6, **changes: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS.split(), math.nan),
        **{"task": "quiz", "kind": "team", "team": team, "size": size, "accuracy": accuracy},
        **{"low": accuracy - 0.1, "high": accuracy + 0.1, "reach": size / 8, "n_items": 40, "method": "exact"},
        "warnings": "",
        **changes,
    }


def curve(mix: str, sizes: Iterable[int] = SIZES, **changes: Any) -> list[dict[str, Any]]:
    return [row(f"{size} {mix}", size, 0.5 + size / 100, **changes) for size in sizes]


def marks(drawn: Any, mark: str) -> list[dict[str, Any]]:
    return [layer for layer in drawn.panels[0].spec["layer"] if layer["mark"]["type"] == mark]


def test_every_mix_is_a_line_with_its_interval_at_every_size() -> None:
    drawn = figure([*curve("of each"), *curve("small"), *curve("large/wise")], [{"task": "quiz", "chance": 0.25}])
    assert drawn is not None
    (panel,) = drawn.panels
    told = panel.alt
    assert told.startswith("accuracy against agents N, quiz · vote of independent agents. large/wise: 51.0 % (41.0 to")
    assert "small: 51.0 % (41.0 to 61.0 %) at 1, 82.0 % (72.0 to 92.0 %) at 32" in told
    assert "Chance: 25.0 %." in told
    spans = [layer for layer in marks(drawn, "rule") if "y2" in layer["encoding"]]
    assert len(spans) == 1
    assert "transform" not in spans[0]
    assert len(panel.spec["data"]["values"]) == 3 * len(SIZES)


def test_dots_stand_only_where_the_recording_holds_as_many() -> None:
    drawn = figure(curve("small"), [])
    assert drawn is not None
    dots = next(layer for layer in marks(drawn, "point") if "shape" in layer["encoding"])
    assert dots["transform"] == [{"filter": "datum.seen"}]
    seen = {one["size"]: one["seen"] for one in drawn.panels[0].spec["data"]["values"]}
    assert seen == {1: True, 2: True, 4: True, 8: True, 32: False}


def test_of_many_configurations_those_recorded_most_often_are_drawn_and_the_table_has_all() -> None:
    often = [one for at in range(3) for one in curve(f"often{at}")]
    seldom = [one for at in range(9) for one in curve(f"seldom{at}", (1, 2), reach=1.0)]
    drawn = figure([*seldom, *often], [])
    assert drawn is not None
    lines = {one["team"] for one in drawn.panels[0].spec["data"]["values"]}
    assert len(lines) == LINES
    assert {"often0", "often1", "often2"} <= lines
    assert "the table has all" in drawn.caption
    assert len(drawn.sheet.rows) == len(seldom) + len(often)


def test_one_answer_of_each_makes_no_curve() -> None:
    assert figure([row("1 small", 1), row("1 large", 1)], []) is None
    assert figure([], []) is None


def test_the_best_team_tells_its_cost_in_luck_and_how_far_it_reaches() -> None:
    best = row("3 small + 1 large", 4, kind="best for 4 calls", reach=1.5, method="best of 9 teams looked at; exact")
    (finding,) = outlook([*curve("small"), best]).findings
    assert (finding.title, finding.value, finding.interval) == (
        "Best for 4 calls a question",
        "60.0 %",
        "50.0 to 70.0 %",
    )
    assert finding.text == (
        "3 small + 1 large. Best of 9 teams looked at. The recording holds fewer agents than that: the forecast "
        "reaches 1.5 times as far."
    )


def test_the_highest_ceiling_is_told_and_that_of_as_many_of_each() -> None:
    ceilings = [
        row(f"endless {mix}", math.inf, accuracy, kind="ceiling")
        for mix, accuracy in (("small", 0.7), ("large", 0.8), ("of each", 0.75))
    ]
    told = outlook(ceilings).findings
    assert [finding.value for finding in told] == ["80.0 %", "75.0 %"]
    assert "a vote of large, the highest" in told[0].text
    assert told[1].text == "The ceiling of a vote of as many of each."


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no agent of this run answered before it read another"),
        ([row("1 small", 1, math.nan)], "no question was put to every configuration"),
        ([*curve("small"), row("1 large", 1), row("1 of each", 2)], "1 of 2 configurations answered once a question"),
    ],
)
def test_where_there_is_no_forecast_the_page_says_why(
    rows: list[dict[str, Any]], why: str, world: ModuleType, tmp_path: Path
) -> None:
    assert any(why in text for text in outlook(rows).absent)
    folder, analysis = world.full(tmp_path, sizes=(1, 2))
    tables = {**analysis.tables, "forecast": world.Table(tuple(COLUMNS.split()), tuple(rows))}
    page = render(folder, world.Analysis(analysis.header, tables)).read_text(encoding="utf-8")
    assert why in page
    assert page.count('id="forecast"') == page.count('href="#forecast"') == 1


def test_all_that_could_be_forecast_leaves_nothing_to_explain() -> None:
    assert outlook([*curve("of each"), *curve("small"), *curve("large")]).absent == ()


def test_warnings_of_rows_are_counted() -> None:
    rows = [row("1 small", 1, warnings="far; few"), row("2 small", 2, warnings="far")]
    assert outlook(rows).caveats == ("far (2 rows)", "few (1 row)")
