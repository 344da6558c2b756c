"""Names of nodes: pronounceable, all of one length, so that none is the beginning of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_SYLLABLES = tuple(consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeiou")
_SPARE = {"None": "Nyne"}
"""What is an answer of a problem is nobody's name; in its place stands one that is never drawn."""


def drawn_names(n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """``n`` names in an order that says nothing of who is where."""
    length = 2
    while len(_SYLLABLES) ** length < n:
        length += 1
    places = rng.choice(len(_SYLLABLES) ** length, size=n, replace=False, shuffle=True)
    return tuple(_name(int(place), length) for place in places)


def _name(place: int, length: int) -> str:
    parts = []
    for _ in range(length):
        place, at = divmod(place, len(_SYLLABLES))
        parts.append(_SYLLABLES[at])
    name = "".join(parts).capitalize()
    return _SPARE.get(name, name)
