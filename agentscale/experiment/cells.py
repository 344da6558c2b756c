"""Lays out the cells of a sweep in a stable order: task, protocol, topology, team, size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

from agentscale import topology
from agentscale.errors import SpecError
from agentscale.experiment.labels import CellName, cell_ids, label
from agentscale.experiment.levels import Levels, ProtocolLevel, TopologyLevel
from agentscale.experiment.teams import Deal
from agentscale.schema.run import Cell, NotApplicable

if TYPE_CHECKING:
    from agentscale.protocols import InteractionProtocol


@dataclass(frozen=True)
class Combination:
    """One level of each factor. ``topology`` is ``None`` where it plays no part."""

    task: str
    protocol: ProtocolLevel
    topology: TopologyLevel | None
    deal: Deal
    size: int

    @property
    def name(self) -> CellName:
        """What the cell's name is made of."""
        over = [] if self.topology is None else [label(self.topology.written)]
        team = [self.deal.layer] if self.deal.name == self.deal.layer else [self.deal.layer, self.deal.name]
        levels = [
            self.task,
            self.protocol.full.model_dump(mode="json"),
            None if self.topology is None else self.topology.full.model_dump(mode="json"),
            *(self.deal.layer, self.deal.name, self.size),
        ]
        return CellName((self.task, label(self.protocol.written), *over, *team, f"n{self.size}"), tuple(levels))

    def unfit(self) -> str | None:
        """Why there is no such cell, or ``None``."""
        return None if self.topology is None else self.topology.topology.unfit(self.size)


@dataclass(frozen=True)
class Layout:
    """The cells of a sweep, with what is played in each, and those that cannot be."""

    cells: tuple[Cell, ...]
    protocols: dict[str, InteractionProtocol]
    graphs: dict[str, nx.DiGraph]
    not_applicable: tuple[NotApplicable, ...]


def combinations(levels: Levels) -> Iterator[Combination]:
    """Every combination of levels once.

    Topologies collapse where the protocol has no use for one, and for an agent that is alone.
    """
    for task in levels.tasks:
        for protocol in levels.protocols:
            for place, over in enumerate(levels.topologies):
                for deal in task.deals:
                    for size in deal.sizes:
                        if protocol.protocol.uses_topology and size > 1:
                            yield Combination(task.task.spec.name, protocol, over, deal, size)
                        elif place == 0:
                            yield Combination(task.task.spec.name, protocol, None, deal, size)


def lay_out(levels: Levels, seed: int) -> Layout:
    """The cells of a sweep.

    Args:
        levels: The levels of its factors.
        seed: The run's seed, from which graphs are drawn.

    Raises:
        SpecError: If no combination can be, or a graph cannot be drawn; the key is ``topology``.
    """
    every = list(combinations(levels))
    names = cell_ids([combination.name for combination in every])
    reasons = [combination.unfit() for combination in every]
    absent = [NotApplicable(cell=name, reason=why) for name, why in zip(names, reasons, strict=True) if why]
    present = [(name, made) for name, made, why in zip(names, every, reasons, strict=True) if not why]
    if not present:
        raise _none_left(every, [why for why in reasons if why])
    graphs = {name: _graph(made, seed) for name, made in present}
    return Layout(
        cells=tuple(_cell(name, made, graphs[name]) for name, made in present),
        protocols={name: made.protocol.protocol for name, made in present},
        graphs=graphs,
        not_applicable=tuple(absent),
    )


def _none_left(every: Sequence[Combination], reasons: Sequence[str]) -> SpecError:
    texts = [
        f"{made.topology.full.label} with {made.size} agents: {why}"
        for made, why in zip(every, reasons, strict=True)
        if made.topology is not None
    ]
    return SpecError("no cell is left; " + "; ".join(dict.fromkeys(texts)), remedy="change team.size or topology")


def _graph(made: Combination, seed: int) -> nx.DiGraph:
    if made.topology is None:
        return nx.empty_graph(made.size, create_using=nx.DiGraph)
    return topology.build(made.topology.topology, made.size, seed)


def _cell(name: str, made: Combination, graph: nx.DiGraph) -> Cell:
    team = made.deal.team(made.size)
    return Cell(
        id=name,
        task=made.task,
        layer=made.deal.layer,
        team_name=made.deal.name,
        size=made.size,
        team=team,
        protocol=made.protocol.full,
        topology=None if made.topology is None else made.topology.full,
        edges=tuple(graph.edges),
        temperature=tuple(dict.fromkeys(agent.sampling.temperature for agent in team.agents)),
    )
