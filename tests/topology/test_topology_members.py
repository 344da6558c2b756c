from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import TOPOLOGIES, Topology, build, resolve

HERE = Path()
GENERATORS = sorted(set(TOPOLOGIES) - {"edges", "file"})
NEVER_ALONE = {"barabasi_albert", "caveman", "grid", "hypergraph", "modular", "small_world"}
DRAWN = {"barabasi_albert", "delaunay", "erdos_renyi", "hypergraph", "modular", "proximity", "random_dag", "similarity"}


def made(name: str, n: int, seed: int = 0, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name=name, parameters=parameters), HERE), n, seed)


def edges(name: str, n: int, **parameters: object) -> set[tuple[int, int]]:
    return set(made(name, n, **parameters).edges)


def test_every_topology_stands_under_its_own_name():
    assert all(topology.name == name for name, topology in TOPOLOGIES.items())


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(GENERATORS), n=st.integers(1, 24), seed=st.integers(0, 2**32))
def test_a_graph_has_its_agents_in_order_and_nobody_reads_itself(name, n, seed):
    topology = resolve(Named(name=name), HERE)
    if topology.unfit(n) is None:
        graph = build(topology, n, seed)
        assert list(graph) == list(range(n))
        assert all(u != v for u, v in graph.edges)
        assert nx.is_weakly_connected(graph)


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(GENERATORS), n=st.sampled_from([8, 12, 16]), seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_graph(name, n, seed):
    one, other = made(name, n, seed), made(name, n, seed)
    assert list(one.edges) == list(other.edges)
    assert one.graph == other.graph


@pytest.mark.parametrize("name", GENERATORS)
def test_other_seeds_give_other_graphs_where_something_is_drawn(name):
    drawn = len({frozenset(made(name, 16, seed).edges) for seed in range(10)})
    assert drawn == (10 if name in DRAWN | {"small_world"} else 1)


@pytest.mark.parametrize("name", ["erdos_renyi", "small_world"])
def test_other_parameters_give_other_draws(name):
    assert edges(name, 16, p=0.5) != edges(name, 16, p=0.500001)


def test_parameters_at_their_default_change_nothing():
    assert edges("small_world", 12) == edges("small_world", 12, k=4, p=0.1)
    assert edges("erdos_renyi", 12, p=1) == edges("erdos_renyi", 12, p=1.0) == edges("complete", 12)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_lone_node_reads_nobody(name):
    topology = resolve(Named(name=name), HERE)
    assert (topology.unfit(1) is not None) == (name in NEVER_ALONE)
    if name not in NEVER_ALONE:
        assert list(build(topology, 1, 0).edges) == []


def test_in_a_complete_graph_everybody_reads_everybody():
    assert edges("complete", 4) == {(u, v) for u in range(4) for v in range(4) if u != v}


def test_a_ring_of_two_quotes_a_peer_once():
    assert list(made("ring", 2).predecessors(0)) == [1]
    assert edges("ring", 2) == {(0, 1), (1, 0)}


@given(n=st.integers(3, 40))
def test_on_a_ring_everybody_reads_both_neighbours(n):
    graph = made("ring", n)
    assert all(set(graph.predecessors(i)) == {(i - 1) % n, (i + 1) % n} for i in range(n))


@given(n=st.integers(2, 40))
def test_the_hub_reads_all_and_the_others_read_only_the_hub(n):
    graph = made("hub", n)
    assert set(graph.predecessors(0)) == set(range(1, n))
    assert all(set(graph.predecessors(i)) == {0} for i in range(1, n))


@given(n=st.integers(1, 40))
def test_in_a_chain_everybody_reads_the_one_before(n):
    assert edges("chain", n) == {(i - 1, i) for i in range(1, n)}


@given(n=st.integers(2, 20), p=st.floats(0, 1), seed=st.integers(0, 100))
def test_a_random_graph_is_symmetric(n, p, seed):
    graph = made("erdos_renyi", n, seed, p=p, connected=False)
    assert all(graph.has_edge(v, u) for u, v in graph.edges)


def test_a_random_graph_has_each_pair_with_its_probability():
    share = np.mean([made("erdos_renyi", 30, seed, p=0.2, connected=False).number_of_edges() for seed in range(100)])
    assert share / (30 * 29) == pytest.approx(0.2, abs=0.01)


def test_a_random_graph_that_may_fall_apart_does():
    graphs = [made("erdos_renyi", 10, seed, p=0.1, connected=False) for seed in range(20)]
    assert any(not nx.is_weakly_connected(graph) for graph in graphs)


def test_a_graph_that_will_not_connect_is_given_up_with_a_remedy(monkeypatch):
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 3)
    with pytest.raises(SpecError, match=r"none of 3 random graphs.*\n.*connected: false"):
        made("erdos_renyi", 60, p=0.01)


def test_without_edges_no_two_agents_are_connected():
    assert resolve(Named(name="erdos_renyi", parameters={"p": 0.0}), HERE).unfit(2)
    assert resolve(Named(name="erdos_renyi", parameters={"p": 0.0, "connected": False}), HERE).unfit(2) is None


@given(n=st.integers(5, 40), p=st.floats(0, 1), seed=st.integers(0, 100))
def test_a_small_world_keeps_its_number_of_edges(n, p, seed):
    assert made("small_world", n, seed, k=4, p=p).number_of_edges() == 4 * n


def test_a_small_world_without_shortcuts_is_a_ring():
    assert edges("small_world", 9, k=2, p=0.0) == edges("ring", 9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_small_world_needs_more_agents_than_neighbours(n):
    assert "more than 4" in str(resolve(Named(name="small_world"), HERE).unfit(n))
    with pytest.raises(SpecError, match=f"no graph with n = {n}"):
        made("small_world", n)


def test_a_small_world_that_will_not_connect_is_given_up_with_a_remedy(monkeypatch):
    monkeypatch.setattr("agentscale.topology.connecting.TRIES", 2)
    with pytest.raises(SpecError, match=r"none of 2 small worlds.*\n.*larger k"):
        made("small_world", 1_000, k=2, p=1.0)


@pytest.mark.parametrize(
    ("name", "parameters", "key"),
    [
        ("small_world", {"k": 3}, "small_world.k"),
        ("small_world", {"k": 0}, "small_world.k"),
        ("small_world", {"p": 1.5}, "small_world.p"),
        ("erdos_renyi", {"p": "0.5"}, "erdos_renyi.p"),
        ("erdos_renyi", {"connect": True}, "erdos_renyi.connect"),
        ("complete", {"k": 2}, "complete.k"),
        ("rign", {}, "topology"),
    ],
)
def test_a_wrong_parameter_is_named(name, parameters, key):
    with pytest.raises(SpecError) as caught:
        resolve(Named(name=name, parameters=parameters), HERE)
    assert caught.value.key == key
    assert caught.value.allowed


def test_there_is_no_graph_of_no_agents():
    with pytest.raises(SpecError, match="at least one node"):
        made("complete", 0)


class Broken(Topology):
    name = "broken"
    kind: str = "loop"

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        return {"loop": nx.DiGraph([(0, 0), (0, 1)]), "names": nx.DiGraph([("a", "b")]), "both": nx.Graph([(0, 1)])}[
            self.kind
        ]


@pytest.mark.parametrize("kind", ["loop", "names", "both"])
def test_a_topology_that_breaks_the_contract_is_refused(kind):
    with pytest.raises(SpecError, match="DiGraph with the nodes 0 to 1"):
        build(Broken(kind=kind), 2, 0)
