"""Players of mazes whose ways are known: they read nothing but what a model in their place is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentscale.environments.mazes.grid import HIDDEN, START, Place, passable, shortest_way
from agentscale.environments.mazes.routes import MARK, places, reached, written
from agentscale.environments.mazes.views import drawing, drawings, found_maze, merged
from agentscale.schema.worlds import Heard

if TYPE_CHECKING:
    import numpy as np

AGREED = "AGREED"
"""The word by which agents close their dialogue."""

WAY = "Way:"
"""The mark of a way that a scripted player proposes."""

WALK = 12
"""Steps of a way at random."""


def optimal(heard: Heard, rng: np.random.Generator) -> str:
    """Agrees to a way that its own map allows; proposes a shortest one once nothing is hidden; else shows its map."""
    if heard.role == "grader":
        return graded(heard.everything)
    seen = drawings(heard.everything)
    own = found_maze(seen[0])
    if reached(own, _proposed(heard.everything))[0] == own.goal:
        return AGREED
    whole = merged([rows for rows in seen if _shape(rows) == _shape(seen[0])])
    if any(HIDDEN in row for row in whole):
        return f"This is what I see:\n{drawing(seen[0])}"
    return f"{WAY} {written(shortest_way(own.start, own.goal, found_maze(whole).passable))}\n{AGREED}"


def groping(heard: Heard, rng: np.random.Generator) -> str:
    """Proposes a walk at random over what is no wall on its own map, and agrees to it."""
    if heard.role == "grader":
        return graded(heard.everything)
    rows = drawings(heard.everything)[0]
    walk = [Place(at, row.index(START)) for at, row in enumerate(rows) if START in row]
    for _ in range(WALK):
        ahead = [place for place in walk[-1].neighbours if passable(rows, place)]
        walk += [ahead[int(rng.integers(len(ahead)))]] if ahead else []
    return f"{WAY} {written(walk)}\n{AGREED}"


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


def graded(dialogue: str) -> str:
    """The way that was proposed last, as a grader that reads rightly writes it."""
    return f"{MARK} {written(_proposed(dialogue))}"


def _proposed(heard: str) -> tuple[Place, ...]:
    """The way behind the last mark; none where nobody has made one."""
    _, mark, rest = heard.rpartition(WAY)
    return places(rest.partition("\n")[0]) if mark else ()


def _shape(rows: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(len, rows))
