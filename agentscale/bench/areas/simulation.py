"""Simulated votes and debates as arrays, beside plain numpy, one sparse matrix product, and networkx."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from agentscale.bench import debating
from agentscale.bench.debating import DEGREE, OPTIONS
from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.measuring import Contender, Cost, once, side_by_side
from agentscale.bench.setting import Setting
from agentscale.randomness import keyed
from agentscale.simulation import Copy, Debate, Graph, Start, Streams, World, ballots, deal, debate, resolve, tally

CROWD, CROWD_QUESTIONS = 1_000_000, 10_000
DEBATE_QUESTIONS, DEBATE_ROUNDS = 100, 5
NODES = 100_000
"""Of the graphs that networkx has to make too."""


def run(setting: Setting) -> Result:
    """Measures the area."""
    parts = [_votes(), _crowds(setting), _sparse(setting), _debates(setting), _graphs(setting)]
    return Result(
        "simulation", [each for more, _ in parts for each in more], [each for _, more in parts for each in more]
    )


def _votes() -> tuple[list[Measure], list[Goal]]:
    """Agents that are drawn one by one: the cost of a vote, by its law and by channels as the chat door draws it."""
    agents, questions = 100_000, 50
    world = World(resolve("mcq-default", {}))
    contenders: dict[str, Contender] = {
        "votes drawn one by one": partial(by_law, world, agents, questions),
        "the same, as the chat door draws them": partial(by_world, world, agents // 100, questions),
        "naive copula, float64": partial(by_copula, agents, questions),
    }
    costs = side_by_side(contenders, 9)  # short turns: the least of few is not the least
    ratio = costs["naive copula, float64"].cpu_s / costs["votes drawn one by one"].cpu_s
    return _in_ns(costs, "vote"), [Goal.at_least("naive copula / vote one by one", ratio, 7.0, "naive copula, float64")]


def by_law(world: World, agents: int, questions: int) -> int:
    """Votes of a team of one model, drawn by their law; returns how many."""
    (seat,) = deal("L1", 1, models=world.parameters.models, personas=0)
    return int(ballots(world, [f"q{n}" for n in range(questions)], OPTIONS, [(seat, agents)]).answers.size)


def by_world(world: World, agents: int, questions: int) -> int:
    """Votes of a team of one model, drawn by the world; returns how many."""
    seats = deal("L1", agents, models=world.parameters.models, personas=0)
    return int(world.answers([f"q{n}" for n in range(questions)], OPTIONS, seats).answers.size)


def by_copula(agents: int, questions: int, correlation: float = 0.3) -> int:
    """Right and wrong votes with one shared factor, as one writes it first; returns how many."""
    rng = keyed(7, "bench", "copula")
    shared = rng.standard_normal((questions, 1))
    own = rng.standard_normal((questions, agents))
    right = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own < 0.3
    return int(right.size)


def _crowds(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """A million exchangeable agents on 10,000 questions, counted."""
    questions = setting.size(CROWD_QUESTIONS, CROWD_QUESTIONS // 10)
    world = World(resolve("mcq-default", {}))
    taken_s = once(partial(by_counts, world, questions)).cpu_s * CROWD_QUESTIONS
    note = "" if questions == CROWD_QUESTIONS else f"scaled up from {questions:,} questions"
    measures = [
        Measure("votes of 1,000,000 agents x 10,000 questions", taken_s, "s CPU", note),
        Measure("the same", CROWD * CROWD_QUESTIONS / taken_s, "votes a CPU-second"),
    ]
    return measures, [Goal.at_most("1,000,000 x 10,000 votes, s CPU", taken_s, 5.0, "a budget")]


def by_counts(world: World, questions: int) -> int:
    """Counts the votes of a million agents of one model; returns on how many questions."""
    (seat,) = deal("L1", 1, models=world.parameters.models, personas=0)
    return len(tally(world, [f"q{n}" for n in range(questions)], OPTIONS, [(seat, CROWD)]).counts)


def _sparse(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """One round of one question of a debate on a sparse graph, beside one sparse matrix product on the same graph."""
    agents = setting.size(CROWD, CROWD // 5)
    graph = Graph.scattered(agents, DEGREE, keyed(7, "bench", "graph"))
    answers = keyed(7, "bench", "answers").integers(0, OPTIONS, (1, agents)).astype(np.int8)
    contenders: dict[str, Contender] = {
        "one round of a debate": partial(debate_round, graph, answers),
        "one sparse product": partial(product, graph, answers),
    }
    costs = side_by_side(contenders, setting.size(5, 3))
    ratio = costs["one round of a debate"].cpu_s / costs["one sparse product"].cpu_s
    named = {f"{name}, {agents:,} agents of degree {DEGREE}": cost for name, cost in costs.items()}
    return _in_ns(named, "agent"), [Goal.at_most("debate round / sparse product", ratio, 5.0, "scipy, the same graph")]


def debate_round(graph: Graph, answers: NDArray[np.integer]) -> int:
    """One round of copying on one question; returns the number of agents."""
    setting = Debate(Copy(), graph, rounds=1)
    return int(debate(setting, Start(answers, OPTIONS), Streams.alike(7, 1, graph.n)).shape[2])


def product(graph: Graph, answers: NDArray[np.integer]) -> int:
    """The graph's matrix times one vector; returns the number of agents."""
    return len(graph.rows() @ (answers[0] == 0).astype(np.int64))


