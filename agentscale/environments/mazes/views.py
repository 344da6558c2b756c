"""What each of several agents sees of a maze: every cell is seen by exactly one of them, start and goal by all."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from agentscale.environments.mazes.grid import GOAL, HIDDEN, START, Maze, Place
from agentscale.randomness import keyed

_ROW = re.compile(r"^ *\d+((?: +[.#SG?])+)$")


@lru_cache(maxsize=4096)  # asked for at every turn
def views(maze: Maze, n: int, seed: int) -> tuple[tuple[str, ...], ...]:
    """The rows that each of ``n`` agents sees; the cells beside start and goal are dealt out at random, evenly."""
    size = len(maze.rows)
    cells = [Place(row, column) for row in range(size) for column in range(size)]
    dealt = [place for place in cells if place not in (maze.start, maze.goal)]
    order = keyed(seed, "views", size, n).permutation(len(dealt))
    owner = {dealt[int(cell)]: rank % n for rank, cell in enumerate(order)}
    return tuple(
        tuple(
            "".join(
                cell if owner.get(Place(row, column), agent) == agent else HIDDEN for column, cell in enumerate(text)
            )
            for row, text in enumerate(maze.rows)
        )
        for agent in range(n)
    )


def drawing(rows: tuple[str, ...]) -> str:
    """Rows and columns with their numbers, as agents are shown them."""
    head = "  " + "".join(f"{column:>3}" for column in range(1, len(rows) + 1))
    return "\n".join([head, *(f"{at:>2}" + "".join(f"{cell:>3}" for cell in row) for at, row in enumerate(rows, 1))])


def drawings(text: str) -> list[tuple[str, ...]]:
    """All maps in a text, in the form of ``drawing``."""
    rows = [_ROW.match(line) for line in text.splitlines()]
    stretches = groupby(rows, key=bool)
    return [tuple(row[1].replace(" ", "") for row in stretch if row) for is_map, stretch in stretches if is_map]


def merged(seen: list[tuple[str, ...]]) -> tuple[str, ...]:
    """One map of all that several show: a cell is hidden only where all hide it."""
    return tuple(
        "".join(next((cell for cell in cells if cell != HIDDEN), HIDDEN) for cells in zip(*rows, strict=True))
        for rows in zip(*seen, strict=True)
    )


def found_maze(rows: tuple[str, ...]) -> Maze:
    """The maze of a map on which nothing is hidden."""
    places = {cell: Place(at, row.index(cell)) for at, row in enumerate(rows) for cell in (START, GOAL) if cell in row}
    return Maze(rows, places[START], places[GOAL])
