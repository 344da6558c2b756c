from __future__ import annotations

from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

from agentscale.report.drawings import svg
from agentscale.report.followed import followed


def test_the_largest_team_of_every_layer_and_topology_is_drawn(world: ModuleType, tmp_path: Path) -> None:
    folder, analysis = world.full(tmp_path, sizes=(1, 2, 4), n_questions=2)
    found = followed(folder.header.cells, analysis.tables["reading"].rows)
    assert [drawing.title for drawing in found.drawings] == [
        f"{layer}, debate on {topology}" for topology in ("complete", "ring") for layer in ("L1", "L2", "L3", "L4")
    ]


def test_every_edge_is_an_arrow_that_tells_its_numbers_and_its_side(world: ModuleType) -> None:
    cell = world.cell("L1", 4, "debate", "ring")
    (drawing,) = followed([cell], list(world.edge_rows(cell))).drawings
    tree = ElementTree.fromstring(f"<svg>{drawing.body}</svg>")
    flows = {flow.findtext("title").partition(":")[0]: flow for flow in tree.iter("g")}
    slots = cell.team.slots
    assert set(flows) == {f"{slots[u]} → {slots[v]}" for u, v in cell.edges}
    sides = {u: {flows[f"{slots[u]} → {slots[v]}"].get("class") for w, v in cell.edges if w == u} for u in range(4)}
    assert sides == {0: {"flow idle"}, 1: {"flow loss"}, 2: {"flow gain"}, 3: {"flow loss"}}
    told = flows[f"{slots[2]} → {slots[3]}"].findtext("title")
    assert "taken over 30.0 % (20.0 to 40.0 %); a question 0.200 to right, 0.000 to wrong" in told


def test_the_wider_arrow_is_the_one_that_more_answers_followed(world: ModuleType) -> None:
    cell = world.cell("L1", 4, "debate", "ring")
    (drawing,) = followed([cell], list(world.edge_rows(cell))).drawings
    tree = ElementTree.fromstring(f"<svg>{drawing.body}</svg>")
    width = {flow.get("class"): float(flow.find("path").get("stroke-width")) for flow in tree.iter("g")}
    assert width["flow idle"] < width["flow loss"] < width["flow gain"]


def test_a_run_without_edges_to_tell_of_has_no_such_drawing(world: ModuleType) -> None:
    assert followed([world.cell("L1", 4)], []) is None


def test_hostile_names_stay_text_in_the_drawing(world: ModuleType) -> None:
    cell = world.cell("explicit", 2, "debate", "ring", team_name="<script>\u202e")
    rows = [row | {"low": None} for row in world.edge_rows(cell)]
    found = followed([cell], rows)
    assert "<script>" not in svg(found.drawings)
    assert "\\u202e" in found.drawings[0].title
