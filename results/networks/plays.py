"""Networks whose players know the best rule and slip at a constant rate, played in arrays.

What a player knows follows from `agentscale.simulation.flood`; what it answers, and how all answers score, from the
problems of the environment. Every draw is keyed by what it is for, so that players of one rate slip at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agentscale import topology
from agentscale.environments import Network
from agentscale.environments.network import NetworkState
from agentscale.environments.network.problems import PROBLEMS, ProblemName
from agentscale.randomness import keyed
from agentscale.schema.run import Named
from agentscale.simulation import flood, flood_least

GENERATORS = {
    "watts_strogatz": Named(name="small_world", parameters={"k": 4, "p": 0.4}),
    "barabasi_albert": Named(name="barabasi_albert", parameters={"m": 2}),
    "delaunay": Named(name="delaunay", parameters={}),
}
RING = {"ring": Named(name="ring", parameters={})}
COMPLETE = Named(name="complete", parameters={})
"""What the first generator makes of four agents."""
ONE_NAME: tuple[ProblemName, ...] = ("consensus", "leader_election")
"""The problems for which the first name in the alphabet is all that players need."""


class Player(NamedTuple):
    """Who plays on every node."""

    name: str
    slip: float
    """The chance that an action is a random one."""
    where: str = "all"
    """Which actions slip: ``all``, ``messages``, ``later`` messages than the first, or ``answers``.

    Two say nothing to each other: by ``habit`` all answer with their first option, and in ``silence`` nobody answers.
    """
    repeats: bool = False
    """Whether it tells all it knows in every round, not its news alone."""


class Play(NamedTuple):
    """One graph, played once."""

    problem: str
    topology: str
    n: int
    graph: int
    player: str
    slip: float
    score: float
    rounds: int
    diameter: int

    @property
    def solved(self) -> bool:
        """Whether the problem is solved."""
        return self.score == 1


class _Board(NamedTuple):
    """A graph with its names, for one problem."""

    state: NetworkState
    pairs: np.ndarray
    facts: dict[str, tuple[str, ...]]
    diameter: int


def plays(
    graphs: range,
    sizes: Sequence[int],
    problems: Sequence[ProblemName],
    players: Sequence[Player],
    kinds: dict[str, Named],
) -> Iterator[Play]:
    """Every player on every graph, at every problem."""
    for n in sizes:
        for kind, named in kinds.items():
            for graph in graphs:
                for problem, board in _boards(kind, named, n, graph, problems):
                    for player in players:
                        score = _score(problem, board, player, (kind, n, graph))
                        rounds = board.state.n_rounds
                        yield Play(problem, kind, n, graph, player.name, player.slip, score, rounds, board.diameter)


def _boards(
    kind: str, named: Named, n: int, graph: int, problems: Sequence[ProblemName]
) -> Iterator[tuple[ProblemName, _Board]]:
    rule = topology.resolve(COMPLETE if kind == "watts_strogatz" and n <= 4 else named, Path())
    edges = tuple(topology.build(rule, n, graph).edges)
    pairs = np.array(edges)
    talk = Network(problem="consensus", rounds="2D+1").start(n, edges, keyed(graph, "names", kind, n))
    facts = {talk.names[v]: tuple(talk.names[u] for u in talk.neighbours[v]) for v in range(n)}
    for problem in problems:
        state = Network(problem=problem, rounds="paper").start(n, edges, keyed(graph, "names", kind, n))
        yield problem, _Board(state, pairs, facts, (talk.n_rounds - 1) // 2)


def _score(problem: ProblemName, board: _Board, player: Player, key: tuple[str, int, int]) -> float:
    """What all answers score."""
    state, rule = board.state, PROBLEMS[problem]
    n = len(state.names)
    options = [rule.options(board.facts[name], state.most_neighbours) for name in state.names]
    if player.where in ("habit", "silence"):
        same = [None if player.where == "silence" else each[0] for each in options]
        return rule.score(same, state.neighbours, state.names)
    rng = keyed(key[2], "slips", key[0], n, problem, str(player.slip))
    talks, errs, picks = rng.random((state.n_rounds, n)) >= player.slip, rng.random(n) < player.slip, rng.random(n)
    if player.where == "answers":
        talks[:] = True
    if player.where == "later":
        talks[0] = True
    knows = _by_the_first_name if problem in ONE_NAME else _by_all_names
    answers = knows(problem, board, talks, player.repeats)
    for v in np.flatnonzero(errs) if player.where in ("all", "answers") else ():
        answers[v] = options[v][int(picks[v] * len(options[v]))]
    return rule.score(answers, state.neighbours, state.names)


def _by_the_first_name(problem: ProblemName, board: _Board, talks: np.ndarray, repeats: bool) -> list[str]:
    names = board.state.names
    order = sorted(names)
    rank = {name: place for place, name in enumerate(order)}
    least = flood_least(board.pairs, talks, [rank[name] for name in names], repeat=repeats)
    return [PROBLEMS[problem].plan({order[at]: (), name: ()})[name] for at, name in zip(least, names, strict=True)]


def _by_all_names(problem: ProblemName, board: _Board, talks: np.ndarray, repeats: bool) -> list[str]:
    names, plans, answers = board.state.names, dict[bytes, dict[str, str]](), list[str]()
    for v, known in enumerate(flood(board.pairs, talks, repeat=repeats)):
        key = known.tobytes()
        if key not in plans:  # who know the same plan the same
            facts = {names[u]: board.facts[names[u]] for u in np.flatnonzero(known)}
            plans[key] = dict(PROBLEMS[problem].plan(facts))
        answers.append(plans[key][names[v]])
    return answers
