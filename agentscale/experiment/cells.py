"""Lays out the cells of a sweep in a stable order: task, protocol, topology, team, size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx

from agentscale import topology
from agentscale.errors import SpecError
from agentscale.experiment.labels import CellName, cell_ids, label
from agentscale.experiment.levels import Levels, ProtocolLevel, TopologyLevel
from agentscale.experiment.questions import asked, question
from agentscale.experiment.teams import Deal
from agentscale.schema.agents import Agent, Team
from agentscale.schema.run import Cell, NotApplicable

if TYPE_CHECKING:
    from agentscale.protocols import InteractionProtocol
    from agentscale.schema.worlds import World


MOST_TOLD = 6
"""Combinations that cannot be, of which a message tells the reason."""


@dataclass(frozen=True)
class Combination:
    """One level of each factor. ``topology`` is ``None`` where it plays no part."""

    task: str
    protocol: ProtocolLevel
    topology: TopologyLevel | None
    deal: Deal
    size: int
    parts: dict[str, Agent]
    unplayable: str | None = None
    """Why the protocol cannot be played on the task at all."""
    worlds: tuple[World, ...] = ()
    """The worlds that the questions open."""

    @property
    def team(self) -> Team:
        """The members, and who plays a part beside them."""
        return self.deal.team(self.size).model_copy(update={"parts": self.parts})

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

    @property
    def called(self) -> str:
        """The graph and the size, in words."""
        over = "" if self.topology is None else f"{self.topology.full.label} with "
        return f"{over}{self.size} agent{'s' * (self.size > 1)}"

    def unfit(self) -> str | None:
        """Why there is no graph of that size, or ``None``."""
        return None if self.topology is None else self.topology.topology.unfit(self.size)

    def graph(self, seed: int) -> nx.DiGraph:
        """The graph of the cell; without edges where it plays no part."""
        if self.topology is None:
            return nx.empty_graph(self.size, create_using=nx.DiGraph)
        return topology.build(self.topology.topology, self.size, seed)


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
        questions = [asked(question(sample, task.task.spec, task.task.permuted_by)) for sample in task.task.samples]
        for protocol, parts in zip(levels.protocols, task.casts, strict=True):
            why = protocol.protocol.unfit_for(questions)
            worlds = tuple(question.world for question in questions if question.world is not None)
            for place, over in enumerate(levels.topologies):
                for deal in task.deals:
                    for size in deal.sizes:
                        if protocol.protocol.uses_topology and size > 1:
                            yield Combination(task.task.spec.name, protocol, over, deal, size, parts, why, worlds)
                        elif place == 0:
                            yield Combination(task.task.spec.name, protocol, None, deal, size, parts, why, worlds)


def lay_out(levels: Levels, seed: int) -> Layout:
    """The cells of a sweep.

    Args:
        levels: The levels of its factors.
        seed: The run's seed, from which graphs are drawn.

    Raises:
        SpecError: If no combination can be, or a graph cannot be drawn; the key is ``topology``, or
            ``protocol`` where that has a part in it.
    """
    every = list(combinations(levels))
    names = cell_ids([combination.name for combination in every])
    built = [_built(combination, seed) for combination in every]
    cells = [(name, one) for name, one in zip(names, built, strict=True) if isinstance(one, _Built)]
    if not cells:
        raise _none_left(every, [why for why in built if isinstance(why, str)])
    return Layout(
        cells=tuple(_cell(name, one) for name, one in cells),
        protocols={name: one.made.protocol.protocol for name, one in cells},
        graphs={name: one.graph for name, one in cells},
        not_applicable=tuple(
            NotApplicable(cell=name, reason=why) for name, why in zip(names, built, strict=True) if isinstance(why, str)
        ),
    )


class _Built(NamedTuple):
    """A combination that can be played, with its team and its graph."""

    made: Combination
    team: Team
    graph: nx.DiGraph


def _built(made: Combination, seed: int) -> _Built | str:
    """The combination as it is played, or why it cannot be: no such graph, or none that the protocol can use."""
    if why := made.unfit():
        return why
    one = _Built(made, made.team, made.graph(seed))
    why = made.unplayable or made.protocol.protocol.unfit(one.team, one.graph) or _unfit_world(one)
    return one if why is None else f"{made.protocol.protocol.name} {why}"


def _unfit_world(one: _Built) -> str | None:
    """Why one of the worlds cannot be played by the team over the graph: no trial is left out of a cell."""
    edges = tuple(one.graph.edges)
    reasons = (world.unfit(len(one.team.agents), edges) for world in one.made.worlds)
    return next((f"plays a world that {why}" for why in reasons if why is not None), None)


def _none_left(every: Sequence[Combination], reasons: Sequence[str]) -> SpecError:
    texts = list(dict.fromkeys(f"{made.called}: {why}" for made, why in zip(every, reasons, strict=True)))
    more = f"; and {len(texts) - MOST_TOLD} more" if len(texts) > MOST_TOLD else ""
    told = f"no cell is left; {'; '.join(texts[:MOST_TOLD])}{more}"
    if all(made.unfit() for made in every):
        return SpecError(told, key="topology", remedy="change team.size or topology")
    return SpecError(told, key="protocol", remedy="change team.size, topology or protocol")


def _cell(name: str, one: _Built) -> Cell:
    made, team = one.made, one.team
    return Cell(
        id=name,
        task=made.task,
        layer=made.deal.layer,
        team_name=made.deal.name,
        size=made.size,
        team=team,
        protocol=made.protocol.full,
        topology=None if made.topology is None else made.topology.full,
        edges=tuple(one.graph.edges),
        groups=topology.groups_of(one.graph),
        temperature=tuple(dict.fromkeys(agent.sampling.temperature for agent in team.agents)),
    )