def _debates(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """Whole debates: what a million agents hold, and whether what they say depends on how the work is cut."""
    questions = setting.size(DEBATE_QUESTIONS, DEBATE_QUESTIONS // 50)
    whole = debating.apart(CROWD, questions, DEBATE_ROUNDS)
    cut = {debating.play(CROWD // 50, 6, DEBATE_ROUNDS, step).digest for step in (1, 4, None)}
    of = f"{CROWD:,} agents of degree {DEGREE}, {questions} questions x {DEBATE_ROUNDS} rounds"
    measures = [Measure(of, whole.cpu_s, "s CPU"), Measure("the same", whole.held_gib, "GiB")]
    return measures, [
        Goal.at_most(f"debate of {CROWD:,} agents, GiB", whole.held_gib, 4.0, "a budget"),
        Goal.at_most("outcomes of one debate, cut three ways", float(len(cut)), 1.0, "1, 4 or all questions at a time"),
    ]


def _graphs(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """Making a random graph as compressed rows, and counting what neighbours say."""
    nodes = setting.size(NODES, NODES // 5)
    graph = Graph.scattered(nodes, DEGREE, keyed(7, "bench", "graph"))
    answers = keyed(7, "bench", "answers").integers(0, OPTIONS, nodes).astype(np.int8)
    contenders: dict[str, Contender] = {
        "graph to rows": partial(_made, nodes),
        "graph to rows, networkx": partial(_made_by_networkx, nodes),
        "plurality of neighbours": partial(_pluralities, graph, answers),
        "plurality of neighbours, Counter": partial(_pluralities_by_counter, graph, answers),
    }
    costs = side_by_side(contenders, 2)
    made = costs["graph to rows, networkx"].cpu_s / costs["graph to rows"].cpu_s
    gathered = costs["plurality of neighbours, Counter"].cpu_s / costs["plurality of neighbours"].cpu_s
    named = {f"{name}, {nodes:,} agents": cost for name, cost in costs.items()}
    goals = [
        Goal.at_least("networkx / graph to rows", made, 20.0, "networkx, fast_gnp_random_graph"),
        Goal.at_least("Counter / plurality of neighbours", gathered, 30.0, "a Counter an agent"),
    ]
    return _in_ns(named, "agent"), goals


def _made(nodes: int) -> int:
    return Graph.scattered(nodes, DEGREE, keyed(7, "bench", "made")).n


def _made_by_networkx(nodes: int) -> int:
    graph = nx.fast_gnp_random_graph(nodes, DEGREE / (nodes - 1), seed=7, directed=True)
    return int(nx.to_scipy_sparse_array(graph, format="csr").shape[0])


def _pluralities(graph: Graph, answers: NDArray[np.integer]) -> int:
    return len(graph.counts(answers[None], OPTIONS)[:, 0].argmax(axis=0))


def _pluralities_by_counter(graph: Graph, answers: NDArray[np.integer]) -> int:
    assert graph.starts is not None
    assert graph.peers is not None
    said, starts, peers = answers.tolist(), graph.starts.tolist(), graph.peers.tolist()
    most = [Counter(said[peer] for peer in peers[low:high]).most_common(1) for low, high in pairwise(starts)]
    return len(most)


def _in_ns(costs: dict[str, Cost], of: str) -> list[Measure]:
    return [Measure(name, cost.cpu_s * 1e9, f"ns CPU a {of}") for name, cost in costs.items()]
