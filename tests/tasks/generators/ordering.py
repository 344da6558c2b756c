"""The set ``ordering``: who stands where in a queue of three to seven, from clues that leave one order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.tasks.generators.draws import Draws

NAMES = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jana", "Kai", "Lea", "Mio", "Nora"]
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
COUNT = 40
SIZES = {level: level + 2 for level in range(1, 6)}
Mask = NDArray[np.bool_]


def samples() -> Iterator[dict[str, Any]]:
    for level, n in SIZES.items():
        draws = Draws(f"ordering/{level}")
        places = np.array(list(permutations(range(n))))  # row r: the place of each person in order r
        for number in range(1, COUNT + 1):
            people = sorted(draws.some(NAMES, n))
            truth = draws.below(len(places))
            clues = _clues(draws, people, places, truth)
            asked = draws.below(n)
            yield {
                "id": f"ordering-{level}-{number:03d}",
                "input": _written(draws, people, clues, asked),
                "choices": people,
                "target": "ABCDEFG"[int(np.flatnonzero(places[truth] == asked)[0])],
                "level": level,
                "metadata": {"area": "queue"},
            }


def _clues(draws: Draws, people: list[str], places: NDArray[np.int64], truth: int) -> list[str]:
    """True clues that leave one order, none of which could be spared."""
    chosen: dict[str, Mask] = {}
    while np.logical_and.reduce([np.ones(len(places), dtype=bool), *chosen.values()]).sum() > 1:
        text, mask = _clue(draws, people, places)
        if mask[truth] and not mask.all():
            chosen[text] = mask
    for text in list(chosen):
        others = [mask for name, mask in chosen.items() if name != text]
        if others and np.logical_and.reduce(others).sum() == 1:
            del chosen[text]
    return list(chosen)


def _clue(draws: Draws, people: list[str], places: NDArray[np.int64]) -> tuple[str, Mask]:
    a, b = draws.some(range(len(people)), 2)
    x, y, one, two = people[a], people[b], places[:, a], places[:, b]
    last = len(people) - 1
    return draws.one(
        [
            (f"{x} stands directly in front of {y}.", two - one == 1),
            (f"{x} stands somewhere in front of {y}.", one < two),
            (f"{x} stands somewhere in front of {y}.", one < two),
            (f"{x} is not first.", one != 0),
            (f"{x} is not last.", one != last),
            (f"Exactly one person stands between {min(x, y)} and {max(x, y)}.", abs(one - two) == 2),
            (f"{min(x, y)} and {max(x, y)} do not stand next to each other.", abs(one - two) != 1),
        ]
    )


def _written(draws: Draws, people: list[str], clues: list[str], asked: int) -> str:
    names = f"{', '.join(people[:-1])} and {people[-1]}"
    lines = "\n".join(draws.some(clues, len(clues)))
    return f"{names} stand in a queue.\n{lines}\nWho stands {PLACES[asked]}, counted from the front?"
