"""Who meets whom in a donor game whose agents give and receive in turn.

Half of the agents give in the first round, the others in the second, and so on. So an agent ever meets only those of
the other half: n/2 of them, and not the n − 1 others. A game of more than n/2 rounds brings somebody together again,
which a schedule can make rare and cannot avoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Pair(NamedTuple):
    """One encounter, by the agents' places."""

    donor: int
    recipient: int


Schedule = tuple[tuple[Pair, ...], ...]
"""The encounters of every round. All agents take part in each round, half as donors."""


def schedule(n: int, rounds: int, rng: np.random.Generator) -> Schedule:
    """A drawn schedule with as few repeats as there can be.

    Everybody meets all of the other half once in n/2 rounds, in a drawn order; then once more, in another one.

    Args:
        n: Agents, even and ≥ 2.
        rounds: Rounds, ≥ 0.
        rng: Draws who is in which half, and the order.
    """
    half = n // 2
    drawn = rng.permutation(n).tolist()
    cycles = -(-rounds // half)
    shifts = chain.from_iterable(rng.permutation(half).tolist() for _ in range(cycles))
    game = [_shifted(drawn[:half], drawn[half:], shift) for shift in islice(shifts, rounds)]
    return tuple(pairs if number % 2 == 0 else _turned(pairs) for number, pairs in enumerate(game))


def _shifted(donors: Sequence[int], recipients: Sequence[int], shift: int) -> tuple[Pair, ...]:
    return tuple(map(Pair, donors, (*recipients[shift:], *recipients[:shift])))


def _turned(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    return tuple(Pair(pair.recipient, pair.donor) for pair in pairs)


def swapped(rounds: Schedule) -> Schedule:
    """The same encounters with the roles swapped."""
    return tuple(map(_turned, rounds))


def repeats(rounds: Sequence[Sequence[Pair]]) -> int:
    """Encounters of two that have met before in the same game, whoever gave then."""
    met = [frozenset(pair) for pair in chain.from_iterable(rounds)]
    return len(met) - len(set(met))


def fewest_repeats(n: int, rounds: int) -> int:
    """Repeats that no schedule of ``n`` agents (even) who give and receive in turn can avoid."""
    half = n // 2
    return half * max(0, rounds - half)
