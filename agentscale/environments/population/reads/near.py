"""Individuals that walk on a grid and hear who is near.

Reference: R. Takata, A. Masumori and T. Ikegami, "Spontaneous emergence of agent individuality through social
interactions in LLM-based communities", arXiv 2411.03252.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.environments.population.reads.base import Act, Ints, Reads, Ties
from agentscale.rewiring import near
from agentscale.schema.worlds import Edges

_WAYS = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0), "stay": (0, 0)}
_LINE = re.compile(r"^[ \t*_]*move:[ \t*_]*(.*?)[ \t*_.]*$", re.IGNORECASE | re.MULTILINE)


class Near(Reads):
    """Everybody reads who stands within a radius, reckoned anew after each step."""

    legend: ClassVar[str] = (
        "You stand on a grid and hear what those said last who are near. Add a line `Move: <north, south, east, west "
        "or stay>` to take one step."
    )

    rule: Literal["near"] = "near"
    side: int = Field(default=50, ge=1)
    """Length of the grid's side, in steps; at its walls nobody goes on."""
    radius: float = Field(default=5.0, ge=0)
    """How far one hears, in steps, that distance included."""

    def start(self, individuals: int, edges: Edges, rng: np.random.Generator) -> Ties:
        """Places are drawn, each as likely as the others; two may share one."""
        return self._ties(rng.integers(0, self.side, (individuals, 2)))

    def told(self, ties: Ties, who: Ints) -> str:
        """Where one stands; of several individuals together nothing."""
        if len(who) != 1:
            return ""
        x, y = ties.traits[who[0]].astype(int)
        return f"You stand at ({x}, {y}) of a grid from (0, 0) to ({self.side - 1}, {self.side - 1})."

    def acts(self, text: str, individuals: int) -> tuple[list[Any], int]:
        """The last step that is named."""
        ways = [_WAYS.get(way.lower()) for way in _LINE.findall(text)]
        known = [way for way in ways if way is not None]
        return known[-1:], len(ways) - len(known)

    def after(self, ties: Ties, acts: Iterable[Act], active: NDArray[np.bool_], rng: np.random.Generator) -> Ties:
        """All have moved at once."""
        places = ties.traits.copy()
        for who, way in acts:
            places[who] += way
        return self._ties(np.clip(places, 0, self.side - 1))

    @property
    def marks(self) -> Sequence[str]:
        """One."""
        return ("move:",)

    def _ties(self, places: NDArray[np.integer] | NDArray[np.floating]) -> Ties:
        return Ties.of(near(places, self.radius), np.asarray(places, np.float64))
