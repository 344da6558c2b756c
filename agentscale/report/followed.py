"""Topologies with what went along their edges: the wider the arrow u → v, the more answers v took over from u."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import hypot
from typing import NamedTuple

from markupsafe import Markup

from agentscale.analysis.sections.reading import along
from agentscale.report.drawings import SIDE, Drawing, graph_of, node, places
from agentscale.report.figures.base import series_name
from agentscale.report.legible import visible
from agentscale.report.numbers import Row, Sheet, between, known, percent, sheet
from agentscale.report.settings import short_names
from agentscale.schema.run import Cell

MOST = 8
_MARGIN, _WIDEST = 28.0, 3.0
COLUMNS = ("cell", "edge", "took_over", "low", "high", "n_items", "flips_to_right", "flips_to_wrong")
CAPTION = (
    "An arrow from u to v says that v reads u; it is the wider, the more answers v took over from u. Solid arrows "
    "brought more answers to the right than to the wrong side, dashed ones more to the wrong; thin grey ones were "
    "followed by nobody. Of the largest team of each layer and topology."
)


class Followed(NamedTuple):
    """What went along the edges of a run's graphs."""

    drawings: list[Drawing]
    sheet: Sheet


class _Edge(NamedTuple):
    """One edge's numbers."""

    name: str
    to_right: float
    to_wrong: float
    share: Row


def followed(cells: Iterable[Cell], reading: Sequence[Row]) -> Followed | None:
    """A drawing of the largest team of every layer and topology, of those in the table ``reading``; or ``None``.

    Args:
        cells: The cells of the run.
        reading: The table ``reading``.
    """
    told: dict[str, dict[tuple[str, str], Row]] = {}
    for row in reading:
        told.setdefault(str(row["cell"]), {})[str(row["measure"]), str(row["at"])] = row
    chosen = _largest(cell for cell in cells if cell.id in told)[:MOST]
    names = short_names(visible(cell.topology.label) for cell in chosen if cell.topology)
    drawn = [_drawing(cell, told[cell.id], names) for cell in chosen]
    rows = [row for cell in chosen for row in _by_edge(cell.id, told[cell.id])]
    return Followed(drawn, sheet("reading", COLUMNS, rows)) if drawn else None


def _by_edge(cell: str, told: Mapping[tuple[str, str], Row]) -> Iterable[Row]:
    """A row an edge: the share that was taken over with its interval, and the flips."""
    for measure, edge in told:
        if measure == "took_over":
            share = told[measure, edge]
            flips = {name: told[name, edge]["value"] for name in ("flips_to_right", "flips_to_wrong")}
            ends = {name: share[name] for name in ("low", "high", "n_items")}
            yield {"cell": cell, "edge": edge, "took_over": share["value"], **ends, **flips}


def _largest(cells: Iterable[Cell]) -> list[Cell]:
    found: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        key = cell.task, cell.layer, cell.protocol.label, cell.topology and cell.topology.label
        if key not in found or cell.size > found[key].size:
            found[key] = cell
    return list(found.values())


def _drawing(cell: Cell, told: Mapping[tuple[str, str], Row], names: Mapping[str, str]) -> Drawing:
    at, radius = places(graph_of(cell), SIDE, _MARGIN), max(5.0, min(11.0, 72 / cell.size))
    edges = {(u, v): _edge(cell, u, v, told) for u, v in cell.edges}
    widest = max((edge.to_right + edge.to_wrong for edge in edges.values()), default=0.0)
    ordered = sorted(edges.items(), key=lambda item: item[1].to_right + item[1].to_wrong)
    arrows = [_arrow(at[u], at[v], radius, edge, widest) for (u, v), edge in ordered]
    nodes = [node(index, at[index], radius) for index in range(cell.size)]
    layer = series_name({"layer": cell.layer, "team": cell.team_name})
    place = f" on {names[visible(cell.topology.label)]}" if cell.topology else ""
    title = f"{visible(layer)}, {visible(cell.protocol.name)}{place}"
    return Drawing(title, _in_words(title, [edge for _, edge in ordered[::-1]]), Markup("").join([*arrows, *nodes]))


def _edge(cell: Cell, u: int, v: int, told: Mapping[tuple[str, str], Row]) -> _Edge:
    name = along(cell.team.slots[u], cell.team.slots[v])
    right, wrong = (told.get((f"flips_to_{side}", name), {}).get("value") for side in ("right", "wrong"))
    both = [float(value) if known(value) else 0.0 for value in (right, wrong)]  # type: ignore[arg-type]
    return _Edge(visible(name), both[0], both[1], told.get(("took_over", name), {}))


def _arrow(start: tuple[float, float], end: tuple[float, float], radius: float, edge: _Edge, widest: float) -> Markup:
    """A bent arrow: its way back bends to the other side, so that the two can be told apart."""
    (x1, y1), (x2, y2) = start, end
    away = hypot(x2 - x1, y2 - y1) or 1.0
    ux, uy = (x2 - x1) / away, (y2 - y1) / away
    flips = edge.to_right + edge.to_wrong
    width = 0.6 + _WIDEST * flips / widest if widest and flips else 0.5
    bend, head = min(16.0, away * 0.14), 3.0 + width
    mx, my = (x1 + x2) / 2 - uy * bend, (y1 + y2) / 2 + ux * bend
    back = hypot(x2 - mx, y2 - my) or 1.0
    bx, by = (x2 - mx) / back, (y2 - my) / back
    tx, ty = x2 - bx * (radius + 1), y2 - by * (radius + 1)
    kind = "idle" if not flips else "gain" if edge.to_right >= edge.to_wrong else "loss"
    line = f"M{x1:.1f} {y1:.1f}Q{mx:.1f} {my:.1f} {tx - bx * head:.1f} {ty - by * head:.1f}"
    wing = f"{tx - bx * head - by * head / 2:.1f} {ty - by * head + bx * head / 2:.1f}"
    other = f"{tx - bx * head + by * head / 2:.1f} {ty - by * head - bx * head / 2:.1f}"
    return Markup(
        '<g class="flow {}"><title>{}</title><path class="way" stroke-width="{:.1f}" d="{}"/>'
        '<path class="tip" d="M{:.1f} {:.1f}L{}L{}Z"/></g>'
    ).format(kind, _told(edge), width, line, tx, ty, wing, other)


def _told(edge: _Edge) -> str:
    share = edge.share
    span = between(share.get("low"), share.get("high"), percent)
    taken = f"taken over {percent(share.get('value'))}" + (f" ({span})" if span else "")
    return f"{edge.name}: {taken}; a question {edge.to_right:.3f} to right, {edge.to_wrong:.3f} to wrong"


def _in_words(title: str, edges: Sequence[_Edge]) -> str:
    told = "; ".join(map(_told, edges[:3]))
    more = f"; {len(edges) - 3} more in the table" if len(edges) > 3 else ""
    return f"{title}: the edges along which most answers changed sides: {told}{more}."
