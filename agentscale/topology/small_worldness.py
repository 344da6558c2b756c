"""How much of a small world a graph is, beside graphs with the same numbers of links: random ones and lattices.

References are rewired from the graph itself, so that everybody keeps its number of links; they stay connected. Cost is
bounded: `REFERENCES` graphs, `SWEEPS` exchanges a link, up to `MOST_LINKS` links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import networkx as nx
import numpy as np

from agentscale.randomness import keyed
from agentscale.topology.links import Rows, travel

REFERENCES = 10
"""Rewired graphs of each kind."""
SWEEPS = 5
"""Exchanges that are tried, as a multiple of the number of links."""
MOST_LINKS = 2_000
"""Links beyond which nothing is rewired."""

Reason = str
Link = tuple[int, int]


class SmallWorldness(NamedTuple):
    """Two measures, each a number or the reason why there is none."""

    sigma: float | Reason
    """(C / C_random) / (L / L_random): above 1 for a small world."""
    omega: float | Reason
    """L_random / L − C / C_lattice: near 0 for a small world, towards 1 random, towards −1 a lattice."""


def small_worldness(graph: nx.DiGraph, seed: int = 0) -> SmallWorldness:
    """σ and ω of who is linked with whom, in either direction. C is clustering, L the mean shortest path.

    References: M. D. Humphries and K. Gurney, "Network 'small-world-ness'", PLoS ONE 3 (2008); Q. K. Telesford et al.,
    "The ubiquity of small-world networks", Brain Connectivity 1 (2011); rewiring after S. Maslov and K. Sneppen,
    "Specificity and stability in topology of protein networks", Science 296 (2002).

    Args:
        graph: With the nodes 0 … n−1.
        seed: Of the rewiring: the same seed gives the same numbers.
    """
    reason = _unfit(graph)
    if reason is not None:
        return SmallWorldness(reason, reason)
    n, links = len(graph), sorted((min(u, v), max(u, v)) for u, v in graph.to_undirected().edges)
    rng = keyed(seed, "topology", "small_worldness")
    random = [_shape(n, _rewired(n, links, rng, _any)) for _ in range(REFERENCES)]
    lattice = [_shape(n, _rewired(n, links, rng, _nearer(n))) for _ in range(REFERENCES)]
    own = _shape(n, links)
    random_c, random_l = np.mean(random, axis=0)
    lattice_c = max(own.clustering, *(shape.clustering for shape in lattice))
    return SmallWorldness(
        (own.clustering / random_c) / (own.length / random_l)
        if random_c
        else "random graphs of its kind have no triangle",
        random_l / own.length - own.clustering / lattice_c if lattice_c else "lattices of its kind have no triangle",
    )


def _unfit(graph: nx.DiGraph) -> Reason | None:
    if len(graph) < 4:
        return "fewer than four agents leave nothing to rewire"
    if not nx.is_weakly_connected(graph):
        return "the graph is not connected"
    links = sum(not graph.has_edge(v, u) or u < v for u, v in graph.edges)
    if links > MOST_LINKS:
        return f"{links} links; up to {MOST_LINKS} are rewired"
    return None


class _Shape(NamedTuple):
    clustering: float
    length: float


def _shape(n: int, links: Iterable[Link]) -> _Shape:
    """Mean clustering and mean shortest path of a connected graph."""
    graph = nx.empty_graph(n)
    graph.add_edges_from(links)
    ways = travel(Rows.of(n, graph.to_directed().edges))
    return _Shape(float(nx.average_clustering(graph)), ways.steps / ways.pairs)


Accept = Callable[[Link, Link, Link, Link], bool]
"""Whether two links may become two others."""


def _any(one: Link, other: Link, new_one: Link, new_other: Link) -> bool:
    return True


def _nearer(n: int) -> Accept:
    """Only exchanges after which links are no longer on a ring than before: what is left is a lattice."""

    def length(link: Link) -> int:
        apart = abs(link[0] - link[1])
        return min(apart, n - apart)

    return lambda one, other, new_one, new_other: length(new_one) + length(new_other) <= length(one) + length(other)


def _rewired(n: int, links: list[Link], rng: np.random.Generator, accept: Accept) -> list[Link]:
    """The links after many exchanges of ends; a block of exchanges that parts the graph is taken back."""
    made = list(links)
    block = max(1, len(links) // 10)
    for _ in range(SWEEPS * len(links) // block):
        kept = list(made)
        _exchange(made, block, rng, accept)
        if not _is_connected(n, made):
            made = kept
    return made


def _exchange(links: list[Link], times: int, rng: np.random.Generator, accept: Accept) -> None:
    """Tries to turn pairs of links a–b, c–d into a–d, c–b, in place; none doubles, and none leads back."""
    present = set(links)
    for one, other, turn in rng.integers(0, [len(links), len(links), 2], (times, 3)).tolist():
        (a, b), (c, d) = links[one], links[other]
        c, d = (d, c) if turn else (c, d)
        if len({a, b, c, d}) < 4:
            continue
        new_one, new_other = (min(a, d), max(a, d)), (min(c, b), max(c, b))
        if new_one in present or new_other in present or not accept(links[one], links[other], new_one, new_other):
            continue
        present -= {links[one], links[other]}
        present |= {new_one, new_other}
        links[one], links[other] = new_one, new_other


def _is_connected(n: int, links: Iterable[Link]) -> bool:
    peers: list[list[int]] = [[] for _ in range(n)]
    for u, v in links:
        peers[u].append(v)
        peers[v].append(u)
    seen, ahead = {0}, [0]
    while ahead:
        fresh = [peer for peer in peers[ahead.pop()] if peer not in seen]
        seen.update(fresh)
        ahead += fresh
    return len(seen) == n
