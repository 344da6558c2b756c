"""Floods in arrays: who knows what is what the world's players know, word for word; and known ends."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import Network
from agentscale.environments.network.problems import PROBLEMS, ProblemName
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.calls import Message
from agentscale.schema.worlds import Heard
from agentscale.simulation import flood, flood_least

CHAIN = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]


def _played(world: Network, edges: list[tuple[int, int]], talks: np.ndarray, policy: str) -> list[str | None]:
    """The final answers where everybody follows the policy, and says nothing where it does not talk."""
    n = talks.shape[1]
    state = world.start(n, edges, keyed(0, "names"))
    chats: list[tuple[Message, ...]] = [()] * n
    while seen := world.observe(state):
        said = []
        for one in seen:
            assert isinstance(one.who, int)
            text = one.text if chats[one.who] else f"{one.rules}\n{one.text}"
            chats[one.who] = (*chats[one.who], Message("user", text))
            is_last = state.round == state.n_rounds
            speaks = is_last or talks[state.round, one.who]
            heard = Heard(world, chats[one.who])
            said.append(world.policies[policy](heard, keyed(0, "x")) if speaks else "{}")
        state = world.after(state, said, keyed(0, "x"))
    return list(state.answers)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(3, 9),
    problem=st.sampled_from(["coloring", "vertex_cover", "matching", "leader_election", "consensus"]),
    policy=st.sampled_from(["optimal", "repeating"]),
)
def test_all_at_once_and_one_by_one_know_the_same(seed: int, n: int, problem: ProblemName, policy: str) -> None:
    rng = keyed(seed, "talks")
    graph = nx.connected_watts_strogatz_graph(n, 2, 0.5, seed=seed)
    edges = sorted(graph.to_directed().edges)
    world, rule = Network(problem=problem, rounds="2D+1"), PROBLEMS[problem]
    state = world.start(n, edges, keyed(0, "names"))
    talks = rng.random((state.n_rounds, n)) < 0.7
    names, beside = state.names, state.neighbours
    facts = {names[v]: tuple(names[u] for u in beside[v]) for v in range(n)}
    if problem in ("leader_election", "consensus"):
        order = sorted(range(n), key=lambda v: names[v])
        least = flood_least(edges, talks, np.argsort(order), repeat=policy == "repeating")
        known = [{names[order[rank]]: (), names[v]: facts[names[v]]} for v, rank in enumerate(least)]
    else:
        knows = flood(edges, talks, repeat=policy == "repeating")
        known = [{names[u]: facts[names[u]] for u in np.flatnonzero(knows[v])} for v in range(n)]
    answers = [rule.decide(name, each) for name, each in zip(names, known, strict=True)]
    assert answers == _played(world, edges, talks, policy)


def test_a_fact_walks_one_edge_a_round() -> None:
    assert [flood(CHAIN, np.ones((rounds, 4)))[3].tolist() for rounds in (0, 1, 3)] == [
        [False, False, False, True],
        [False, False, True, True],
        [True, True, True, True],
    ]
    assert flood_least(CHAIN, np.ones((2, 4)), [0, 2, 1, 3]).tolist() == [0, 0, 0, 1]


def test_news_that_is_not_passed_on_in_its_round_is_lost_unless_it_is_repeated() -> None:
    talks = np.ones((7, 4))
    talks[0, 0] = 0
    assert not flood(CHAIN, talks)[1:, 0].any()
    assert flood(CHAIN, talks, repeat=True).all()
    assert flood_least(CHAIN, talks, range(4)).tolist() == [0, 1, 1, 1]
    assert flood_least(CHAIN, talks, range(4), repeat=True).tolist() == [0, 0, 0, 0]


def test_wrong_shapes_and_edges_are_refused() -> None:
    with pytest.raises(SpecError, match="talks"):
        flood(CHAIN, np.ones(4))
    with pytest.raises(SpecError, match="pairs"):
        flood(CHAIN, np.ones((2, 3)))
    with pytest.raises(SpecError, match="ranks"):
        flood_least(CHAIN, np.ones((2, 4)), [0, 1])
