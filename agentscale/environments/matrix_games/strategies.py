"""Known ways to play a repeated game.

A strategy sees options by their number: 0 is the first of the table, which cooperates where the game has it so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentscale.environments.matrix_games.tables import Option, Table, joint_best, payoffs, won

if TYPE_CHECKING:
    import numpy as np


class Seat(NamedTuple):
    """Where a strategy sits, and what it has seen."""

    table: Table
    player: int
    """0 or 1."""
    own: tuple[Option, ...]
    """What it chose, round by round."""
    others: tuple[Option, ...]
    """What the other player chose."""
    rng: np.random.Generator

    @property
    def across(self) -> Seat:
        """The other player's seat."""
        return self._replace(player=1 - self.player, own=self.others, others=self.own)


Strategy = Callable[[Seat], int]
"""From a seat to the option that is chosen."""


def optimal(seat: Seat) -> int:
    """Its part of the outcome in which both together win most."""
    return joint_best(seat.table)[seat.player]


def cooperate(seat: Seat) -> int:
    """The first option, always."""
    return 0


def defect(seat: Seat) -> int:
    """The second option, always."""
    return 1


def defect_once(seat: Seat) -> int:
    """The second option in the first round, the first one ever after."""
    return int(not seat.own)


def alternate(seat: Seat) -> int:
    """The first option and the second in turn."""
    return len(seat.own) % 2


def tit_for_tat(seat: Seat) -> int:
    """The first option, then whatever the other one chose last; a forfeit counts as the second option."""
    return int(bool(seat.others) and seat.others[-1] != 0)


def grim(seat: Seat) -> int:
    """The first option until the other one does not choose its own first; the second one ever after."""
    return int(any(option != 0 for option in seat.others))


def win_stay_lose_shift(seat: Seat) -> int:
    """The first option; then the same again after a round that won more than the mean of the table, else the other."""
    if not seat.own or seat.own[-1] is None:
        return 0
    held = payoffs(seat.table, seat.player)
    cell = (seat.own[-1], seat.others[-1])
    brought = won(seat.table, cell if seat.player == 0 else cell[::-1])[seat.player]
    return seat.own[-1] if brought > sum(held) / len(held) else 1 - seat.own[-1]


def random(seat: Seat) -> int:
    """Either option, with equal chances."""
    return int(seat.rng.integers(2))


STRATEGIES: Mapping[str, Strategy] = {
    strategy.__name__: strategy
    for strategy in (optimal, cooperate, defect, defect_once, alternate, tit_for_tat, grim, win_stay_lose_shift, random)
}
"""All strategies by name."""
