"""What is searched: graphs without a cycle whose nodes have a model and a role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Edge = tuple[int, int]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph of agents. Edges u → v have u < v, so that there is no cycle."""

    models: tuple[str, ...]
    """The model of each node."""
    fusers: tuple[int, ...]
    """The nodes that make one answer of what they read, in order; the others answer with it at hand."""
    edges: tuple[Edge, ...]
    """In order."""

    @property
    def label(self) -> str:
        """``0:small 1:large 2:small* 0>2 1>2``: the fusers have a star."""
        nodes = [f"{node}:{model}{'*' * (node in self.fusers)}" for node, model in enumerate(self.models)]
        return " ".join([*nodes, *(f"{u}>{v}" for u, v in self.edges)])

    def without(self, edge: Edge) -> Plan:
        """The plan with one edge less."""
        return planned(self.models, self.fusers, [each for each in self.edges if each != edge])


def planned(models: Iterable[str], fusers: Iterable[int], edges: Iterable[Edge]) -> Plan:
    """A plan in its one form: who reads nobody has nothing to fuse, so that equal graphs are equal plans."""
    kept = tuple(sorted(edges, key=lambda edge: (edge[1], edge[0])))
    readers = {v for _, v in kept}
    return Plan(tuple(models), tuple(sorted(readers & set(fusers))), kept)


class Odds(NamedTuple):
    """Chances from which plans are drawn, each node and edge by itself."""

    edges: Floats
    """Of each edge of `Space.edges`, shape (E,)."""
    fusers: Floats
    """That a node is a fuser, shape (N,)."""
    models: Floats
    """Of each model at each node, shape (N, M), rows that sum to 1."""


@dataclass(frozen=True, slots=True)
class Space:
    """What there is to choose.

    Args:
        nodes: N ≥ 1.
        models: The models that a node may have.
    """

    nodes: int
    models: tuple[str, ...]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges that may be, N(N−1)/2."""
        return tuple((u, v) for v in range(self.nodes) for u in range(v))

    def even(self, density: float) -> Odds:
        """Edges with one chance for all, fusers and assistants alike, every model as likely as the others."""
        shape = (self.nodes, len(self.models))
        return Odds(np.full(len(self.edges), density), np.full(self.nodes, 0.5), np.full(shape, 1 / len(self.models)))

    def draw(self, odds: Odds, rng: np.random.Generator) -> Plan:
        """A plan by the odds."""
        kept = rng.random(len(self.edges)) < odds.edges
        fuses = rng.random(self.nodes) < odds.fusers
        chosen = (rng.random(self.nodes)[:, None] > np.cumsum(odds.models, axis=1)[:, :-1]).sum(axis=1)
        return planned(
            [self.models[at] for at in chosen],
            np.flatnonzero(fuses).tolist(),
            [edge for edge, keep in zip(self.edges, kept, strict=True) if keep],
        )
