"""Measures against closed forms, against networkx, and on the edges where they are not defined."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.schema.run import Named
from agentscale.topology import Measures, build, measures, resolve
from agentscale.topology.averaging import n_eff, spectral_gap
from agentscale.topology.links import Rows, travel
from agentscale.topology.small_worldness import small_worldness


@pytest.fixture(autouse=True)
def few_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of what is tested here does not depend on them."""
    monkeypatch.setattr("agentscale.topology.small_worldness.REFERENCES", 2)


def made(name: str, n: int, seed: int = 0, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name=name, parameters=parameters), Path()), n, seed)


def measured(name: str, n: int, **parameters: object) -> Measures:
    return measures(made(name, n, **parameters))


def of_edges(n: int, *edges: tuple[int, int]) -> Measures:
    graph = nx.empty_graph(n, create_using=nx.DiGraph)
    graph.add_edges_from(edges)
    return measures(graph)


@st.composite
def graphs(draw: st.DrawFn) -> nx.DiGraph:
    n = draw(st.integers(1, 10))
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda edge: edge[0] != edge[1])
    graph = nx.empty_graph(n, create_using=nx.DiGraph)
    if n > 1:
        graph.add_edges_from(draw(st.sets(pair, max_size=30)))
    return graph


def averaging(graph: nx.DiGraph) -> np.ndarray:
    reads = nx.to_numpy_array(graph, nodelist=sorted(graph)).T + np.eye(len(graph))
    return reads / reads.sum(axis=1, keepdims=True)


# -- against networkx -------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(graph=graphs())
def test_paths_clustering_and_depth_are_those_of_networkx(graph: nx.DiGraph) -> None:
    found = measures(graph)
    ways = [way for _, row in nx.all_pairs_shortest_path_length(graph) for way in row.values() if way]
    assert found.mean_path_length == (pytest.approx(np.mean(ways)) if ways else None)
    assert found.diameter == max(ways, default=None)
    assert found.components == nx.number_weakly_connected_components(graph)
    assert found.is_acyclic == nx.is_directed_acyclic_graph(graph)
    if found.clustering is not None:
        assert found.clustering == pytest.approx(nx.average_clustering(graph))
    if found.is_acyclic:
        assert found.depth == nx.dag_longest_path_length(graph) + 1


@settings(max_examples=25)
@given(graph=graphs())
def test_a_number_is_missing_exactly_where_there_is_a_reason_and_all_lie_in_their_ranges(graph: nx.DiGraph) -> None:
    found = measures(graph)
    missing = {name for name, value in found.model_dump(exclude={"undefined"}).items() if value is None}
    assert missing == set(found.undefined)
    for name in ("density", "reach", "clustering", "spectral_gap"):
        value = getattr(found, name)
        assert value is None or 0 <= value <= 1
    assert found.n_eff is None or 1 <= found.n_eff <= found.nodes + 1e-9
    assert found.sigma is None or found.sigma >= 0
    assert Measures.model_validate_json(found.model_dump_json()) == found


@settings(max_examples=25)
@given(graph=graphs(), seed=st.integers(0, 100))
def test_the_names_of_agents_change_nothing_but_the_rewiring(graph: nx.DiGraph, seed: int) -> None:
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(graph)).tolist()
    renamed = nx.empty_graph(len(graph), create_using=nx.DiGraph)
    renamed.add_edges_from((order[u], order[v]) for u, v in graph.edges)
    one = measures(graph).model_dump(exclude={"sigma", "omega", "undefined"})
    assert measures(renamed).model_dump(exclude={"sigma", "omega", "undefined"}) == pytest.approx(one, abs=1e-9)


