from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from agentscale.report.colours import DARK, LIGHT
from agentscale.report.figures import Figure, figures, svg, theme
from agentscale.report.figures.base import SHAPES, series_name, series_order
from agentscale.report.legible import plain
from agentscale.report.settings import Tables, shortened

ALL = ["accuracy", "cost", "channels", "votes", "rounds", "flows", "redundancy", "questions", "laws"]


def drawn(world: ModuleType, path: Path, extra: Tables | None = None, **kwargs: Any) -> dict[str, Figure]:
    folder, analysis = world.full(path, **kwargs)
    rows = shortened({name: plain(table.rows) for name, table in analysis.tables.items()} | dict(extra or {}))
    return {figure.name: figure for figure in figures(rows, folder.header.cells)}


def values(spec: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    """The data of the first layer with that mark."""
    layer = next(layer for layer in spec["layer"] if layer["mark"]["type"] == mark)
    return list(layer.get("data", spec.get("data"))["values"])


def test_a_full_run_has_every_figure_in_order(world: ModuleType, tmp_path: Path) -> None:
    assert list(drawn(world, tmp_path, sizes=(1, 4))) == ALL


def test_a_panel_holds_one_point_for_each_row(world: ModuleType, tmp_path: Path) -> None:
    figure = drawn(world, tmp_path, sizes=(1, 2, 4))["accuracy"]
    assert [panel.title for panel in figure.panels] == [
        "vote",
        "debate on complete",
        "debate on ring",
    ]
    assert all(len(values(panel.spec, "point")) == 4 * 3 for panel in figure.panels)


def test_the_chance_level_is_drawn_once(world: ModuleType, tmp_path: Path) -> None:
    panel = drawn(world, tmp_path, sizes=(1, 4))["accuracy"].panels[0]
    assert values(panel.spec, "rule") == [{"level": 0.25}]
    assert "Chance: 25.0 %." in panel.alt


def test_the_alternative_text_gives_both_ends_of_every_line(world: ModuleType, tmp_path: Path) -> None:
    told = drawn(world, tmp_path, sizes=(1, 4, 16))["accuracy"].panels[0].alt
    assert told.startswith("accuracy against team size N, vote. L1: 51.0 % (46.0 to 56.0 %) at 1, 60.6 %")
    assert all(layer in told for layer in ("L2: ", "L3: ", "L4: "))


def test_rounds_show_the_largest_team_of_settings_that_have_rounds(world: ModuleType, tmp_path: Path) -> None:
    titles = [panel.title for panel in drawn(world, tmp_path, sizes=(2, 4))["rounds"].panels]
    assert titles == [f"debate on {topology} · N = 4" for topology in ("complete", "ring")]


def test_every_figure_is_also_a_table_of_all_its_rows(world: ModuleType, tmp_path: Path) -> None:
    made = drawn(world, tmp_path, sizes=(1, 4))
    assert len(made["accuracy"].sheet.rows) == len(made["channels"].sheet.rows) == 3 * 4 * 2
    assert len(made["votes"].sheet.rows) == 4 * 4


def test_without_values_there_is_no_figure(world: ModuleType) -> None:
    empty = shortened({name: plain(table.rows) for name, table in world.tables().items()})
    assert figures(empty, []) == []
    row = {"task": "t", "layer": "L1", "size": 1, "protocol": "vote", "topology": "", "accuracy": math.nan}
    assert figures(empty | {"curves": [row]}, []) == []


def test_a_single_agent_opens_the_curve_of_every_topology(world: ModuleType) -> None:
    def row(protocol: str, topology: str, size: int) -> dict[str, Any]:
        return {"task": "t", "layer": "L1", "size": size, "protocol": protocol, "topology": topology, "accuracy": 0.5}

    rows = [row("debate", "", 1), row("debate", "ring", 4), row("debate", "star", 4), row("vote", "", 1)]
    tables = shortened({name: plain(table.rows) for name, table in world.tables(curves=rows).items()})
    panels = {panel.title: values(panel.spec, "point") for panel in figures(tables, [])[0].panels}
    assert {title: [point["size"] for point in points] for title, points in panels.items()} == {
        "debate on ring": [1, 4],
        "debate on star": [1, 4],
        "vote": [1],
    }


def test_a_layer_keeps_its_colour_when_others_are_missing() -> None:
    rows = [{"layer": "L4"}, {"layer": "explicit", "team": "mine"}]
    assert series_order(rows) == ["L1", "L2", "L3", "L4", "mine"]
    assert [series_name(row) for row in rows] == ["L4", "mine"]


def test_a_single_size_is_drawn(world: ModuleType, tmp_path: Path) -> None:
    for figure in drawn(world, tmp_path, sizes=(4,)).values():
        assert ElementTree.fromstring(svg(figure)).tag.endswith("svg")


def test_a_figure_file_is_always_the_same(world: ModuleType, tmp_path: Path) -> None:
    first = drawn(world, tmp_path / "a", sizes=(1, 4))
    second = drawn(world, tmp_path / "b", sizes=(1, 4))
    assert [svg(figure) for figure in first.values()] == [svg(figure) for figure in second.values()]


def test_a_specification_loads_nothing_and_names_no_version(world: ModuleType, tmp_path: Path) -> None:
    for figure in drawn(world, tmp_path, sizes=(1, 4)).values():
        text = str([panel.spec for panel in figure.panels])
        assert "http" not in text
        assert "'url'" not in text
        assert "$schema" not in text


# Whether colours can be told apart: contrast after WCAG 2.2, colour vision after Machado, Oliveira and Fernandes 2009.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.clip(to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089], 0.008856, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_stands_out_from_the_paper(colours: dict[str, Any]) -> None:
    def contrast(colour: str) -> float:
        high, low = sorted((luminance(colour), luminance(colours["paper"])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert min(map(contrast, colours["series"])) >= 3
    assert min(contrast(colours["ink"]), contrast(colours["muted"])) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_four_layers_differ_for_every_eye(colours: dict[str, Any], deficiency: str) -> None:
    seen = [lab(DEFICIENCIES[deficiency] @ linear(colour)) for colour in colours["series"][:4]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 15


def test_shapes_alone_tell_eight_series_apart() -> None:
    assert len(set(SHAPES)) == len(LIGHT["series"]) == len(DARK["series"]) == 8


def test_the_theme_takes_css_variables_for_colours() -> None:
    variables = {name: f"var(--{name})" for name in ("ink", "muted", "rule", "paper")}
    assert "var(--muted)" in str(theme(variables | {"series": ["var(--series-0)"]}))


def test_cost_draws_every_point_that_has_a_cost_against_each_unit_that_differs(
    world: ModuleType, tmp_path: Path
) -> None:
    place = {"task": "sums", "layer": "L1", "team": "", "protocol": "vote", "topology": ""}
    money = [place | {"size": size, "usd": usd, "low": 0.9 * usd, "high": usd} for size, usd in ((1, 0.01), (4, 0.04))]
    figure = drawn(world, tmp_path, {"money": money}, sizes=(1, 4))["cost"]
    n_marks = {panel.title: len(panel.spec["data"]["values"]) for panel in figure.panels}
    assert n_marks == {
        "sums · calls a question": 24,
        "sums · tokens a question, in and out": 24,
        "sums · US dollars a question": 2,
    }
    assert figure.panels[-1].alt.count("%") >= 4
    usd = figure.sheet.columns.index("usd")
    assert sum(row[usd] != "–" for row in figure.sheet.rows) == 2


def test_without_prices_nothing_is_said_of_money(world: ModuleType, tmp_path: Path) -> None:
    figure = drawn(world, tmp_path, sizes=(1, 4))["cost"]
    assert len(figure.panels) == 2
    assert "Money" not in figure.caption


def test_flows_point_up_to_the_right_and_down_to_the_wrong(world: ModuleType, tmp_path: Path) -> None:
    figure = drawn(world, tmp_path, sizes=(1, 4))["flows"]
    bars = figure.panels[0].spec["data"]["values"]
    assert {(bar["way"], bar["signed"]) for bar in bars} == {("wrong_to_right", 0.05), ("right_to_wrong", -0.02)}
    assert [panel.title for panel in figure.panels if panel.title.endswith("K*")]


def test_a_map_of_similarity_has_both_halves_and_names_its_ends(world: ModuleType, tmp_path: Path) -> None:
    figure = drawn(world, tmp_path, sizes=(1, 4))["redundancy"]
    cosines = figure.panels[0]
    cells = {(cell["x"], cell["y"]): cell["cosine"] for cell in cosines.spec["data"]["values"]}
    assert set(cells) == {(i, j) for i in range(4) for j in range(4) if i != j}
    assert all(cells[i, j] == cells[j, i] for i, j in cells)
    assert "Most alike: 2 small/-/2 and 3 small/-/3, 0.55." in cosines.alt
    assert len(figure.panels) == 4 * 3  # map, K* and accuracy of the largest team of each layer


def test_every_question_of_the_largest_teams_is_a_dot(world: ModuleType, tmp_path: Path) -> None:
    figure = drawn(world, tmp_path, sizes=(1, 4), n_questions=6)["questions"]
    assert [len(panel.spec["data"]["values"]) for panel in figure.panels] == [4 * 6] * 3


def test_a_law_is_drawn_with_its_rivals_over_the_points_that_it_was_fitted_to(
    world: ModuleType, tmp_path: Path
) -> None:
    panel = drawn(world, tmp_path, sizes=(1, 2, 4))["laws"].panels[0]
    data = [layer["data"]["values"] for layer in panel.spec["layer"]]
    assert {point["family"] for point in data[1]} == {"constant", "exp_sat"}
    assert [point["size"] for point in data[-1]] == [1, 2, 4]
    assert "constant: m = 0.5, weight 0.70, at 32 agents 50.0 % (40.0 to 60.0 %)" in panel.alt


def test_mixes_are_one_map_for_each_pair_of_configurations(world: ModuleType, tmp_path: Path) -> None:
    mixes = [
        {"task": "sums", "a": "small", "b": other, "n_a": m, "n_b": k, "accuracy": 0.5 + 0.1 * m + 0.01 * k, "low": 0.4,
         "high": 0.9, "n_items": 12, "method": "exact"}
        for other in ("large", "huge") for m in range(3) for k in range(3) if m + k
    ]  # fmt: skip
    figure = drawn(world, tmp_path, {"mixes": mixes}, sizes=(1,))["mixes"]
    assert [len(panel.spec["layer"][0].get("data", panel.spec.get("data"))["values"]) for panel in figure.panels] == [
        8,
        8,
    ]
    assert "The best mix is 2 of small with 2 of large: 72.0 % (40.0 to 90.0 %)." in figure.panels[0].alt


def test_what_the_rows_of_a_figure_are_warned_of_stands_beside_it(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(1, 4))
    fits = [row | {"warnings": "F is not bounded by the data; few points"} for row in analysis.tables["fits"].rows]
    found = drawn(world, tmp_path, {"fits": fits}, sizes=(1, 4))["laws"]
    assert found.warnings == (f"F is not bounded by the data ({len(fits)} rows)", f"few points ({len(fits)} rows)")
