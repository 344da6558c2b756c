"""Sections: everything that is told of a cell beyond its row, one file a table, each number an estimate.

To add one: a file with a function from a `Sight` to `Told` numbers, and an entry in `SECTIONS`.
"""

from __future__ import annotations

from agentscale.analysis.sections.agreements import agreements
from agentscale.analysis.sections.base import COLUMNS, Section, Sight, Told, row
from agentscale.analysis.sections.debates import debates
from agentscale.analysis.sections.diversity import diversity
from agentscale.analysis.sections.evidence import evidence
from agentscale.analysis.sections.overhead import overhead
from agentscale.analysis.sections.selection import selection

SECTIONS: dict[str, Section] = {
    "diversity": diversity,
    "agreement": agreements,
    "selection": selection,
    "evidence": evidence,
    "debate": debates,
    "overhead": overhead,
}
"""Every section by the name of its table."""

__all__ = ["COLUMNS", "SECTIONS", "Section", "Sight", "Told", "row"]