@pytest.mark.parametrize("n", [1, 63, 64, 65, 130])
def test_travel_is_right_across_the_words_of_its_sets(n: int) -> None:
    ways = travel(Rows.of(n, ((i, i + 1) for i in range(n - 1))))
    assert (ways.pairs, ways.steps, ways.longest) == (n * (n - 1) // 2, (n - 1) * n * (n + 1) // 6, n - 1)
    assert ways.heard.tolist() == list(range(1, n + 1))


def test_travel_in_small_pieces_is_travel_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows.of(40, made("random_dag", 40).edges)
    whole = travel(rows)
    monkeypatch.setattr("agentscale.topology.links._GATHERED", 7)
    pieces = travel(rows)
    assert pieces[:3] == whole[:3]
    assert np.array_equal(pieces.heard, whole.heard)


# -- known graphs -----------------------------------------------------------------------------------------------------


def test_measures_of_known_graphs() -> None:
    complete, ring, chain, hub = (measured(name, 8) for name in ("complete", "ring", "chain", "hub"))
    assert (complete.density, complete.mean_path_length, complete.diameter, complete.clustering) == (1, 1, 1, 1)
    assert (ring.density, ring.diameter, ring.clustering, ring.in_degree_max) == (2 / 7, 4, 0, 2)
    assert ring.mean_path_length == pytest.approx((2 * 1 + 2 * 2 + 2 * 3 + 4) / 7)
    assert (chain.reach, chain.diameter, chain.mean_path_length, chain.in_degree_min) == (0.5, 7, 3, 0)
    assert (chain.sources, chain.sinks, chain.depth, chain.in_degree_mean) == (1, 1, 8, 7 / 8)
    assert (hub.edges, hub.in_degree_min, hub.in_degree_max, hub.out_degree_max, hub.diameter) == (14, 1, 7, 7, 2)


@pytest.mark.parametrize(
    ("name", "parameters", "coverage"),
    [
        ("mesh", {}, 16),
        ("chain", {}, 16),
        ("star", {}, 2),
        ("star", {"reverse": True}, 16),
        ("tree", {}, 4),
        ("tree", {"reverse": True}, 16),
        ("layered", {}, 13),
        ("layered", {"width": 5, "sink": True}, 16),
    ],
)
def test_the_words_of_so_many_of_sixteen_agents_come_to_the_sink(
    name: str, parameters: dict[str, object], coverage: int
) -> None:
    assert measured(name, 16, **parameters).sink_coverage == coverage


@pytest.mark.parametrize(
    ("name", "n", "depth"), [("mesh", 20, 20), ("tree", 16, 5), ("layered", 16, 4), ("star", 9, 2)]
)
def test_depths_are_as_published(name: str, n: int, depth: int) -> None:
    assert measured(name, n).depth == measured(name, n, reverse=True).depth == depth


@settings(max_examples=25)
@given(n=st.integers(2, 30))
def test_opinions_of_known_graphs(n: int) -> None:
    complete, chain, hub = made("complete", n), made("chain", n), made("hub", n)
    assert (spectral_gap(complete), n_eff(complete)) == (pytest.approx(1), pytest.approx(n))
    assert (spectral_gap(chain), n_eff(chain)) == (pytest.approx(0.5), pytest.approx(1))
    weights = np.array([n, *[2] * (n - 1)]) / (3 * n - 2)
    assert n_eff(hub) == pytest.approx(1 / np.sum(weights**2))


@settings(max_examples=25)
@given(n=st.integers(3, 30))
def test_the_gap_of_a_ring_is_its_closed_form(n: int) -> None:
    ring = made("ring", n)
    others = np.abs((1 + 2 * np.cos(2 * np.pi * np.arange(1, n) / n)) / 3)
    assert spectral_gap(ring) == pytest.approx(1 - others.max())
    assert n_eff(ring) == pytest.approx(n)


def test_a_long_chain_keeps_its_gap_where_the_matrix_of_the_whole_loses_it() -> None:
    graph = made("chain", 60)
    whole = np.sort(np.abs(np.linalg.eigvals(averaging(graph))))
    assert abs(whole[-2] - 0.5) > 0.01 or whole[-2] == 0.5  # what rounding makes of one eigenvalue 59 times
    assert spectral_gap(graph) == pytest.approx(0.5)


@settings(max_examples=25)
@given(graph=graphs())
def test_the_consensus_is_worth_what_many_rounds_of_averaging_say(graph: nx.DiGraph) -> None:
    worth, gap = n_eff(graph), spectral_gap(graph)
    limit = np.linalg.matrix_power(averaging(graph), 2**14)
    if isinstance(worth, float):
        assert worth == pytest.approx(1 / np.sum(limit[0] ** 2), rel=1e-6)
        assert np.allclose(limit, limit[0], atol=1e-6)
        assert isinstance(gap, str) or gap > 0
    else:
        assert gap == 0
        assert not np.allclose(limit, limit[0], atol=1e-6)


# -- small worlds -----------------------------------------------------------------------------------------------------


def test_sigma_and_omega_tell_a_lattice_a_small_world_and_a_random_graph_apart() -> None:
    def both(p: float) -> np.ndarray:
        found = [small_worldness(made("small_world", 40, seed, k=6, p=p), seed) for seed in range(2)]
        return np.mean(found, axis=0)

    lattice, small, random = both(0.0), both(0.1), both(1.0)
    assert lattice[1] < -0.3 < small[1] < 0.3 < random[1]
    assert small[0] > 2 > random[0]
    assert random[0] == pytest.approx(1, abs=0.35)


@pytest.mark.slow
def test_sigma_and_omega_agree_with_an_independent_computation() -> None:
    graph = made("small_world", 20, 5, k=6, p=0.1)
    links, found = graph.to_undirected(), small_worldness(graph)
    assert found.sigma == pytest.approx(nx.sigma(links, niter=2, nrand=3, seed=1), rel=0.15)
    assert found.omega == pytest.approx(nx.omega(links, niter=2, nrand=3, seed=1), abs=0.1)


def test_a_complete_graph_is_its_own_reference() -> None:
    complete = measured("complete", 8)
    assert (complete.sigma, complete.omega) == (1, 0)


def test_the_seed_alone_decides_the_rewiring() -> None:
    graph = made("erdos_renyi", 20)
    assert measures(graph, 3) == measures(graph, 3)
    assert measures(graph, 3).sigma != measures(graph, 4).sigma


# -- edges of what is defined -----------------------------------------------------------------------------------------


def test_a_lone_agent_has_hardly_a_measure_and_says_why() -> None:
    lone = of_edges(1)
    assert (lone.nodes, lone.edges, lone.components, lone.sources, lone.sinks) == (1, 0, 1, 1, 1)
    assert (lone.is_acyclic, lone.depth, lone.sink_coverage, lone.n_eff) == (True, 1, 1, 1)
    assert lone.undefined == {
        "density": "one agent makes no pair",
        "reach": "one agent makes no pair",
        "mean_path_length": "nobody reads anybody",
        "diameter": "nobody reads anybody",
        "clustering": "nobody has two neighbours",
        "sigma": "fewer than four agents leave nothing to rewire",
        "omega": "fewer than four agents leave nothing to rewire",
        "spectral_gap": "one agent has no second eigenvalue",
    }


def test_a_team_in_two_parts_never_agrees() -> None:
    apart = of_edges(6, (0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4))
    assert (apart.components, apart.spectral_gap, apart.reach, apart.diameter) == (3, 0, 6 / 30, 1)
    assert apart.undefined["n_eff"] == "opinions never meet: 3 parts of the team read nobody outside"
    assert apart.undefined["sigma"] == apart.undefined["omega"] == "the graph is not connected"
    assert apart.undefined["clustering"] == "nobody has two neighbours"


def test_without_edges_density_and_reach_are_truly_zero() -> None:
    nobody = of_edges(3)
    assert (nobody.density, nobody.reach, nobody.in_degree_max, nobody.depth, nobody.sink_coverage) == (0, 0, 0, 1, 1)
    assert nobody.mean_path_length is nobody.diameter is None


def test_a_cycle_has_neither_depth_nor_sink() -> None:
    cycle = of_edges(3, (0, 1), (1, 2), (2, 0))
    assert (cycle.is_acyclic, cycle.sinks, cycle.reach, cycle.diameter, cycle.n_eff) == (
        False,
        0,
        1,
        2,
        pytest.approx(3),
    )
    assert cycle.undefined["depth"] == "the graph has a cycle"
    assert cycle.undefined["sink_coverage"] == "somebody reads each agent: there is no sink"


def test_graphs_without_triangles_have_no_small_world_beside_them() -> None:
    star = measured("star", 8)
    assert star.undefined["sigma"] == "random graphs of its kind have no triangle"
    assert star.undefined["omega"] == "lattices of its kind have no triangle"
    assert star.clustering == 0


def test_large_teams_are_counted_and_not_measured_over_all_pairs() -> None:
    chain = measured("chain", 1_025)
    assert (chain.nodes, chain.depth, chain.sinks) == (1_025, 1_025, 1)
    assert chain.undefined["reach"] == "1025 agents; up to 1024 are measured over all pairs"
    assert measured("complete", 70).undefined["sigma"] == "2415 links; up to 2000 are rewired"


def test_the_eigenvalues_of_large_one_way_cycles_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.topology.averaging.MOST_ONE_WAY", 3)
    cycle = of_edges(4, (0, 1), (1, 2), (2, 3), (3, 0))
    assert cycle.undefined["spectral_gap"] == "4 agents read one another in one way; up to 3 are computed"
    assert cycle.n_eff == pytest.approx(4)
