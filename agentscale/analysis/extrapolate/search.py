"""The best composition under a budget: all of them where they are few, else greedy growth and then exchange.

Nothing here assumes that more agents are better or that gains diminish: accuracy of a vote may fall with N, and rises
only at odd N where answers are right or wrong. The winner is the best team that was looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.extrapolate.pilot import Floats
from agentscale.analysis.ranges import within
from agentscale.errors import SpecError

Team = tuple[int, ...]
Score = Callable[[Team], float]
_ALL = 400  # compositions up to which all are looked at
_STEPS = 16  # into which greedy growth divides the budget


def compositions(size: int, n_configs: int) -> Iterator[Team]:
    """Every way to make a team of ``size`` from so many configurations."""
    for bars in itertools.combinations(range(size + n_configs - 1), n_configs - 1):
        edges = (-1, *bars, size + n_configs - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(edges))


def visit(score: Score, cost: ArrayLike, budget: float) -> list[Team]:
    """The affordable teams that were looked at, the best first; of equally good ones the cheapest first.

    Args:
        score: Accuracy of a team.
        cost: Of one agent of each configuration, > 0, shape (B,).
        budget: What a team may cost together.

    Raises:
        SpecError: a cost that is not positive, or a budget that is below the cheapest agent or without end.
    """
    price = within("cost", cost, 0.0, np.inf, ends="()")
    if not price.min(initial=np.inf) <= budget < np.inf:
        cheapest = f"at least the cheapest agent, {price.min(initial=np.inf):g}, and finite"
        raise SpecError(f"budget = {budget:g}", key="budget", allowed=cheapest)
    most = [int((budget + 1e-9) // each) for each in price]
    seen: dict[Team, float] = {}

    def look(team: Team) -> float:
        if team not in seen:
            seen[team] = score(team)
        return seen[team]

    if _box(most) <= _ALL:
        for team in itertools.product(*(range(m + 1) for m in most)):
            if 0 < np.dot(team, price) <= budget + 1e-9:
                look(team)
    else:
        _greedy(look, price, budget)
        _exchange(look, max(seen, key=lambda team: seen[team]), price, budget)
    return sorted(seen, key=lambda team: (-round(seen[team], 9), float(np.dot(team, price))))


def _box(most: Sequence[int]) -> float:
    """Teams in the box around the affordable ones."""
    return float(np.prod([m + 1.0 for m in most]))


def _greedy(look: Score, price: Floats, budget: float) -> None:
    """Grows by about a sixteenth of the budget at a time, or two, since a single agent may only make a vote even."""
    team: Team = (0,) * len(price)
    while True:
        grown = [
            _moved(team, b, times * _unit(price[b], budget / _STEPS)) for b in range(len(price)) for times in (1, 2)
        ]
        affordable = [each for each in grown if np.dot(each, price) <= budget + 1e-9]
        if not affordable:
            return
        team = max(affordable, key=look)


def _exchange(look: Score, team: Team, price: Floats, budget: float) -> None:
    """Moves agents into, out of and between configurations while that helps, in ever smaller lots."""
    lot = budget / _STEPS
    while lot >= price.min() / 2:
        best = max(_exchanged(team, price, budget, lot), key=look, default=team)
        if look(best) > look(team) + 1e-9:
            team = best
        else:
            lot /= 2


def _exchanged(team: Team, price: Floats, budget: float, lot: float) -> Iterator[Team]:
    """One lot taken out of a configuration, or of none, and the money put into another, or into none."""
    for fewer in (team, *(_moved(team, b, -min(held, _unit(price[b], lot))) for b, held in enumerate(team))):
        left = budget + 1e-9 - float(np.dot(fewer, price))
        added = [_moved(fewer, b, int(min(left, lot + each) // each)) for b, each in enumerate(price)]
        yield from (each for each in (fewer, *added) if any(each) and each != team)


def _unit(price: float, money: float) -> int:
    return max(1, int(money // price))


def _moved(team: Team, b: int, by: int) -> Team:
    return (*team[:b], team[b] + by, *team[b + 1 :])
