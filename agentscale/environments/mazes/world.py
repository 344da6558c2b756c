"""A maze of which each of several agents sees a part: they talk, turn by turn, until they agree on a way through it.

No form is imposed on what they say. A grader, which sees the dialogue and no map, writes down the way that they agreed
on, and that way alone is scored. The team's size says what is played:

- *one* agent alone sees the whole maze, or all the parts in one message (``alone``): the baselines;
- ``seats`` agents have a part each, and speak in turn;
- *more* than that make a relay: from turn ``hand_over`` on the members beyond ``seats`` sit on the first seats, and go
  on with the dialogue that they find.

Private are the parts of the map: each cell but start and goal is seen by exactly one seat.

Reference: "The collaboration gap", arXiv 2511.02687: mazes of 6 × 6 cells, 30 % walls, shortest ways of 7 to 9 steps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from agentscale.environments.base import Environment, Score
from agentscale.environments.mazes import routes
from agentscale.environments.mazes.grid import HIDDEN, TRIES, Maze, Place, drawn
from agentscale.environments.mazes.scripted import AGREED, groping, optimal, silent
from agentscale.environments.mazes.views import drawing, views
from agentscale.schema.worlds import Edges, Extreme, Observation, Policy

if TYPE_CHECKING:
    import numpy as np

GRADER = "grader"
"""The part that writes down what was agreed on."""

_AGREED = re.compile(rf"\b{AGREED}\b")


@dataclass(frozen=True, slots=True)
class Talk:
    """A dialogue on its way."""

    n: int
    """Members of the team."""
    lines: tuple[str, ...] = ()
    """What was said, one text a turn; empty where nothing was."""
    over: bool = False
    """Whether nobody is asked any more, not even the grader."""
    route: tuple[Place, ...] | None = None
    """The way that the grader wrote down; ``None`` before, and where it cannot be read."""

    @property
    def is_silent(self) -> bool:
        """Whether nobody has said anything."""
        return not any(self.lines)


class Mazes(Environment):
    """One maze, drawn by its seed, and the dialogue about it."""

    name: ClassVar[str] = "mazes"

    size: int = Field(default=6, ge=2, le=20)
    """Rows, and columns."""
    density: float = Field(default=0.3, ge=0, lt=1)
    """Share of cells that are walls, to the next whole number of them."""
    shortest: tuple[int, int] = (7, 9)
    """Least and greatest number of steps of the shortest way."""
    seed: int = Field(default=0, ge=0)
    """Which maze, and which parts: the same for every team, so that teams are compared on the same mazes."""
    seats: int = Field(default=2, ge=2, le=6)
    """Parts that the map is cut into, and voices of the dialogue."""
    turns: int = Field(default=20, ge=1, le=1000)
    """Turns of all together, at most."""
    hand_over: int = Field(default=2, ge=1)
    """Turns that the first speakers of a relay have, all together, before it is handed over."""
    alone: Literal["full", "parts"] = "full"
    """What a team of one sees: the whole map, or all its parts, each with what it hides."""

    policies: ClassVar[Mapping[str, Policy]] = {"optimal": optimal, "random": groping, "silent": silent}

    @model_validator(mode="after")
    def _there_is_one(self) -> Mazes:
        least, most = self.shortest
        if not 1 <= least <= most:
            raise ValueError(f"shortest as [least, greatest], 1 ≤ least ≤ greatest; got {list(self.shortest)}")
        if drawn(self.size, self.walls, self.shortest, self.seed) is None:
            raise ValueError(
                f"a maze that can be: of {TRIES} with {self.walls} walls on {self.size} × {self.size} cells none has a "
                f"shortest way of {least} to {most} steps; choose a larger size or another density or shortest"
            )
        return self

    @property
    def walls(self) -> int:
        """Cells that are walls."""
        return min(round(self.density * self.size**2), self.size**2 - 2)

    @property
    def maze(self) -> Maze:
        """The maze itself, which no agent sees but through its view."""
        found = drawn(self.size, self.walls, self.shortest, self.seed)
        assert found is not None  # `_there_is_one` has seen to it
        return found

    def unfit(self, n: int, edges: Edges) -> str | None:
        """One agent alone, one a seat, or a relay with up to as many again."""
        if n == 1 or self.seats <= n <= 2 * self.seats:
            return None
        return f"takes 1 agent, {self.seats}, or for a relay up to {2 * self.seats}; the team has {n}"

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> Talk:
        """Nobody has spoken. Nothing is drawn: the maze hangs on its own seed alone."""
        return Talk(n)

    def observe(self, state: Talk) -> tuple[Observation, ...]:
        """The next speaker, and in the end the grader."""
        if state.over:
            return ()
        return (self._for_grader(state) if self._is_closed(state) else self._for_speaker(state),)

    def after(self, state: Talk, said: Sequence[str | None], rng: np.random.Generator) -> Talk:
        """One more turn, or the way that the grader wrote. Where nobody has said a word, no grader is asked."""
        text = (said[0] or "").strip()
        if self._is_closed(state):
            return replace(state, over=True, route=routes.read(text))
        heard = replace(state, lines=(*state.lines, text))
        return replace(heard, over=self._is_closed(heard) and heard.is_silent)

    def score(self, state: Talk) -> Score:
        """Binary and weighted score of the way, and how it came about.

        Measures: ``solved`` 0 or 1, ``progress`` 0 to 1 (``routes.progress``), ``excess`` steps beyond the shortest way
        (undefined where it is not solved), ``agreed`` 0 or 1, ``turns`` of the dialogue, ``silent`` share of turns
        without a word, ``unreadable`` 1 where the grader wrote no way that can be read (undefined where it was not
        asked), ``invalid`` 1 where the way breaks a rule before the goal.
        """
        way = state.route or ()
        here, steps = routes.reached(self.maze, way)
        solved = here == self.maze.goal
        return Score(
            correct=solved,
            measures={
                "solved": float(solved),
                "progress": routes.progress(self.maze, way),
                "excess": float(steps - self.maze.shortest) if solved else None,
                "agreed": float(self._is_agreed(state)),
                "turns": float(len(state.lines)),
                "silent": state.lines.count("") / max(len(state.lines), 1),
                "unreadable": None if state.is_silent else float(state.route is None),
                "invalid": float(not solved and steps < len(routes.steps_of(self.maze, way))),
            },
        )

    def repair(self, state: Talk, asked: Observation, said: str) -> str | None:
        """Only the grader's words have a form."""
        if asked.who != GRADER or routes.read(said) is not None:
            return None
        return f"Write the way on the last line: {routes.MARK} {self.maze.start.written} (…,…) …, or {routes.MARK} none"

    def supposed(self, state: Talk, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """At the soonest all agree at once, or nobody says a word where that is over as soon and needs no grader."""
        if extreme == "longest" or self._is_closed(state):
            return unheard
        return (AGREED if self.turns > self._voices(state.n) else None,)

    def snapshot(self, state: Talk) -> Any:
        """The way that was written down, once it is."""
        return None if state.route is None else {"route": routes.written(state.route)}

    def speaker(self, n: int, turn: int) -> int:
        """The member that speaks in a turn, counted from 0."""
        seat = self._seat(n, turn)
        heir = seat + self.seats
        return heir if heir < n and turn >= self.hand_over else seat

    def _seat(self, n: int, turn: int) -> int:
        return turn % self._voices(n)

    def _voices(self, n: int) -> int:
        return 1 if n == 1 else self.seats

    def _is_agreed(self, state: Talk) -> bool:
        latest = state.lines[-self._voices(state.n) :]
        return len(latest) == self._voices(state.n) and all(map(_AGREED.search, latest))

    def _is_closed(self, state: Talk) -> bool:
        return len(state.lines) >= self.turns or self._is_agreed(state)

    # -- what is told ---------------------------------------------------------------------------------------------

    def _for_speaker(self, state: Talk) -> Observation:
        """What the others have said since the member spoke last; all of it where it speaks for the first time."""
        turn = len(state.lines)
        member, seat = self.speaker(state.n, turn), self._seat(state.n, turn)
        own = [at for at in range(turn) if self.speaker(state.n, at) == member]
        new = range(own[-1] + 1 if own else 0, turn)
        heard = [self._spoken(state, at, seat) for at in new]
        if not heard:
            heard = [f"Go on, or write {AGREED}." if own else "You speak first." if state.n > 1 else "Begin."]
        reads = tuple(sorted({self.speaker(state.n, at) for at in new}))
        rules = f"{self._rules(state.n, seat)}\n\n{self._maps(state.n, seat)}"
        return Observation(member, "\n".join(heard), rules, reads=reads)

    def _for_grader(self, state: Talk) -> Observation:
        """The dialogue, and no map."""
        said = "\n".join(self._spoken(state, at, None) for at in range(len(state.lines)))
        speakers = sorted({self.speaker(state.n, at) for at in range(len(state.lines))})
        return Observation(GRADER, f"The dialogue:\n{said}", self._grading, role="grader", reads=tuple(speakers))

    def _spoken(self, state: Talk, turn: int, reader: int | None) -> str:
        seat = self._seat(state.n, turn)
        return f"{'You' if seat == reader else f'Agent {seat + 1}'}: {state.lines[turn] or '(says nothing)'}"

    def _maps(self, n: int, seat: int) -> str:
        if n == 1 and self.alone == "full":
            return f"Your map:\n{drawing(self.maze.rows)}"
        parts = views(self.maze, self.seats, self.seed)
        if n == 1:
            return "\n\n".join(f"Map {at}:\n{drawing(part)}" for at, part in enumerate(parts, 1))
        return f"Your map:\n{drawing(parts[seat])}"

    def _rules(self, n: int, seat: int) -> str:
        return "\n".join([*self._who(n, seat), self._signs(n), self._ending(n)])

    def _who(self, n: int, seat: int) -> list[str]:
        if n == 1:
            hides = f" There are {self.seats} maps of it, each of which hides what another one shows."
            return [f"Find a way through a maze, from S to G.{hides if self.alone == 'parts' else ''}"]
        others = " and ".join(f"Agent {at + 1}" for at in range(self.seats) if at != seat)
        return [
            f"You are Agent {seat + 1}. Together with {others} you look for a way through a maze, from S to G.",
            "Each of you has a map of the same maze that hides some cells; what yours hides another one's shows.",
            "Talk as you like: you speak in turn, and nobody sees the map of another.",
        ]

    def _signs(self, n: int) -> str:
        hidden = "" if n == 1 and self.alone == "full" else f" {HIDDEN} hidden,"
        return (
            f"On the map . is free, # a wall,{hidden} S the start, G the goal. A way leads from a cell to the next one "
            "up, down, left or right, and never into a wall. Cells are written (row,column), from (1,1) at the top "
            f"left to ({self.size},{self.size})."
        )

    def _ending(self, n: int) -> str:
        if n == 1:
            return f"Say which cells the whole way passes, and write {AGREED} when you are sure of it."
        return (
            f"You must agree on the whole way. Write the word {AGREED} when you agree with the way as it was last "
            "proposed. The dialogue is over when that word stands in the latest message of each of you, and after "
            f"{self.turns} messages at the latest."
        )

    @property
    def _grading(self) -> str:
        start, goal = self.maze.start.written, self.maze.goal.written
        return (
            "Below is a dialogue about a way through a maze. Write down the way that was agreed on; where there was no "
            "agreement, the one that was proposed last. Do not judge it and do not mend it.\n"
            f"Cells are written (row,column), from (1,1) at the top left to ({self.size},{self.size}). The start is "
            f"{start}, the goal {goal}. Where the way is told in directions, turn them into cells.\n"
            f"Write it on the last line, cell by cell: {routes.MARK} {start} (…,…) … If no way was proposed, write: "
            f"{routes.MARK} none"
        )
