"""Topologies in characters: within their columns, the same everywhere, and true to the graph."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.report.drawings import joined, places
from agentscale.report.sketches import COLUMNS, LABELS, page, readings, sketch
from agentscale.schema.run import Named
from agentscale.topology import TOPOLOGIES, Measures, build, measures, resolve

NAMES = sorted(set(TOPOLOGIES) - {"edges", "file"})


def made(name: str, n: int, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name=name, parameters=parameters), Path()), n, 0)


@settings(deadline=None, max_examples=20)  # the first tree imports the optimiser that spreads it
@given(name=st.sampled_from(NAMES), n=st.sampled_from([2, 5, 8, 12, 16, 48]))
def test_a_picture_keeps_within_its_columns_and_names_every_agent(name: str, n: int) -> None:
    if resolve(Named(name=name), Path()).unfit(n) is None:
        lines = sketch(made(name, n))
        assert len(lines) <= COLUMNS // 2
        assert max(map(len, lines)) <= COLUMNS
        text = "\n".join(lines)
        assert text == "\n".join(sketch(made(name, n)))
        assert "\x1b" not in text
        assert n > 12 or all(str(agent) in text for agent in range(n))


@pytest.mark.parametrize("name", ["ring", "mesh", "hub", "grid", "layered"])
@pytest.mark.parametrize("n", [1, 4, 16])
def test_a_page_fits_80_columns_and_names_every_measure(name: str, n: int) -> None:
    if resolve(Named(name=name), Path()).unfit(n) is None:
        graph = made(name, n)
        text = page(f"{name}, N = {n}", graph, measures(graph))
        assert max(map(len, text.splitlines())) <= 80
        assert all(label in text for label in LABELS.values())


def test_every_measure_has_its_label() -> None:
    assert set(LABELS) == set(Measures.model_fields) - {"nodes", "out_degree_min", "undefined"}


def test_a_missing_measure_stands_with_its_reason() -> None:
    text = page("chain", made("chain", 2), measures(made("chain", 2)))
    assert "clustering          –" in text
    assert "– clustering: nobody has two neighbours" in text


def test_one_way_reading_has_a_head_beside_the_reader_and_mutual_reading_none() -> None:
    assert any(sign in "".join(sketch(made("chain", 4))) for sign in "▶▼◀▲")
    assert not any(sign in "".join(sketch(made("complete", 4))) for sign in "▶▼◀▲")
    assert joined(nx.DiGraph([(0, 1), (1, 0), (1, 2)])) == [(0, 1, False), (1, 2, True)]


def test_readings_say_whom_everybody_reads_in_few_words() -> None:
    assert readings(made("mesh", 5)) == [
        "0 reads nobody",
        "1 reads 0",
        "2 reads 0, 1",
        "3 reads 0–2",
        "4 reads 0–3",
    ]
    assert readings(made("ring", 17)) == []


def test_layers_stand_one_below_the_other_and_a_grid_as_a_grid() -> None:
    layers = places(made("layered", 16), 100.0, 0.0)
    assert sorted({round(y) for _, y in layers.values()}) == [0, 33, 67, 100]
    grid = places(made("grid", 9), 100.0, 0.0)
    assert grid[0] == (0, 0)
    assert grid[5] == (100, 50)
    assert grid[8] == (100, 100)


def test_agents_that_all_stand_in_one_place_are_drawn_there() -> None:
    graph = made("complete", 3)
    graph.graph["positions"] = ((2.0, 2.0),) * 3
    assert set(places(graph, 100.0, 10.0).values()) == {(50.0, 50.0)}
