"""Games of two players with two options each: payoff tables, those with names, and all 144 of strict ranks."""

from __future__ import annotations

from itertools import permutations

from agentscale.errors import SpecError

Table = tuple[tuple[tuple[float, float], tuple[float, float]], tuple[tuple[float, float], tuple[float, float]]]
"""``table[i][j]``: what the first and the second player win where they choose option i and option j."""

Option = int | None
"""0 for the first option, 1 for the second, ``None`` where none was named."""

CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""All pairs of options."""

NAMED: dict[str, Table] = {
    "prisoners_dilemma": (((8, 8), (0, 10)), ((10, 0), (5, 5))),
    "stag_hunt": (((10, 10), (0, 8)), ((8, 0), (5, 5))),
    "chicken": (((6, 6), (2, 10)), ((10, 2), (0, 0))),
    "harmony": (((10, 10), (5, 8)), ((8, 5), (0, 0))),
    "deadlock": (((5, 5), (0, 10)), ((10, 0), (8, 8))),
    "coordination": (((10, 10), (0, 0)), ((0, 0), (10, 10))),
    "battle_of_the_sexes": (((10, 7), (0, 0)), ((0, 0), (7, 10))),
    "matching_pennies": (((10, 0), (0, 10)), ((0, 10), (10, 0))),
}
"""Games by name. Where a game has a cooperative option, it is the first of each player."""

N_ORDINAL = 144


def ordinal(number: int) -> Table:
    """One of the games in which each player ranks the four outcomes from 1, the worst, to 4, without ties.

    Up to the order of each player's options there are 4! · 4! / 4 = 144. Here the first player's best outcome always
    stands where both choose their first option; the first player's other ranks go round slowly, the second's fast.

    Args:
        number: 1 to 144.

    Raises:
        SpecError: another number.
    """
    if not 1 <= number <= N_ORDINAL:
        raise SpecError(f"game {number}", allowed=f"1 to {N_ORDINAL}, or one of {', '.join(NAMED)}")
    slow, fast = divmod(number - 1, 24)
    first = (4, *tuple(permutations((3, 2, 1)))[slow])
    second = tuple(permutations((4, 3, 2, 1)))[fast]
    a, b, c, d = zip(first, second, strict=True)
    return ((a, b), (c, d))


def turned(table: Table, first: bool, second: bool) -> Table:
    """The same game with the options of the first player, of the second, or of both in the other order."""
    (a, b), (c, d) = ((row[1], row[0]) if second else row for row in table)
    return ((c, d), (a, b)) if first else ((a, b), (c, d))


def exchanged(table: Table) -> Table:
    """The same game with the players in each other's place."""
    (a, b), (c, d) = table
    return ((a[::-1], c[::-1]), (b[::-1], d[::-1]))


def payoffs(table: Table, player: int) -> tuple[float, ...]:
    """What a player wins in the four outcomes, in the order of ``CELLS``."""
    return tuple(table[i][j][player] for i, j in CELLS)


def equilibria(table: Table) -> tuple[tuple[int, int], ...]:
    """The outcomes from which no player gains by changing alone: Nash equilibria in pure strategies."""
    return tuple(
        (i, j) for i, j in CELLS if table[i][j][0] >= table[1 - i][j][0] and table[i][j][1] >= table[i][1 - j][1]
    )


def joint_best(table: Table) -> tuple[int, int]:
    """The outcome in which both together win most; the first such in the order of ``CELLS``."""
    return max(CELLS, key=lambda cell: sum(table[cell[0]][cell[1]]))


def won(table: Table, cell: tuple[Option, Option]) -> tuple[float, float]:
    """What both win in a round in which they chose so.

    Who names no option wins the least that the table holds for it, and the other one, if it chose, the lesser of what
    its option can bring.
    """
    first, second = cell
    if first is not None and second is not None:
        return table[first][second]
    return _forfeited(table, cell, 0), _forfeited(table, cell, 1)


def _forfeited(table: Table, cell: tuple[Option, Option], player: int) -> float:
    own = cell[player]
    return min(table[i][j][player] for i, j in CELLS if own is None or (i, j)[player] == own)
