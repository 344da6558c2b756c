"""Message passing on a network: who hears what, how answers are read, what problems score, and the traps of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale import topology
from agentscale.environments import Network, resolve
from agentscale.environments.network.names import drawn_names
from agentscale.environments.network.problems import PROBLEMS
from agentscale.environments.network.reading import final_answer, messages_of
from agentscale.environments.network.world import diameter
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Named
from tests.environments.test_every_world import Case, by_policy, edges_of

RING = edges_of(nx.cycle_graph(4))
NAMES = ("A", "B", "C", "D")


def neighbours(graph: nx.Graph) -> list[list[int]]:
    return [sorted(graph[node]) for node in sorted(graph)]


def network(problem: str = "consensus", **parameters: Any) -> Network:
    made = resolve(Named(name="network", parameters={"problem": problem, **parameters}))
    assert isinstance(made, Network)
    return made


# -- the talk ---------------------------------------------------------------------------------------------------------


def test_messages_reach_their_neighbour_in_the_next_round_and_nobody_else() -> None:
    world = network(rounds=2)
    state = world.start(4, RING, keyed(0, "w"))
    zero, one, two = state.names[:3]
    said = [json.dumps({one: 'He said:\n"hi"', two: "through the wall"}), None, "{}", "no JSON"]
    later = world.after(state, said, keyed(0, "w"))
    assert later.inboxes == ({}, {0: 'He said:\n"hi"'}, {}, {})
    seen = world.observe(later)
    assert f'Message from {zero}: "He said:\\n\\"hi\\""\n{two} sent you nothing.\nRound 2 of 2.' in seen[1].text
    assert seen[1].reads == (0,)
    assert f"{zero} sent you nothing." in seen[3].text  # silence is shown to those who could have heard
    assert two not in seen[0].text + seen[0].rules  # nobody knows who is not beside it
    assert later.counts == {"silent": 7, "unreadable": 1, "misaddressed": 1, "sent": 1}


def test_rounds_are_a_number_or_twice_the_diameter_and_one_or_those_of_the_paper() -> None:
    def rounds(n: int, graph: nx.Graph, problem: str, policy: Any) -> int:
        return network(problem, rounds=policy).start(n, edges_of(graph), keyed(0, "w")).n_rounds

    assert rounds(4, nx.cycle_graph(4), "matching", 3) == 3
    assert rounds(7, nx.path_graph(7), "matching", "2D+1") == 13
    assert [rounds(n, nx.path_graph(n), "coloring", "paper") for n in (4, 8, 16, 20)] == [4, 5, 6, 39]
    assert rounds(8, nx.path_graph(8), "consensus", "paper") == rounds(8, nx.path_graph(8), "leader_election", "paper")
    assert rounds(8, nx.path_graph(8), "consensus", "paper") == 15


@pytest.mark.parametrize(
    ("n", "graph", "why"),
    [
        (1, nx.empty_graph(1), "at least 2 agents"),
        (4, nx.disjoint_union(nx.path_graph(2), nx.path_graph(2)), "connected"),
        (3, nx.path_graph(2), "connected"),
    ],
)
def test_who_has_no_neighbour_or_cannot_be_reached_cannot_play(n: int, graph: nx.Graph, why: str) -> None:
    assert why in (network().unfit(n, edges_of(graph)) or "")
    assert "both ways" in (network().unfit(2, ((0, 1),)) or "")
    assert network().unfit(4, RING) is None


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"problem": "colouring"}, "network.problem: got 'colouring'"),
        ({"problem": "consensus", "rounds": 0}, "network.rounds: got 0\n  allowed: a whole number ≥ 1, 2D+1 or paper"),
        ({"problem": "consensus", "rounds": True}, "network.rounds: got True"),
        ({"problem": "consensus", "rounds": "3D"}, "network.rounds: got '3D'"),
        ({}, "network.problem: the parameter is missing"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve(Named(name="network", parameters=parameters))
    assert str(caught.value).startswith(told)


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('I think.\n```json\n{"Ada": "hi", "Bob": ""}\n```', {"Ada": "hi"}),
        ('{"Ada": "draft"} no, rather {"Ada": "final {x}"}', {"Ada": "final {x}"}),
        ('{"Ada": {"my": 1}, " Bob ": null, "Cyd": 7}', {"Ada": '{"my": 1}', "Cyd": "7"}),
        ("{}", {}),
        ("{Ada: hi}", None),
        ("nothing at all", None),
        ("{" * 3000, None),
        ('{"a": ' * 3000, None),
    ],
)
def test_messages_are_the_last_object_that_can_be_read(text: str, sent: dict[str, str] | None) -> None:
    assert messages_of(text) == sent


GROUPS = [f"Group {number}" for number in range(1, 26)]


@pytest.mark.parametrize(
    ("text", "options", "answer"),
    [
        ("Final answer: Group 10", GROUPS, "Group 10"),
        ("Final answer: Group 1", GROUPS, "Group 1"),
        ("Final answer: **group 25**.", GROUPS, "Group 25"),
        ("Final answer: Group 26", GROUPS, None),
        ("Final answer: Group 1\nNo. Final answer: Group 2", GROUPS, "Group 2"),
        ("Group 3", GROUPS, None),
        ("final answer: none", ["Noneta", "None"], "None"),
        ("Final answer: Noneta", ["Noneta", "None"], "Noneta"),
        ("Final answer: I am not sure", ["Yes", "No"], None),
        ("Final answer: Not me", ["Yes", "No"], None),
    ],
)
def test_an_answer_is_read_whole_so_that_group_10_is_not_group_1(text: str, options: list[str], answer: str) -> None:
    assert final_answer(text, options) == answer


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 400), seed=st.integers(0, 2**32 - 1))
def test_names_differ_and_none_is_the_beginning_of_another(n: int, seed: int) -> None:
    names = drawn_names(n, keyed(seed, "names"))
    assert len(set(names)) == n
    assert len({len(name) for name in names}) == 1


def test_nobody_is_called_what_is_an_answer() -> None:
    """`no` and `ne` are syllables, and a node called None could not be told from no partner."""
    names = drawn_names(6400, keyed(0, "names"))  # all that there are with two syllables
    assert len(set(names)) == 6400
    assert "None" not in names
    assert "Nyne" in names


# -- scores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "graph", "answers", "score"),
    [
        ("consensus", nx.path_graph(3), ["1", "1", "1"], 1),
        ("consensus", nx.path_graph(3), ["1", "1", "0"], 0),
        ("consensus", nx.path_graph(3), ["1", "1", None], 0),
        ("leader_election", nx.path_graph(3), ["No", "Yes", "No"], 1),
        ("leader_election", nx.path_graph(3), ["No", "Yes", None], 0),
        ("leader_election", nx.path_graph(3), ["No", "Yes", "Yes"], 0),
        ("coloring", nx.cycle_graph(4), ["Group 1", "Group 2", "Group 1", "Group 1"], 0.5),
        ("coloring", nx.cycle_graph(4), ["Group 1", "Group 2", "Group 1", None], 0),
        ("coloring", nx.empty_graph(2), ["Group 1", "Group 1"], 1),
        ("matching", nx.path_graph(4), ["B", "A", "D", "C"], 1),
        ("matching", nx.path_graph(4), ["None", "C", "B", "None"], 1),
        ("matching", nx.path_graph(4), ["B", "A", "None", "None"], 0.5),
        ("matching", nx.path_graph(4), ["B", "C", "B", "C"], 0.5),
        ("matching", nx.path_graph(4), [None, None, None, None], 0),
        ("matching", nx.path_graph(4), ["C", "A", "D", "C"], 0.5),  # A names who is no neighbour
        ("vertex_cover", nx.star_graph(3), ["Yes", "No", "No", "No"], 1),
        ("vertex_cover", nx.star_graph(3), ["No", "Yes", "Yes", "Yes"], 1),
        ("vertex_cover", nx.star_graph(3), ["Yes", "Yes", "No", "No"], 0.5),  # a leaf that is not needed
        ("vertex_cover", nx.path_graph(4), ["Yes", "No", "No", "No"], 1 / 3),  # high minimality, little coverage
        ("vertex_cover", nx.path_graph(4), ["No", "No", "No", "No"], 0),
        ("vertex_cover", nx.empty_graph(2), ["No", "No"], 1),  # an empty cover is one where there is nothing to cover
        ("vertex_cover", nx.complete_graph(3), ["Yes", "Yes", "Yes"], 0),
    ],
)
def test_problems_score_as_published(problem: Any, graph: nx.Graph, answers: list[Any], score: float) -> None:
    assert PROBLEMS[problem].score(answers, neighbours(graph), NAMES[: len(graph)]) == pytest.approx(score)


def test_a_high_score_is_no_solution_and_an_answer_that_is_missing_neither() -> None:
    world = network("vertex_cover", rounds=1)
    state = world.start(4, edges_of(nx.star_graph(3)), keyed(0, "w"))
    talked = world.after(state, ["{}"] * 4, keyed(0, "w"))
    almost = world.after(talked, ["Final answer: Yes", *["Final answer: No"] * 2, None], keyed(0, "w"))
    scored = world.score(almost)
    assert (scored.correct, scored.measures["score"], scored.measures["answered"]) == (False, 1.0, 0.75)
    whole = world.score(world.after(talked, ["Final answer: Yes", *["Final answer: No"] * 3], keyed(0, "w")))
    assert (whole.correct, whole.measures["solved"]) == (True, 1.0)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 12), p=st.floats(0, 1), seed=st.integers(0, 2**32 - 1), problem=st.sampled_from(list(PROBLEMS)))
def test_whoever_knows_the_graph_decides_so_that_all_decisions_solve_it(n: int, p: float, seed: int, problem) -> None:
    graph = nx.compose(nx.gnp_random_graph(n, p, seed=seed), nx.path_graph(n))
    names = drawn_names(n, keyed(seed, "names"))
    facts = {names[node]: [names[other] for other in graph[node]] for node in graph}
    made = PROBLEMS[problem]
    told = dict(made.worth_telling(facts))
    answers = [made.decide(name, {**told, name: facts[name]}) for name in names]
    assert made.score(answers, neighbours(graph), names) == 1
    most = max(dict(graph.degree).values())
    assert all(answer in made.options(facts[name], most) for answer, name in zip(answers, names, strict=True))


@pytest.mark.parametrize("rule", ["small_world", "barabasi_albert", "delaunay"])
def test_optimal_nodes_solve_every_problem_on_every_generator_by_messages_alone(rule: str) -> None:
    parameters = {"small_world": {"k": 4, "p": 0.4}, "barabasi_albert": {"m": 2}, "delaunay": {}}[rule]
    graph = topology.build(topology.resolve(Named(name=rule, parameters=parameters), Path()), 9, 5)
    for problem in PROBLEMS:
        case = Case("network", {"problem": problem, "rounds": "2D+1"}, 9, tuple(graph.edges))
        assert network(problem).score(by_policy(case, "optimal").states[-1]).correct


def test_optimal_nodes_need_as_many_rounds_as_the_diameter_and_no_more() -> None:
    def is_solved(problem: str, rounds: int) -> bool | None:
        case = Case("network", {"problem": problem, "rounds": rounds}, 6, edges_of(nx.path_graph(6)))
        return network(problem).score(by_policy(case, "optimal").states[-1]).correct

    assert all(is_solved(problem, 5) for problem in PROBLEMS)
    assert not is_solved("leader_election", 1)


def test_who_repeats_what_it_knows_solves_every_problem_too_and_sends_more() -> None:
    for problem in PROBLEMS:
        case = Case("network", {"problem": problem, "rounds": "2D+1"}, 6, edges_of(nx.cycle_graph(6)))
        once, often = (network(problem).score(by_policy(case, name).states[-1]) for name in ("optimal", "repeating"))
        assert often.correct
        assert often.measures["silent"] == 0
        assert (once.measures["messages"] or 0) < (often.measures["messages"] or 0)


def test_the_diameter_is_that_of_the_graph() -> None:
    for graph in (nx.path_graph(5), nx.cycle_graph(7), nx.complete_graph(4), nx.petersen_graph()):
        assert diameter(len(graph), edges_of(graph)) == nx.diameter(graph)
