"""Curves over team size and what is compared on them: which cells belong together, and their columns by question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.arrays import CellArrays, Floats, Ints
from agentscale.analysis.subteams import subteam_curve
from agentscale.schema.run import Cell

LAYERS = ("L1", "L2", "L3", "L4")
PAIRS = (("L2", "L1"), ("L3", "L1"), ("L4", "L1"), ("L4", "L3"))


class TeamKey(NamedTuple):
    """A team under a task, at any size."""

    task: str
    layer: str
    team: str


class Setting(NamedTuple):
    """A point of a curve: all that its cells share. ``team`` is empty for a layer, whose teams are averaged."""

    task: str
    layer: str
    team: str
    protocol: str
    topology: str
    size: int

    def played(self) -> str:
        """Task, protocol and, where it matters, topology."""
        return f"{self.task} · {self.protocol}" + (f" on {self.topology}" if self.topology else "")

    def __str__(self) -> str:
        team = "" if self.team in ("", self.layer) else f" {self.team}"
        return f"{self.played()} · {self.layer}{team} × {self.size}"


class VoteCurve(NamedTuple):
    """A team's vote at every size up to the recorded one."""

    slots: tuple[str, ...]
    """The recorded agents, in the order of the deal."""
    by_size: Floats
    """Accuracy by question and size, shape (Q, recorded); column N − 1 is size N. A size is ``nan`` throughout where
    the exact sum is too long for any question: those questions are not like the others, and may not be left out."""
    alone: NDArray[np.bool_]
    """Whether the first agents are the only sub-team of that size and composition, shape (recorded,)."""


def team_key(cell: Cell) -> TeamKey:
    """The team that the cell has a size of."""
    return TeamKey(cell.task, cell.layer, cell.team_name)


def setting(cell: Cell, *, team: bool) -> Setting:
    """The cell's setting; ``team`` keeps the teams of a layer apart, as explicit teams always are."""
    apart = team or cell.layer not in LAYERS
    topology = cell.topology.label if cell.topology else ""
    return Setting(cell.task, cell.layer, cell.team_name if apart else "", cell.protocol.label, topology, cell.size)


def grouped(cells: Iterable[Cell]) -> dict[Setting, list[Cell]]:
    """The cells of every point of a curve, in the order in which the points first appear."""
    groups: dict[Setting, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(setting(cell, team=False), []).append(cell)
    return groups


def is_vote(cell: Cell) -> bool:
    """Whether the agents answered once and alone, so that any of them could have been left out."""
    return cell.protocol.name == "vote"


def vote_curve(arrays: CellArrays) -> VoteCurve:
    """Accuracy of a recorded vote team at every smaller size.

    The team of size N has the composition of the deal's first N agents, and is averaged over all sub-teams of the
    recorded one with that composition.
    """
    configs = [agent.config_id for agent in arrays.cell.team.agents]
    names = {name: at for at, name in enumerate(dict.fromkeys(configs))}
    config = np.array([names[name] for name in configs])
    takes = dealt(config)
    by_trial = subteam_curve(arrays.last(arrays.answers), config, takes)
    by_trial[:, np.isnan(by_trial).any(axis=0)] = np.nan
    by_size = np.stack([arrays.by_item(column) for column in by_trial.T], axis=1)
    return VoteCurve(arrays.cell.team.slots, by_size, ((takes == 0) | (takes == takes[-1])).all(axis=1))


def dealt(config: Ints) -> Ints:
    """Composition of the first 1, 2, … agents: shape (N, configurations)."""
    return np.asarray(np.eye(int(config.max()) + 1, dtype=np.int64)[config].cumsum(axis=0))


def team_mean(columns: Sequence[Floats]) -> Floats:
    """Mean over the teams of a layer, question by question; ``nan`` where a team has no trial of the question."""
    return np.asarray(np.mean(np.stack(columns), axis=0))


def temperatures(cells: Iterable[Cell]) -> str:
    """The distinct temperatures of the cells, such as ``0, 0.7``; ``default`` is the endpoint's own."""
    found = {heat for cell in cells for heat in cell.temperature}
    told = sorted(heat for heat in found if heat is not None)
    return ", ".join([*(f"{heat:g}" for heat in told), *(["default"] if None in found else [])])
