"""Debates on every topology: four rules of influence, as many rounds for all, or as many messages."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from teams import CONFIGURATIONS, SEED, Several, several, side_by_side, start

from agentscale.analysis import consensus_time, course
from agentscale.simulation import Copy, Debate, FriedkinJohnsen, Polya, Rule, Start, Streams, debate, influence

Floats = NDArray[np.float64]

RULES: dict[str, Rule] = {
    "dcm": Polya(),
    "fj": FriedkinJohnsen(),
    "copy": Copy(),
    "copy, truth favoured": Copy(advantage=1.0),
}
"""The rules of influence: three that do not ask what is true, and one under which a right answer convinces more."""
ROUNDS = 3
AGREED = 0.9
"""The share of a team that agrees where it is said to."""


class Played(NamedTuple):
    """What a debate did, by question: means over teams, shape (Q,)."""

    vote: Floats
    """The plurality of the first answers is right."""
    team: Floats
    """The plurality of the last ones is."""
    single: Floats
    """An agent's first answer is right."""
    mean: Floats
    """An agent's last answer is."""
    before: Floats
    """Two first answers agree."""
    agreement: Floats
    """Two last ones do."""
    leader: Floats
    """The last answer of whom most read is right."""
    reader: Floats
    """The last answer of who reads most is right."""
    united: Floats
    """Nine in ten agree at last."""


def rounds_for(graphs: Several, n: int, budget: str) -> int:
    """Rounds of a debate.

    The same for all (equal ``rounds``), or as many as the messages of one round of the complete graph pay for.
    """
    return ROUNDS if budget == "rounds" else max(1, round(n * (n - 1) / graphs.edges))


@cache
def _start(n: int, questions: int) -> Start:
    return start(n, CONFIGURATIONS, questions)


def played(topology: str, rule: Rule, n: int, questions: int, rounds: int) -> Played:
    """A debate of fifteen teams on every question; where graphs are drawn, each is that of as many teams."""
    graphs = several(topology, n).graphs
    setting = Debate(rule, side_by_side(graphs, CONFIGURATIONS), rounds)
    said = debate(setting, _start(n, questions), Streams.alike(SEED, questions, n * CONFIGURATIONS))
    ends = said[:, [0, -1]].reshape(questions, 2, CONFIGURATIONS, n).swapaxes(1, 2).reshape(-1, 2, n)
    told = course(ends, np.zeros(len(ends), np.int64))
    right = (ends[:, 1] == 0).reshape(questions, CONFIGURATIONS, n)

    def by_question(values: Floats) -> Floats:
        return np.asarray(values.reshape(questions, CONFIGURATIONS).mean(axis=1))

    def place(degrees: list[list[int]]) -> Floats:
        places = [degrees[team % len(graphs)].index(max(degrees[team % len(graphs)])) for team in range(CONFIGURATIONS)]
        return np.asarray(right[:, np.arange(CONFIGURATIONS), places].mean(axis=1))

    return Played(
        *(by_question(told.team_accuracy[:, at]) for at in (0, 1)),
        *(by_question(told.accuracy[:, at]) for at in (0, 1)),
        *(by_question(told.agreement[:, at]) for at in (0, 1)),
        place([[graph.out_degree(node) for node in range(n)] for graph in graphs]),
        place([[graph.in_degree(node) for node in range(n)] for graph in graphs]),
        by_question((consensus_time(ends[:, 1:], AGREED) == 0).astype(float)),
    )


class Leaders(NamedTuple):
    """Whose first answers a debate ends with, by the influence of a linear rule; means over the drawn graphs."""

    size: float
    """1/Σw², from 1 to N: of how many agents the mean of the last answers is."""
    largest: float
    """The largest weight of one agent."""


def leaders(topology: str, rule: Rule, n: int, rounds: int) -> Leaders:
    """The opinion leaders under ``fj``, or ``copy`` without regard to truth."""
    graphs = several(topology, n).graphs
    weights = [influence(Debate(rule, side_by_side((graph,), 1), rounds)).mean(axis=0) for graph in graphs]
    return Leaders(
        float(np.mean([1 / np.square(weight).sum() for weight in weights])),
        float(np.mean([weight.max() for weight in weights])),
    )
