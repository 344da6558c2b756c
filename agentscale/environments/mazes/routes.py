"""Ways as they are written down, and what a way is worth in a maze."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agentscale.environments.marks import behind
from agentscale.environments.mazes.grid import Maze, Place

MARK = "Route:"
"""The mark behind which a grader writes a way."""

_PLACE = re.compile(r"\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_NONE = re.compile(r"^\W*none\b", re.IGNORECASE)


def places(text: str) -> tuple[Place, ...]:
    """All cells that a text names, such as ``(2,3)``, in its order."""
    return tuple(Place(int(row) - 1, int(column) - 1) for row, column in _PLACE.findall(text))


def written(way: Iterable[Place]) -> str:
    """The cells of a way, as they are read."""
    return " ".join(place.written for place in way) or "none"


def read(text: str) -> tuple[Place, ...] | None:
    """The way behind the last mark of a text; ``None`` where there is neither a way nor the word none."""
    rest = behind(text, MARK)
    if rest is None:
        return None
    way = places(rest)
    return way if way or _NONE.match(rest) else None


def steps_of(maze: Maze, way: Sequence[Place]) -> Sequence[Place]:
    """The cells of a way behind the start, which it may name or leave out."""
    return way[1:] if way and way[0] == maze.start else way


def reached(maze: Maze, way: Sequence[Place]) -> tuple[Place, int]:
    """Where a way gets to, and in how many steps.

    It is walked from the start, as long as each of its cells adjoins the one before and
    is no wall, and no further than the goal.
    """
    here, steps = maze.start, 0
    for there in steps_of(maze, way):
        if here == maze.goal or there not in here.neighbours or not maze.passable(there):
            break
        here, steps = there, steps + 1
    return here, steps


def progress(maze: Maze, way: Sequence[Place]) -> float:
    """The weighted score of a way, 0 to 1: how much nearer to the goal its legal beginning leads.

    max(0, (d(start) − d(c)) / d(start)), where c is the cell that the way reaches (``reached``) and d the number of
    steps of the shortest way from a cell to the goal. It is 1 exactly where the goal is reached, the binary score.
    """
    steps = maze.steps_to(maze.goal)
    here, _ = reached(maze, way)
    return max(0.0, 1.0 - steps[here] / steps[maze.start])
