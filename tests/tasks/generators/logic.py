"""The set ``logic``: what must be true where some premises hold, told by going through all worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, reduce
from itertools import combinations
from operator import and_
from typing import Any, NamedTuple

from tests.tasks.generators.draws import Draws

ATOMS = [
    ("the gate is open", "the gate is not open"),
    ("the bell rings", "the bell does not ring"),
    ("the fox sleeps", "the fox does not sleep"),
    ("the mill turns", "the mill does not turn"),
    ("the ferry is late", "the ferry is not late"),
    ("the lamp burns", "the lamp does not burn"),
    ("the river is frozen", "the river is not frozen"),
    ("the cook sings", "the cook does not sing"),
    ("the flag is raised", "the flag is not raised"),
    ("the clock has stopped", "the clock has not stopped"),
]
VERDICTS = ("It must be true.", "It must be false.", "It may be true or false.")
COUNT = 40
LEVELS = {
    # atoms, premises, forms of premises, least premises that a verdict rests upon
    1: (2, 2, ("fact", "if"), 2),
    2: (3, 3, ("fact", "if", "or"), 3),
    3: (4, 5, ("fact", "if", "or", "xor", "iff"), 4),
    4: (6, 7, ("if", "or", "xor", "iff", "both"), 5),
}


class Literal(NamedTuple):
    """An atom, or its negation."""

    atom: int
    holds: bool


class Premise(NamedTuple):
    """A sentence over literals."""

    form: str
    parts: tuple[Literal, ...]


@cache
def _worlds(literal: Literal, n: int) -> int:
    """The worlds over ``n`` atoms in which a literal is true, a bit for each of the 2ⁿ."""
    return sum(1 << world for world in range(1 << n) if bool(world >> literal.atom & 1) == literal.holds)


def _true_in(premise: Premise, n: int) -> int:
    """The worlds in which a premise is true."""
    a, *rest = [_worlds(part, n) for part in premise.parts]
    b, c = (*rest, 0, 0)[:2]
    every = (1 << (1 << n)) - 1
    return {
        "fact": a,
        "if": every & ~a | b,
        "or": a | b,
        "xor": a ^ b,
        "iff": every & ~(a ^ b),
        "both": every & ~(a & b) | c,
    }[premise.form]


def samples() -> Iterator[dict[str, Any]]:
    for level in LEVELS:
        draws, seen = Draws(f"logic/{level}"), set[str]()
        verdicts = draws.some([VERDICTS[number % 3] for number in range(COUNT)], COUNT)
        for number, verdict in enumerate(verdicts, start=1):
            text, target = _fresh(draws, level, verdict, seen)
            yield {
                "id": f"logic-{level}-{number:03d}",
                "input": text,
                "choices": list(VERDICTS),
                "target": target,
                "level": level,
                "metadata": {"area": "propositional"},
            }


def _fresh(draws: Draws, level: int, verdict: str, seen: set[str]) -> tuple[str, str]:
    """A question with that verdict which was not asked before."""
    while True:
        n, count, forms, least = LEVELS[level]
        names = draws.some(ATOMS, n)
        premises = [_premise(draws, forms, n) for _ in range(count)]
        claim = Literal(draws.below(n), bool(draws.below(2)))
        masks, yes = [_true_in(each, n) for each in premises], _worlds(claim, n)
        if not _all_matter(premises, n) or _verdict(masks, yes) != verdict or not _needs(masks, yes, verdict, least):
            continue
        text = _written(premises, claim, names)
        if text not in seen:
            seen.add(text)
            return text, "ABC"[VERDICTS.index(verdict)]


def _premise(draws: Draws, forms: tuple[str, ...], n: int) -> Premise:
    form = draws.one(forms)
    size = {"fact": 1, "both": 3}.get(form, 2)
    return Premise(form, tuple(Literal(atom, bool(draws.below(2))) for atom in draws.some(range(n), size)))


def _all_matter(premises: list[Premise], n: int) -> bool:
    """Whether every atom is spoken of, and no premise is said twice."""
    return {part.atom for each in premises for part in each.parts} == set(range(n)) and len(set(premises)) == len(
        premises
    )


def _verdict(masks: Iterable[int], yes: int) -> str | None:
    """What premises say of a claim, each by its worlds; ``None`` if they contradict each other."""
    left = reduce(and_, masks)
    if not left:
        return None
    return VERDICTS[0] if not left & ~yes else VERDICTS[1] if not left & yes else VERDICTS[2]


def _needs(masks: list[int], yes: int, verdict: str, least: int) -> bool:
    """Whether fewer than ``least`` of the premises leave the claim open."""
    fewer = (few for size in range(1, least) for few in combinations(masks, size))
    return verdict == VERDICTS[2] or all(_verdict(few, yes) != verdict for few in fewer)


def _written(premises: list[Premise], claim: Literal, names: list[tuple[str, str]]) -> str:
    def said(part: Literal) -> str:
        return names[part.atom][0 if part.holds else 1]

    def sentence(each: Premise) -> str:
        a, *rest = map(said, each.parts)
        text = {
            "fact": "{0}",
            "if": "if {0}, then {1}",
            "or": "{0} or {1}, or both",
            "xor": "either {0} or {1}, but not both",
            "iff": "{0} if and only if {1}",
            "both": "if {0} and {1}, then {2}",
        }[each.form].format(a, *rest)
        return text[0].upper() + text[1:] + "."

    lines = "\n".join(map(sentence, premises))
    return f"These sentences are true:\n{lines}\nWhat follows for this claim: {said(claim)}?"
