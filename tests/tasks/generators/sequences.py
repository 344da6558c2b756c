"""The set ``sequences``: the next number of a sequence that one plain rule makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.tasks.generators.draws import Draws

COUNT = 50
Made = tuple[list[int], str]
"""All terms, of which the last is asked for, and the rule in words."""


def samples() -> Iterator[dict[str, Any]]:
    for level, rules in RULES.items():
        draws, seen = Draws(f"sequences/{level}"), set()
        while len(seen) < COUNT:
            terms, rule = draws.one(rules)(draws)
            shown = ", ".join(map(str, terms[:-1]))
            if shown in seen:
                continue
            seen.add(shown)
            yield {
                "id": f"sequences-{level}-{len(seen):03d}",
                "input": f"Which number comes next: {shown}?",
                "target": str(terms[-1]),
                "level": level,
                "metadata": {"rule": rule},
            }


def _steps(sizes: list[int]) -> Callable[[Draws], Made]:
    def made(draws: Draws) -> Made:
        step, down = draws.one(sizes), draws.below(3) == 0
        start = 1 + draws.below(50) + (6 * step if down else 0)
        sign = -1 if down else 1
        return [start + sign * step * n for n in range(6)], f"{'take away' if down else 'add'} {step}"

    return made


def _times(draws: Draws) -> Made:
    factor, start = draws.one([2, 2, 3]), 1 + draws.below(9)
    return [start * factor**n for n in range(6)], f"times {factor}"


def _halves(draws: Draws) -> Made:
    last = 1 + draws.below(12)
    return [last * 2**n for n in reversed(range(6))], "half of it"


def _in_turn(draws: Draws) -> Made:
    first, second = draws.some([1, 2, 3, 4, 5, 10], 2)
    terms = [1 + draws.below(20)]
    while len(terms) < 7:
        terms.append(terms[-1] + (first if len(terms) % 2 else second))
    return terms, f"add {first} and {second} in turn"


def _squares(draws: Draws) -> Made:
    root, more = 1 + draws.below(9), draws.below(12)
    return [(root + n) ** 2 + more for n in range(6)], f"squares and {more}"


def _both_before(draws: Draws) -> Made:
    terms = [1 + draws.below(6), 1 + draws.below(9)]
    while len(terms) < 7:
        terms.append(terms[-1] + terms[-2])
    return terms, "the two before it together"


def _growing(draws: Draws) -> Made:
    terms, step = [1 + draws.below(30)], 1 + draws.below(5)
    while len(terms) < 6:
        terms.append(terms[-1] + step * len(terms))
    return terms, f"steps that grow by {step}"


def _twice(draws: Draws) -> Made:
    terms, more = [1 + draws.below(10)], 1 + draws.below(6)
    while len(terms) < 6:
        terms.append(2 * terms[-1] + more)
    return terms, f"twice the one before and {more}"


RULES: dict[int, list[Callable[[Draws], Made]]] = {
    1: [_steps([1, 2, 5, 10])],
    2: [_steps([3, 4, 6, 7, 8, 9, 11, 12, 15, 20, 25])],
    3: [_times, _halves, _in_turn],
    4: [_squares, _both_before, _growing, _twice],
}
"""What makes the sequences of each level."""
