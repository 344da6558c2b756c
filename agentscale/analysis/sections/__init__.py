"""Sections: everything that is told of a cell beyond its row, one file a table, each number an estimate.

To add one: a file with a function from a `Sight` to `Told` numbers, and an entry in `SECTIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from agentscale.analysis.sections.agreements import agreements
from agentscale.analysis.sections.attitudes import attitudes
from agentscale.analysis.sections.base import COLUMNS, Number, Section, Sight, Told, row
from agentscale.analysis.sections.contributions import contributions
from agentscale.analysis.sections.debates import debates
from agentscale.analysis.sections.diversity import diversity
from agentscale.analysis.sections.evidence import evidence
from agentscale.analysis.sections.overhead import overhead
from agentscale.analysis.sections.pairs import pairs
from agentscale.analysis.sections.reading import reading
from agentscale.analysis.sections.selection import selection
from agentscale.analysis.sections.survival import survival

SECTIONS: dict[str, Section] = {
    "diversity": diversity,
    "contributions": contributions,
    "pairs": pairs,
    "agreement": agreements,
    "selection": selection,
    "evidence": evidence,
    "debate": debates,
    "attitudes": attitudes,
    "reading": reading,
    "overhead": overhead,
    "survival": survival,
}
"""Every section by the name of its table."""

OF_WORLDS = ("diversity", "attitudes", "overhead", "survival")
"""Those that hold where agents acted on a world: all others ask whether what one of them said was right."""


def section_rows(sight: Sight) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The rows of a cell in the table of every section; all its means get their intervals from one bootstrap."""
    names = OF_WORLDS if sight.arrays.is_world else tuple(SECTIONS)
    said: dict[str, list[Number]] = {name: list(SECTIONS[name](sight)) for name in names}
    told = sight.settled(number for numbers in said.values() for number in numbers)
    for name, numbers in said.items():
        yield name, [row(sight.arrays.cell.id, one) for one in islice(told, len(numbers))]


__all__ = ["COLUMNS", "SECTIONS", "Section", "Sight", "Told", "section_rows"]
