"""MacNet over six graphs, in arrays: what comes out at the end, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import networkx as nx
import numpy as np
from handed import Plan, hand_along, plan, released
from numpy.typing import NDArray
from teams import CONFIGURATIONS, SEED, laws, seated, several

from agentscale.randomness import keyed
from agentscale.simulation import Copy

Floats = NDArray[np.float64]

GRAPHS = ("random DAG", "mesh", "star", "chain", "tree", "layered")
"""Those of the paper, in the order that it has them, the best first."""
PUBLISHED = {
    "random DAG": 0.6522,
    "mesh": 0.6316,
    "star": 0.6267,
    "chain": 0.6078,
    "tree": 0.6015,
    "layered": 0.5629,
}
"""Mean quality as secondary sources give it (arXiv 2406.07155); not confirmed in the paper itself."""
SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Agents on nodes, as in the paper's law."""
RULES: dict[str, Copy] = {
    "copy": Copy(),
    "copy, strong": Copy(kappa=0.5),
    "copy, strong, truth favoured": Copy(kappa=0.5, advantage=1.0),
    "copy, strong, truth shunned": Copy(kappa=0.5, advantage=-0.3),
}
"""What is taken over: the simulator's default, and three that take over half of what they read."""
FAVOURED = "copy, strong, truth favoured"
EXECUTORS: dict[str, Callable[[nx.DiGraph], Plan]] = {"waits for all": plan, "as released": released}


class Ended(NamedTuple):
    """Last solutions of one graph at one size."""

    right: Floats
    """By question, mean over teams, shape (Q,)."""
    calls: float
    steps: float
    behind: float
    """Agents on whose work the last solution hangs, mean over drawn graphs like the others."""


def ended(topology: str, n: int, rule: str, executor: str, questions: int) -> Ended:
    """The last solutions of fifteen teams; where graphs are drawn, each is that of as many teams."""
    works = [EXECUTORS[executor](graph) for graph in several(topology, n).graphs]
    right = np.zeros(questions)
    for at, work in enumerate(works):
        teams = range(at, CONFIGURATIONS, len(works))
        law = np.concatenate([laws(questions)[:, seated(n, team)] for team in teams])
        rng = keyed(SEED, "macnet", topology, n, rule, executor, at)
        right += (hand_along(work, law, RULES[rule], rng) == 0).reshape(len(teams), questions).sum(axis=0)
    told = np.mean([(EXECUTORS["waits for all"](graph).calls) for graph in several(topology, n).graphs])
    return Ended(
        right / CONFIGURATIONS,
        float(told),
        float(np.mean([work.steps for work in works])),
        float(np.mean([work.behind for work in works])),
    )


def alone(questions: int) -> Floats:
    """How often one agent alone is right, by question: known, and not drawn."""
    return np.asarray(laws(questions)[..., 0].mean(axis=1))
