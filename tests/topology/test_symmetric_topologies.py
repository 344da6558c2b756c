"""Topologies whose edges go both ways: rings with shortcuts, growth, planes, grids, communities, groups, vectors."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import TOPOLOGIES, bipartite, build, groups_of, joined, resolve
from agentscale.topology.base import Directed

HERE = Path()
FEW = settings(max_examples=25, deadline=None)
"""Graphs take a while to make, and one of a kind is much like another."""
SYMMETRIC = sorted(name for name, member in TOPOLOGIES.items() if not issubclass(member, Directed))


def made(name: str, n: int, seed: int = 0, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name=name, parameters=parameters), HERE), n, seed)


def unfit(name: str, n: int, **parameters: object) -> str | None:
    return resolve(Named(name=name, parameters=parameters), HERE).unfit(n)


@FEW
@given(name=st.sampled_from(SYMMETRIC), n=st.integers(1, 24), seed=st.integers(0, 2**32))
def test_whoever_is_read_reads_back(name: str, n: int, seed: int) -> None:
    if unfit(name, n) is None:
        graph = made(name, n, seed)
        assert all(graph.has_edge(v, u) for u, v in graph.edges)


def test_the_small_world_of_four_with_four_neighbours_cannot_be_and_that_of_five_is_complete() -> None:
    assert unfit("small_world", 4, k=4, p=0.4) == "k = 4 neighbours need more than 4 agents"
    assert set(made("small_world", 5, k=4, p=0.4).edges) == set(made("complete", 5).edges)


def test_small_worlds_are_as_wide_as_published() -> None:
    def width(n: int, seeds: int) -> float:
        return float(np.mean([nx.diameter(made("small_world", n, seed, k=4, p=0.4)) for seed in range(seeds)]))

    assert width(16, 100) == pytest.approx(3.8, abs=0.2)
    assert width(100, 20) == pytest.approx(6.7, abs=0.5)


@FEW
@given(n=st.integers(3, 40), m=st.integers(1, 5), seed=st.integers(0, 100))
def test_growth_by_m_links_gives_m_times_n_minus_m(n: int, m: int, seed: int) -> None:
    if n <= m:
        assert "more than" in str(unfit("barabasi_albert", n, m=m))
        return
    graph = made("barabasi_albert", n, seed, m=m)
    assert graph.number_of_edges() == 2 * m * (n - m)
    assert nx.is_weakly_connected(graph)


def test_grown_graphs_have_an_agent_that_many_read_as_published() -> None:
    degrees = [max(dict(made("barabasi_albert", 100, seed).in_degree).values()) for seed in range(60)]
    assert np.mean(degrees) == pytest.approx(24.9, abs=2.0)


@FEW
@given(n=st.integers(4, 40), seed=st.integers(0, 100))
def test_a_triangulation_is_planar_connected_and_has_no_more_edges_than_a_plane_takes(n: int, seed: int) -> None:
    graph = made("delaunay", n, seed)
    assert nx.check_planarity(graph.to_undirected())[0]
    assert nx.is_weakly_connected(graph)
    assert n - 1 <= graph.number_of_edges() / 2 <= 3 * n - 6
    assert len(graph.graph["positions"]) == n


def test_up_to_three_points_are_all_neighbours() -> None:
    assert [made("delaunay", n).number_of_edges() for n in (1, 2, 3)] == [0, 2, 6]


def test_no_point_lies_within_the_circle_of_a_triangle() -> None:
    graph = made("delaunay", 12, 3)
    points = np.array(graph.graph["positions"])
    nearest = [int(np.argsort(np.linalg.norm(points - point, axis=1))[1]) for point in points]
    assert all(graph.has_edge(i, j) for i, j in enumerate(nearest))  # follows from the empty circles


@pytest.mark.parametrize(("n", "rows"), [(4, 2), (6, 2), (8, 2), (12, 3), (16, 4), (36, 6)])
def test_a_grid_is_as_square_as_can_be(n: int, rows: int) -> None:
    assert set(made("grid", n).edges) == set(made("grid", n, rows=rows).edges)
    lattice = nx.convert_node_labels_to_integers(nx.grid_2d_graph(rows, n // rows), ordering="sorted")
    assert set(made("grid", n).edges) == set(lattice.to_directed().edges)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 13])
def test_primes_fill_no_grid_but_a_line(n: int) -> None:
    assert unfit("grid", n) == f"{n} agents fill no grid of two rows or more; rows: 1 makes a line of them"
    assert made("grid", n, rows=1).number_of_edges() == 2 * (n - 1)
    assert unfit("grid", n, rows=4) == f"4 rows do not fill evenly with {n} agents"


@FEW
@given(rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_on_a_torus_all_have_as_many_neighbours(rows: int, columns: int) -> None:
    graph = made("grid", rows * columns, rows=rows, periodic=True)
    neighbours = sum({1: 0, 2: 1}.get(side, 2) for side in (rows, columns))
    assert {degree for _, degree in graph.in_degree} == {neighbours}


@FEW
@given(caves=st.integers(2, 6), size=st.integers(3, 6))
def test_caves_are_cliques_on_a_ring(caves: int, size: int) -> None:
    graph = made("caveman", caves * size, size=size)
    assert nx.is_weakly_connected(graph)
    assert graph.number_of_edges() == caves * size * (size - 1)
    crossing = sum(u // size != v // size for u, v in graph.edges)
    assert crossing == 2 * caves


@pytest.mark.parametrize("n", [1, 4, 6, 9])
def test_caves_must_be_full_and_two(n: int) -> None:
    assert unfit("caveman", n) == "caves of 4 need two or more full ones: 8, 12, … agents"


def test_communities_have_the_links_that_were_asked_for() -> None:
    home = np.arange(30) * 3 // 30
    same = home[:, None] == home
    seen = np.mean(
        [
            nx.to_numpy_array(made("modular", 30, seed, communities=3, p_in=0.6, p_out=0.05, connected=False))
            for seed in range(100)
        ],
        axis=0,
    )
    assert seen[same].mean() == pytest.approx(0.6 * 270 / 300, abs=0.01)  # nobody reads itself
    assert seen[~same].mean() == pytest.approx(0.05, abs=0.01)


def test_communities_that_nothing_joins_are_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 3)
    assert unfit("modular", 8, p_out=0.0) == "p_out = 0 never connects two communities"
    assert unfit("modular", 8, p_out=0.0, connected=False) is None
    assert unfit("modular", 3, communities=4) == "4 communities need 4 agents or more"
    with pytest.raises(SpecError, match=r"none of 3 modular graphs.*\n.*connected: false"):
        made("modular", 40, p_in=0.1, p_out=0.0001)


# -- groups -----------------------------------------------------------------------------------------------------------


@FEW
@given(n=st.integers(3, 20), size=st.integers(2, 5), seed=st.integers(0, 100))
def test_groups_survive_and_the_graph_joins_just_their_members(n: int, size: int, seed: int) -> None:
    if unfit("hypergraph", n, size=size) is None:
        graph = made("hypergraph", n, seed, size=size)
        groups = groups_of(graph)
        assert len(set(groups)) == len(groups)
        assert all(len(set(group)) == size and list(group) == sorted(group) for group in groups)
        assert set(graph.edges) == {(u, v) for group in groups for u in group for v in group if u != v}
        assert nx.is_weakly_connected(graph)


def test_two_groups_in_one_pair_are_still_two() -> None:
    graph = made("hypergraph", 4, members=[[0, 1, 2], [1, 0], [2, 3]])
    assert groups_of(graph) == ((0, 1, 2), (0, 1), (2, 3))
    sides = bipartite(graph)
    assert {node for node, side in sides.nodes(data="bipartite") if side == 0} == {0, 1, 2, 3}
    assert set(sides[0]) == {("group", 0), ("group", 1)}
    assert nx.is_bipartite(sides)


def test_groups_can_be_joined_by_hand() -> None:
    graph = joined(3, [{2, 0}])
    assert (list(graph), set(graph.edges), groups_of(graph)) == ([0, 1, 2], {(0, 2), (2, 0)}, ((0, 2),))


def test_a_graph_without_groups_has_none() -> None:
    assert groups_of(made("ring", 4)) == ()
    assert set(bipartite(made("ring", 4))) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("n", "parameters", "reason"),
    [
        (2, {}, "groups of 3 need 3 agents or more"),
        (4, {"groups": 5}, "there are 4 groups of 3 among 4 agents, not 5"),
        (8, {"groups": 3}, "3 groups of 3 never link 8 agents"),
        (5, {"members": [[0, 1], [1, 2, 3]]}, "its groups have 4 agents, of 0 to 3, not 0 to 4"),
        (3, {"members": [[0, 5]]}, "its groups have 2 agents, of 0 to 5, not 0 to 2"),
    ],
)
def test_groups_that_cannot_be_say_why(n: int, parameters: dict[str, object], reason: str) -> None:
    assert unfit("hypergraph", n, **parameters) == reason


@pytest.mark.parametrize(
    ("members", "key", "allowed"),
    [
        ([[0, 0]], "hypergraph.members", "groups of two or more different agents, not [0, 0]"),
        ([[0]], "hypergraph.members", "groups of two or more different agents, not [0]"),
        ([], "hypergraph.members", "one group or more"),
        ([[0, -1]], "hypergraph.members.0.1", "greater than or equal to 0"),
        ([[0, "b"]], "hypergraph.members.0.1", "a valid integer"),
        (3, "hypergraph.members", "a valid tuple"),
    ],
)
def test_groups_that_are_no_groups_are_refused(members: object, key: str, allowed: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve(Named(name="hypergraph", parameters={"members": members}), HERE)
    assert (caught.value.key, caught.value.allowed) == (key, allowed)


def test_groups_that_will_not_link_are_given_up_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 3)
    with pytest.raises(SpecError, match=r"none of 3 hypergraphs with n = 60 and 30 groups of 3.*\n.*more groups"):
        made("hypergraph", 60, groups=30)
