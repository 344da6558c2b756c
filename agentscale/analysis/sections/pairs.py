"""How alike every two agents of a team are: the cells of a map of similarity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.arrays import MISSING
from agentscale.analysis.sections.base import Number, Sight
from agentscale.analysis.spectrum import gram

MOST_AGENTS = 16
"""Agents of the largest team of which every pair is told: their number grows with the square."""


def pairs(sight: Sight) -> Iterator[Number]:
    """Cosine of the last texts and agreement of the last answers of each pair of 2 to 16 agents, else nothing.

    A question at which one of the two has no text (no readable answer) is left out of the pair's cosine (agreement).
    """
    if not 2 <= sight.n_agents <= MOST_AGENTS:
        return
    texts, last = gram(sight.embedded), sight.last
    readable = last != MISSING
    slots = sight.arrays.cell.team.slots
    for a, b in zip(*np.triu_indices(sight.n_agents, 1), strict=True):
        cosine = np.where(texts.present[:, a] & texts.present[:, b], texts.cosines[:, a, b], np.nan)
        same = np.where(readable[:, a] & readable[:, b], last[:, a] == last[:, b], np.nan)
        yield from sight.means({"cosine": cosine, "same_answer": same}, at=between(slots[a], slots[b]))


def between(a: str, b: str) -> str:
    """How a pair is written in the table."""
    return f"{a} × {b}"
