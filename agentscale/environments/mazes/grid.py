"""Mazes: drawn by a seed, with a shortest way whose length is known, and how ways through them are counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from agentscale.randomness import keyed

if TYPE_CHECKING:
    import numpy as np

FREE, WALL, START, GOAL, HIDDEN = ".", "#", "S", "G", "?"
"""How cells are written."""

TRIES = 500
"""Fillings that are drawn before a window of lengths is given up."""


class Place(NamedTuple):
    """A cell, by row and column from 0."""

    row: int
    column: int

    @property
    def written(self) -> str:
        """As agents write it, ``(1,1)`` at the top left."""
        return f"({self.row + 1},{self.column + 1})"

    @property
    def neighbours(self) -> tuple[Place, Place, Place, Place]:
        """The cells above, to the left, to the right and below, whether they exist or not."""
        row, column = self
        return Place(row - 1, column), Place(row, column - 1), Place(row, column + 1), Place(row + 1, column)


class Maze(NamedTuple):
    """A square of free cells and walls, with a start and a goal."""

    rows: tuple[str, ...]
    """One text a row, a character a cell."""
    start: Place
    goal: Place

    def passable(self, place: Place) -> bool:
        """Whether the cell exists and is no wall."""
        return passable(self.rows, place)

    def steps_to(self, goal: Place) -> dict[Place, int]:
        """Steps of the shortest way to ``goal`` from every cell from which there is one."""
        return steps_from(goal, self.passable)

    @property
    def shortest(self) -> int:
        """Steps of the shortest way from start to goal."""
        return self.steps_to(self.goal)[self.start]


def passable(rows: Sequence[str], place: Place) -> bool:
    """Whether the map has the cell, and it is no wall on it."""
    return 0 <= place.row < len(rows) and 0 <= place.column < len(rows) and rows[place.row][place.column] != WALL


def steps_from(place: Place, passable: Callable[[Place], bool]) -> dict[Place, int]:
    """Steps from ``place`` to every cell that can be reached, breadth first: nearer cells come first."""
    steps, ahead = {place: 0}, deque([place])
    while ahead:
        here = ahead.popleft()
        for there in here.neighbours:
            if there not in steps and passable(there):
                steps[there] = steps[here] + 1
                ahead.append(there)
    return steps


def shortest_way(start: Place, goal: Place, passable: Callable[[Place], bool]) -> tuple[Place, ...]:
    """A shortest way with both its ends, the first in reading order among equals; empty where there is none."""
    steps = steps_from(goal, passable)
    if start not in steps:
        return ()
    way = [start]
    while way[-1] != goal:
        way.append(next(place for place in way[-1].neighbours if steps.get(place) == steps[way[-1]] - 1))
    return tuple(way)


@lru_cache(maxsize=4096)
def drawn(size: int, walls: int, window: tuple[int, int], seed: int) -> Maze | None:
    """A maze of ``size`` × ``size`` cells.

    So many walls are thrown on the square, a start on a free cell, and a goal on a cell that is as far from it as
    ``window`` wants, each with equal chances; what has no such cell is thrown again.

    Args:
        size: Rows, and columns.
        walls: Cells that are walls, < size² − 1.
        window: Least and greatest number of steps of the shortest way.
        seed: Of this maze.

    Returns:
        ``None`` where none of ``TRIES`` fillings had a goal.
    """
    rng = keyed(seed, "maze", size, walls, *window)
    tried = (_tried(size, walls, window, rng) for _ in range(TRIES))
    return next(filter(None, tried), None)


def _tried(size: int, walls: int, window: tuple[int, int], rng: np.random.Generator) -> Maze | None:
    order = [int(cell) for cell in rng.permutation(size * size)]
    solid = set(order[:walls])
    free = {Place(*divmod(cell, size)) for cell in order[walls:]}
    start = Place(*divmod(order[walls], size))  # any free cell: the order is random
    far = [place for place, steps in steps_from(start, free.__contains__).items() if window[0] <= steps <= window[1]]
    if not far:
        return None
    goal = sorted(far)[int(rng.integers(len(far)))]
    return Maze(tuple(_rows(size, solid, start, goal)), start, goal)


def _rows(size: int, solid: set[int], start: Place, goal: Place) -> Iterator[str]:
    named = {start: START, goal: GOAL}
    for row in range(size):
        cells = (named.get(Place(row, column), FREE) for column in range(size))
        yield "".join(WALL if row * size + column in solid else cell for column, cell in enumerate(cells))
