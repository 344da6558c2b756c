"""Agents in groups that overlap."""

from __future__ import annotations

from math import comb
from typing import Annotated, ClassVar

import networkx as nx
import numpy as np
from pydantic import Field, field_validator

from agentscale.topology.base import Topology
from agentscale.topology.connecting import first_connected
from agentscale.topology.groups import joined


class Hypergraph(Topology):
    """Groups of agents: members of a group read one another. The graph carries the groups (see `groups`).

    With ``members`` the groups are those of the file. Else ``groups`` different groups of ``size`` agents are drawn,
    each as likely as any other: the uniform random hypergraph.

    Reference: M. Karoński and T. Łuczak, "The phase transition in a random hypergraph", Journal of Computational and
    Applied Mathematics 142 (2002); for agents "HyperAgent", arXiv 2510.10611.
    """

    name: ClassVar[str] = "hypergraph"

    size: int = Field(default=3, ge=2)
    """Agents in a group that is drawn."""
    groups: int | None = Field(default=None, ge=1)
    """Groups to draw; by default as many as there are agents, or all where there are fewer."""
    connected: bool = True
    """Draw until groups link all agents."""
    members: tuple[tuple[Annotated[int, Field(ge=0)], ...], ...] | None = None
    """The agents of each group, in place of a draw: ``[[0, 1, 2], [2, 3]]``."""

    @field_validator("members")
    @classmethod
    def _groups_are_groups(cls, members: tuple[tuple[int, ...], ...] | None) -> tuple[tuple[int, ...], ...] | None:
        for group in members or ():
            if len(set(group)) != len(group) or len(group) < 2:
                raise ValueError(f"groups of two or more different agents, not {list(group)}")
        if members is not None and not members:
            raise ValueError("one group or more")
        return members

    def unfit(self, n: int) -> str | None:
        """The groups of a file have their own agents, and drawn ones must be there to be drawn."""
        if self.members is not None:
            own = {agent for group in self.members for agent in group}
            if own != set(range(n)):
                return f"its groups have {len(own)} agents, of 0 to {max(own)}, not 0 to {n - 1}"
            return None
        if n < self.size:
            return f"groups of {self.size} need {self.size} agents or more"
        if self._groups(n) > comb(n, self.size):
            return f"there are {comb(n, self.size)} groups of {self.size} among {n} agents, not {self.groups}"
        if self.connected and self._groups(n) * (self.size - 1) < n - 1:
            return f"{self._groups(n)} groups of {self.size} never link {n} agents"
        return None

    def _groups(self, n: int) -> int:
        return self.groups or min(n, comb(n, self.size))

    def graph(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        """The groups of the file, or a draw.

        Raises:
            SpecError: If no draw was connected.
        """
        if self.members is not None:
            return joined(n, self.members)
        if not self.connected:
            return self._draw(n, rng)
        return first_connected(
            lambda: self._draw(n, rng),
            f"hypergraphs with n = {n} and {self._groups(n)} groups of {self.size}",
            key="hypergraph.groups",
            allowed="more groups, larger ones, or connected: false",
        )

    def _draw(self, n: int, rng: np.random.Generator) -> nx.DiGraph:
        drawn: dict[tuple[int, ...], None] = {}
        while len(drawn) < self._groups(n):
            drawn[tuple(sorted(rng.choice(n, self.size, replace=False).tolist()))] = None
        return joined(n, drawn)
