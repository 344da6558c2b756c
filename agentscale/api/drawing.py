"""One topology at one size: its graph, its measures, and pictures of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.errors import SpecError

if TYPE_CHECKING:
    import networkx as nx

    from agentscale.schema.run import Named
    from agentscale.topology import Measures

MOST_AGENTS = 1_024
"""Agents of a team that is drawn and measured."""


@dataclass(frozen=True)
class DrawnTopology:
    """A topology at one size."""

    named: Named
    """As it was asked for."""
    seed: int
    graph: nx.DiGraph
    measures: Measures

    @property
    def title(self) -> str:
        """Its name and parameters, and the size."""
        return f"{self.named.label}, N = {len(self.graph)}"

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            **self.named.model_dump(mode="json"),
            "n": len(self.graph),
            "seed": self.seed,
            "edges": [list(edge) for edge in self.graph.edges],
            "groups": [list(group) for group in self.graph.graph.get("groups", ())],
            "positions": [list(place) for place in self.graph.graph.get("positions", ())],
            "measures": self.measures.model_dump(mode="json"),
        }

    def text(self) -> str:
        """A picture in characters with the measures beside it, within 80 columns."""
        from agentscale.report.sketches import page

        return page(self.title, self.graph, self.measures)

    def svg(self) -> str:
        """The drawing as the text of an SVG file."""
        from agentscale.report.drawings import drawing, svg
        from agentscale.report.legible import visible

        return svg([drawing(visible(self.named.label), self.graph, room=120.0)])


def draw(topology: str | Mapping[str, Any], n: int, seed: int = 0) -> DrawnTopology:
    """The graph of a topology with ``n`` agents, and its measures.

    Args:
        topology: As in an experiment file: a name, or ``{name: {parameter: value}}``, also as the text of it.
        n: Agents, 1 to 1,024.
        seed: The run's seed, which decides what is drawn at random.

    Raises:
        SpecError: If there is no such topology, or none of that size.
    """
    from agentscale import topology as room
    from agentscale.experiment import find_topology

    named = _named(topology)
    if not 1 <= n <= MOST_AGENTS:
        raise SpecError(f"got {n}", key="n", allowed=f"1 to {MOST_AGENTS} agents")
    graph = room.build(find_topology(named, Path()), n, seed)
    return DrawnTopology(named, seed, graph, room.measures(graph, seed))


def _named(topology: object) -> Named:
    from pydantic import TypeAdapter, ValidationError

    from agentscale.catalog.document import parse_value
    from agentscale.schema.experiment import NamedLevel

    said = parse_value(topology, "topology") if isinstance(topology, str) else topology
    adapter: TypeAdapter[Named] = TypeAdapter(NamedLevel)
    try:
        return adapter.validate_python(said)
    except ValidationError:
        raise SpecError(
            f"got {said!r}", key="topology", allowed="a name, or {name: {parameter: value}} as in an experiment file"
        ) from None
