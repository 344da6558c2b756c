"""The teams of the study: one world, teams of diverse agents, and graphs of the catalog."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from agentscale.randomness import keyed
from agentscale.schema.run import Named
from agentscale.simulation import Graph, Start, World, WorldParameters
from agentscale.topology import build, resolve
from agentscale.topology.averaging import spectral_gap

SEED, OPTIONS = 0, 4
CONFIGURATIONS = 15
"""Teams and agents of a place: three models in five personas each."""
DRAWS = 5
"""Graphs drawn of a topology that chance has a part in."""
TOPOLOGIES = {
    "complete": Named(name="complete"),
    "mesh": Named(name="mesh"),
    "random DAG": Named(name="random_dag"),
    "layered": Named(name="layered"),
    "torus": Named(name="grid", parameters={"periodic": True}),
    "small world": Named(name="small_world"),
    "Barabási–Albert": Named(name="barabasi_albert"),
    "ring": Named(name="ring"),
    "hub": Named(name="hub"),
    "star": Named(name="star"),
    "tree": Named(name="tree"),
    "chain": Named(name="chain"),
}
"""Twelve of the catalog, from dense to sparse."""
DRAWN = ("random DAG", "small world", "Barabási–Albert")
"""Those that chance has a part in."""


class Several(NamedTuple):
    """The graphs that were drawn of one topology at one size."""

    graphs: tuple[nx.DiGraph, ...]

    @property
    def edges(self) -> float:
        """Agents that are read, over all that read: messages of a round."""
        return float(np.mean([graph.number_of_edges() for graph in self.graphs]))

    @property
    def density(self) -> float:
        """Edges over pairs."""
        n = len(self.graphs[0])
        return self.edges / (n * (n - 1)) if n > 1 else 0.0

    @property
    def spectral_gap(self) -> float:
        """1 − |λ₂| of averaging over oneself and those that one reads."""
        return float(np.mean([spectral_gap(graph) for graph in self.graphs]))


@cache
def several(topology: str, n: int) -> Several:
    """The graphs of a topology with n agents; one where nothing is drawn."""
    rule = resolve(TOPOLOGIES[topology], Path())
    return Several(tuple(build(rule, n, seed) for seed in range(DRAWS if topology in DRAWN else 1)))


def side_by_side(graphs: tuple[nx.DiGraph, ...], teams: int) -> Graph:
    """Many teams in one graph that hear nothing of one another; they have the graphs in turn."""
    n = len(graphs[0])
    pairs = [(v + team * n, u + team * n) for team in range(teams) for u, v in graphs[team % len(graphs)].edges]
    table = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return Graph.of_rows(np.searchsorted(table[:, 0], np.arange(n * teams + 1)), table[:, 1])


@cache
def laws(questions: int) -> NDArray[np.float64]:
    """Θ of the fifteen configurations (three models in five personas each: L4), shape (Q, 15, C), 0 is right."""
    world = World(WorldParameters(seed=SEED))
    return world.answers([f"q{i}" for i in range(questions)], OPTIONS, world.team("L4", CONFIGURATIONS)).truth.theta


def seated(n: int, team: int) -> NDArray[np.int64]:
    """The configuration of each of n agents: dealt round, and from another one on in every team.

    In fifteen teams every place is held by every configuration once, so that no place is a better one by who holds it.
    """
    return (np.arange(n) + team) % CONFIGURATIONS


def start(n: int, teams: int, questions: int) -> Start:
    """What debates of many teams start from: everybody answers by its own law."""
    theta, kinds = laws(questions), np.concatenate([seated(n, team) for team in range(teams)])
    return Start(drawn(theta[:, kinds], keyed(SEED, "first answers", n)), OPTIONS, theta, kinds)


def drawn(law: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int8]:
    """Answers by their laws, of shape (…, C)."""
    below = np.cumsum(law, axis=-1)[..., :-1]
    return np.asarray((rng.random(law.shape[:-1])[..., None] >= below).sum(axis=-1), np.int8)
