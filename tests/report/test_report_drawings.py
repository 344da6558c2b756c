from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.report.drawings import SIDE, drawings, svg
from agentscale.schema.run import Cell, Named

CellMaker = Callable[..., Cell]


def parts(body: str) -> dict[str, int]:
    return {kind: len(re.findall(f'class="{kind}"', body)) for kind in ("edge", "head", "node", "name")}


@pytest.mark.parametrize(
    ("topology", "edges", "heads"), [("complete", 6, 0), ("ring", 4, 0), ("hub", 3, 0), ("chain", 3, 3)]
)
def test_mutual_reading_is_one_line_and_one_way_reading_an_arrow(
    make_cell: CellMaker, topology: str, edges: int, heads: int
) -> None:
    (drawn,) = drawings([make_cell("L1", 4, "debate", topology)])
    assert parts(drawn.body) == {"edge": edges, "head": heads, "node": 4, "name": 4}


def test_equal_graphs_of_different_layers_are_drawn_once(make_cell: CellMaker) -> None:
    cells = [make_cell(layer, size, "debate", "ring") for layer in ("L1", "L4") for size in (4, 8)]
    assert [one.title for one in drawings(cells)] == ["ring, N = 4", "ring, N = 8"]


def test_a_drawing_bears_its_parameters_only_where_two_differ_in_them(make_cell: CellMaker) -> None:
    def cell(name: str, size: int, **parameters: object) -> Cell:
        made = make_cell("L1", size, "debate", "ring")
        return made.model_copy(update={"topology": Named(name=name, parameters=parameters)})

    one, two, tree = cell("star", 4, reverse=True), cell("star", 4, reverse=False), cell("tree", 4, branching=2)
    assert [drawn.title for drawn in drawings([one, two, tree])] == [
        "star(reverse=False), N = 4",
        "star(reverse=True), N = 4",
        "tree, N = 4",
    ]


def test_a_long_title_is_written_small_enough_to_fit(make_cell: CellMaker) -> None:
    def title(name: str) -> str:
        cell = make_cell("L1", 4, "debate", "ring")
        return svg(drawings([cell.model_copy(update={"topology": Named(name=name)})]))

    assert 'class="title">' in title("ring")
    assert 'style="font-size:6.0px"' in title("x" * (68 - len(", N = 4")))


def test_cells_without_a_graph_and_single_agents_have_no_drawing(make_cell: CellMaker) -> None:
    assert drawings([make_cell("L1", 8), make_cell("L1", 1, "debate", "complete")]) == []


def test_the_alternative_text_says_who_reads_whom(make_cell: CellMaker) -> None:
    (drawn,) = drawings([make_cell("L1", 3, "debate", "chain")])
    assert "0 reads no one; 1 reads 0; 2 reads 1." in drawn.alt


@settings(deadline=None)  # the first tree imports the optimiser that spreads it
@given(st.integers(2, 24), st.data())
def test_every_node_of_any_graph_lies_within_the_square(make_cell: CellMaker, size: int, draw: st.DataObject) -> None:
    pair = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda edge: edge[0] != edge[1])
    edges = tuple(sorted(draw.draw(st.sets(pair, max_size=40))))
    (drawn,) = drawings([make_cell("L1", size, "debate", "random", edges=edges)])
    places = re.findall(r'c[xy]="(-?[\d.]+)"', drawn.body)
    assert len(places) == 2 * size
    assert all(0 <= float(place) <= SIDE for place in places)
    assert parts(drawn.body)["head"] == sum(edge[::-1] not in edges for edge in edges)


def test_a_hostile_topology_name_stays_text_in_the_file(make_cell: CellMaker) -> None:
    named = {"name": "</text><script>alert(1)</script>\x1b"}
    cell = make_cell("L1", 3, "debate", "ring")
    drawn = drawings([cell.model_copy(update={"topology": cell.topology.model_copy(update=named)})])
    tree = ElementTree.fromstring(svg(drawn))
    assert "script" not in {element.tag.rpartition("}")[2] for element in tree.iter()}


def test_the_file_is_well_formed_and_always_the_same(make_cell: CellMaker) -> None:
    cells = [make_cell("L1", size, "debate", kind) for kind in ("hub", "chain", "random") for size in (2, 5, 16)]
    first = svg(drawings(cells))
    ElementTree.fromstring(first)
    assert first == svg(drawings(cells))
