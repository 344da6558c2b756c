"""Expressions that are looked for only where they can begin.

A search for a fixed text costs a fraction of a regular expression that ignores case, and most texts hold few of the
places where an answer may be announced. What is found is what the expression alone would find, match for match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TWINS = (("\u017f", "s"), ("\u0131", "i"), ("\u0130", "i"))  # ſ, ı and İ, which re.IGNORECASE takes for s and i


def lowered(text: str) -> str:
    """The text in lower case as ``re.IGNORECASE`` compares it, sign for sign: every place stays where it was."""
    if not text.isascii():
        for sign, twin in _TWINS:
            text = text.replace(sign, twin)
    return text.lower()


@dataclass(frozen=True, slots=True)
class Headed:
    """An expression, with fixed texts one of which stands at the head of each of its matches."""

    heads: Mapping[str, tuple[int, ...]]
    """Each text, in lower case, with how many characters before it a match can begin."""
    pattern: re.Pattern[str]
    """It never matches an empty text."""
    needs: re.Pattern[str] | None = None
    """A quicker expression, without which a text holds no match."""

    def matches(self, text: str, low: str) -> Iterator[re.Match[str]]:
        """What ``pattern.finditer(text)`` gives.

        Args:
            text: Where to look.
            low: The same text, :func:`lowered`.
        """
        if self.needs is not None and not self.needs.search(text):
            return
        starts = {at - lead for head, leads in self.heads.items() for at in _places(low, head) for lead in leads}
        end = 0
        for start in sorted(starts):
            match = self.pattern.match(text, start) if start >= end else None
            if match is not None:
                end = match.end()
                yield match


def _places(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)
