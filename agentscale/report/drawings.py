"""Topologies as small drawings: nodes are agents, an arrow u → v says that v reads u.

A line without a head joins two agents that read each other, so that dense graphs stay legible.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import NamedTuple

import networkx as nx
from markupsafe import Markup, escape

from agentscale.report.legible import visible
from agentscale.report.settings import short_names
from agentscale.schema.run import Cell

SIDE = 200.0
_MARGIN = 24.0
_TITLE = 34  # characters of a title that fit above a drawing
_MOST_SPREAD = 40  # agents of a tree that is spread by distance, which takes long with more


class Drawing(NamedTuple):
    """One topology at one size."""

    title: str
    alt: str
    body: Markup
    """SVG elements within a square of ``SIDE`` units; colours come from the classes ``edge``, ``head``, ``node``."""


def drawings(cells: Iterable[Cell]) -> list[Drawing]:
    """A drawing of every graph of the run, by topology and size, each once; parameters where two differ in them."""
    seen: dict[tuple[str, int, tuple[tuple[int, int], ...]], None] = {}
    for cell in cells:
        if cell.topology is not None and cell.size > 1:
            seen.setdefault((visible(cell.topology.label), cell.size, cell.edges))
    names = short_names(label for label, _, _ in seen)
    return [drawing(names[label], _graph(size, edges)) for label, size, edges in sorted(seen)]


def graph_of(cell: Cell) -> nx.DiGraph:
    """Who reads whom in a cell: a graph of the agents 0 … n−1."""
    return _graph(cell.size, cell.edges)


def _graph(size: int, edges: tuple[tuple[int, int], ...]) -> nx.DiGraph:
    graph = nx.empty_graph(size, create_using=nx.DiGraph)
    graph.add_edges_from(edges)
    return graph


def drawing(label: str, graph: nx.DiGraph, room: float = 60.0) -> Drawing:
    """A drawing of a graph with the nodes 0 … n−1.

    Args:
        label: What it is called.
        graph: Who reads whom.
        room: Units that the radii of all agents take together; the more, the sooner agents bear their numbers.
    """
    size = len(graph)
    at, radius = places(graph, SIDE, _MARGIN), max(3.0, min(11.0, room / size))
    lines = [_line(at[u], at[v], radius, head=head) for u, v, head in joined(graph)]
    nodes = [node(index, at[index], radius) for index in graph.nodes]
    told = f"{label} with {size} agents: {graph.number_of_edges()} readings. " + _reads(graph)
    return Drawing(
        f"{label}, N = {size}",
        told,
        Markup("<g{}>{}</g>").format(
            Markup(' class="dense"' if len(lines) > 60 else ""), Markup("").join([*lines, *nodes])
        ),
    )


def joined(graph: nx.DiGraph) -> list[tuple[int, int, bool]]:
    """The lines of a graph: u, v, and whether the line has a head. Two that read each other have one line without."""
    both = {(u, v) for u, v in graph.edges if graph.has_edge(v, u)}
    return [(u, v, (u, v) not in both) for u, v in graph.edges if (u, v) not in both or u < v]


def places(graph: nx.DiGraph, side: float, margin: float) -> dict[int, tuple[float, float]]:
    """Where agents stand in a square: ``margin`` from its borders, y downwards. The same graph stands the same way.

    Where a graph says where its agents stand, they stand there. Wide graphs without a cycle go in layers from above
    to below, other trees of up to 40 agents are spread by distance, and everything else stands on a circle with agent 0
    at the top.
    """
    raw = _raw_places(graph)
    middle = [(max(ends) + min(ends)) / 2 for ends in zip(*raw.values(), strict=True)]
    reach = max(abs(way - mid) for place in raw.values() for way, mid in zip(place, middle, strict=True)) or 1.0
    half = side / 2 - margin
    return {
        node: (side / 2 + half * (x - middle[0]) / reach, side / 2 + half * (y - middle[1]) / reach)
        for node, (x, y) in raw.items()
    }


def _raw_places(graph: nx.DiGraph) -> dict[int, tuple[float, float]]:
    if "positions" in graph.graph:
        return dict(enumerate(graph.graph["positions"]))
    layers = list(nx.topological_generations(graph)) if nx.is_directed_acyclic_graph(graph) else []
    if 1 < len(layers) <= len(graph) / 2:  # narrow ones are legible on a circle only
        return _in_layers(layers)
    undirected = graph.to_undirected()
    if len(graph) <= _MOST_SPREAD and nx.is_tree(undirected):
        return {node: (float(x), float(y)) for node, (x, y) in nx.kamada_kawai_layout(undirected).items()}
    return {node: (float(y), -float(x)) for node, (x, y) in nx.circular_layout(graph).items()}


def _in_layers(layers: list[list[int]]) -> dict[int, tuple[float, float]]:
    """Layers one below the other; every other one is bent, so that a long edge does not run through an agent."""
    found = {}
    for depth, layer in enumerate(layers):
        for index, node in enumerate(sorted(layer)):
            x = (index + 0.5) / len(layer) + (0.04 if depth % 2 else -0.04)
            found[node] = (x, depth / (len(layers) - 1))
    return found


def _line(start: tuple[float, float], end: tuple[float, float], radius: float, *, head: bool) -> Markup:
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1) or 1.0
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    tip_x, tip_y = x2 - ux * (radius + 1.5), y2 - uy * (radius + 1.5)
    stop_x, stop_y = (tip_x - ux * 5, tip_y - uy * 5) if head else (x2, y2)
    line = f'<path class="edge" d="M{x1:.1f} {y1:.1f}L{stop_x:.1f} {stop_y:.1f}"/>'
    if not head:
        return Markup(line)
    back_x, back_y = tip_x - ux * 7, tip_y - uy * 7
    sides = f"{back_x - uy * 3.2:.1f} {back_y + ux * 3.2:.1f}L{back_x + uy * 3.2:.1f} {back_y - ux * 3.2:.1f}"
    return Markup(f'{line}<path class="head" d="M{tip_x:.1f} {tip_y:.1f}L{sides}Z"/>')


def node(index: int, at: tuple[float, float], radius: float) -> Markup:
    """An agent with its number, where there is room for it."""
    x, y = at
    dot = f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
    name = f'<text class="name" x="{x:.1f}" y="{y:.1f}" dy=".35em">{index}</text>' if radius >= 7 else ""
    return Markup(dot + name)


def _reads(graph: nx.DiGraph) -> str:
    if graph.number_of_nodes() > 8:
        return ""
    heard = {node: ", ".join(map(str, sorted(graph.predecessors(node)))) for node in graph.nodes}
    return "; ".join(f"{node} reads {peers or 'no one'}" for node, peers in heard.items()) + "."


def svg(drawn: list[Drawing], columns: int = 4) -> str:
    """All drawings in one SVG file, so many to a row, on white."""
    height = SIDE + 34
    rows = -(-len(drawn) // columns)
    parts = [
        f'<g transform="translate({index % columns * SIDE:.0f} {index // columns * height:.0f})">'
        f'<text x="{SIDE / 2:.0f}" y="20" class="title"{_fitted(one.title)}>{escape(one.title)}</text>'
        f'<g transform="translate(0 24)">{one.body}</g></g>'
        for index, one in enumerate(drawn)
    ]
    width = min(len(drawn), columns) * SIDE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {rows * height:.0f}" '
        f'font-family="sans-serif"><style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def _fitted(title: str) -> str:
    """Smaller letters for a title that would run into the next one."""
    return f' style="font-size:{12 * _TITLE / len(title):.1f}px"' if len(title) > _TITLE else ""


_STYLE = (
    ".edge{stroke:#5b6470;stroke-width:1.1;fill:none;opacity:.7}.dense .edge{opacity:.28;stroke-width:.8}"
    ".head{fill:#5b6470}"
    ".node{fill:#fff;stroke:#1f2328;stroke-width:1.4}"
    ".way{fill:none;stroke:#10703f;stroke-linecap:round}.tip{fill:#10703f}"
    ".loss .way{stroke:#b3261e;stroke-dasharray:5 3}.loss .tip{fill:#b3261e}"
    ".idle .way{stroke:#5b6470;opacity:.35}.idle .tip{fill:#5b6470;opacity:.35}"
    ".name{font-size:10px;text-anchor:middle;fill:#1f2328}.title{font-size:12px;text-anchor:middle;fill:#1f2328}"
)
