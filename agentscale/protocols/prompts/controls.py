"""Texts that have the size of others and say nothing: what a treatment is compared with.

They match in words, line by line. Matched in characters, they could have more tokens than any bound on the original.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_PASSAGE = """
    This passage fills a place and says nothing about the question. It names no answer, gives no reason and asks for
    nothing. Whoever reads it may go on as if it were not here. The weather is neither fine nor foul, the street is
    neither long nor short, and the day goes by like any other.
"""
_VOCABULARY = """
    apple bench cloud door early field garden house iron jacket kitchen lamp market narrow open paper quiet river
    stone table under velvet window yellow basket candle distant engine follow gentle harbour island journey ladder
    morning nature orange pocket quarter ribbon silver ticket useful valley winter
"""
_WORDS = _VOCABULARY.split()
_SIGNS = re.compile(r"[>\-]")
_UNKNOWN = re.compile("\ue000[^\ue001]*\ue001")
"""What a rehearsal puts in place of a text that is not known yet (`agentscale.experiment.sizes`)."""


def noise(text: str, rng: np.random.Generator) -> str:
    """The text with every word replaced by one drawn at random; lines and the signs before them stay."""
    return _replaced(text, "noise", lambda: _WORDS[int(rng.integers(len(_WORDS)))])


def padding(text: str) -> str:
    """The text with its words replaced by those of a neutral passage; lines and the signs before them stay."""
    words = cycle(_PASSAGE.split())
    return _replaced(text, "padding", lambda: next(words))


def _replaced(text: str, kind: str, word: Callable[[], str]) -> str:
    return "\n".join(" ".join(_instead(part, kind, word) for part in line.split(" ")) for line in text.split("\n"))


def _instead(part: str, kind: str, word: Callable[[], str]) -> str:
    """Of a text that is not known yet, another that is not known and has the same bound."""
    if _UNKNOWN.search(part):
        return _UNKNOWN.sub(lambda found: f"{found[0][:-1]}/{kind}\ue001", part)
    return part if not part or _SIGNS.fullmatch(part) else word()
