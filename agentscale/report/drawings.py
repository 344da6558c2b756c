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
from agentscale.schema.run import Cell

SIDE = 200.0
_MARGIN = 24.0


class Drawing(NamedTuple):
    """One topology at one size."""

    title: str
    alt: str
    body: Markup
    """SVG elements within a square of ``SIDE`` units; colours come from the classes ``edge``, ``head``, ``node``."""


def drawings(cells: Iterable[Cell]) -> list[Drawing]:
    """A drawing of every graph of the run, by topology and size, each once."""
    seen: dict[tuple[str, int, tuple[tuple[int, int], ...]], None] = {}
    for cell in cells:
        if cell.topology is not None and cell.size > 1:
            seen.setdefault((visible(cell.topology.label), cell.size, cell.edges))
    return [_drawing(label, size, edges) for label, size, edges in sorted(seen)]


def _drawing(label: str, size: int, edges: tuple[tuple[int, int], ...]) -> Drawing:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(edges)
    at, radius = _places(graph), max(3.0, min(11.0, 60.0 / size))
    mutual = {edge for edge in graph.edges if graph.has_edge(*edge[::-1])}
    lines = [_line(at[u], at[v], radius, head=(u, v) not in mutual) for u, v in edges if (u, v) not in mutual or u < v]
    nodes = [_node(index, at[index], radius) for index in graph.nodes]
    told = f"{label} with {size} agents: {len(edges)} readings. " + _reads(graph)
    return Drawing(
        f"{label}, N = {size}",
        told,
        Markup("<g{}>{}</g>").format(
            Markup(' class="dense"' if len(lines) > 60 else ""), Markup("").join([*lines, *nodes])
        ),
    )


def _places(graph: nx.DiGraph) -> dict[int, tuple[float, float]]:
    """Trees are spread by distance, everything else stands on a circle with agent 0 at the top."""
    undirected = graph.to_undirected()
    tree = nx.is_tree(undirected)
    raw = nx.kamada_kawai_layout(undirected) if tree else nx.circular_layout(graph)
    places = {node: (float(x), float(y)) if tree else (float(y), -float(x)) for node, (x, y) in raw.items()}
    half = (SIDE / 2) - _MARGIN
    reach = max((max(abs(x), abs(y)) for x, y in places.values()), default=1.0) or 1.0
    return {node: (SIDE / 2 + half * x / reach, SIDE / 2 + half * y / reach) for node, (x, y) in places.items()}


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


def _node(index: int, at: tuple[float, float], radius: float) -> Markup:
    x, y = at
    dot = f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
    name = f'<text class="name" x="{x:.1f}" y="{y:.1f}" dy=".35em">{index}</text>' if radius >= 7 else ""
    return Markup(dot + name)


def _reads(graph: nx.DiGraph) -> str:
    if graph.number_of_nodes() > 8:
        return ""
    heard = {node: ", ".join(map(str, sorted(graph.predecessors(node)))) for node in graph.nodes}
    return "; ".join(f"{node} reads {peers or 'no one'}" for node, peers in heard.items()) + "."


def svg(drawn: list[Drawing]) -> str:
    """All drawings in one SVG file, four to a row, on white."""
    columns, height = 4, SIDE + 34
    rows = -(-len(drawn) // columns)
    parts = [
        f'<g transform="translate({index % columns * SIDE:.0f} {index // columns * height:.0f})">'
        f'<text x="{SIDE / 2:.0f}" y="20" class="title">{escape(one.title)}</text>'
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


_STYLE = (
    ".edge{stroke:#5b6470;stroke-width:1.1;fill:none;opacity:.7}.dense .edge{opacity:.28;stroke-width:.8}"
    ".head{fill:#5b6470}"
    ".node{fill:#fff;stroke:#1f2328;stroke-width:1.4}"
    ".name{font-size:10px;text-anchor:middle;fill:#1f2328}.title{font-size:12px;text-anchor:middle;fill:#1f2328}"
)
