"""The Towers of Hanoi: 2ⁿ − 1 small steps without one that may go wrong.

A state is written as the peg of every disk, from disk 1, the smallest, up: ``CAB``. So every state that can be written
is a legal one. The strategy is told to the agents, and makes each step a function of state and number alone: at odd
steps disk 1 goes one peg on, at even ones the one legal move of another disk is made.

Reference: "Solving a million-step LLM task with zero errors", arXiv 2511.09030, which hands on state and last move.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, NamedTuple

from pydantic import Field

from agentscale.environments.base import Slip, StepWorld

PEGS = "ABC"

_OBSERVED = re.compile(
    r"^State before step ([0-9]{1,9}): ([ABC]{1,64})\nGive steps? [0-9]+(?: to ([0-9]{1,9}))?\.$", re.MULTILINE
)
_MOVE = r"[0-9]{1,2}[ABC][ABC]"


class Hanoi(StepWorld):
    """All disks go from peg A to peg C, one at a time, and never a larger one onto a smaller."""

    name: ClassVar[str] = "hanoi"

    disks: int = Field(ge=1, le=30)
    """Disks; 2^disks − 1 steps."""

    @property
    def n_steps(self) -> int:
        """2^disks − 1."""
        return (1 << self.disks) - 1

    def start(self) -> str:
        """All disks on A."""
        return "A" * self.disks

    def goal(self) -> str:
        """All disks on C."""
        return "C" * self.disks

    def observe(self, state: str, first: int, count: int) -> str:
        """Rules, strategy, state, and which steps are wanted."""
        last = first + count - 1
        wanted = f"Give step {first}." if count == 1 else f"Give steps {first} to {last}."
        return f"{self._rules}\nState before step {first}: {state}\n{wanted}"

    def after(self, answer: str, count: int) -> str | None:
        """The state that stands behind ``=``, where ``count`` moves stand before it: ``1AC = CAA``."""
        found = self._form.fullmatch(answer)
        return None if found is None or len(found[1].split()) != count else found[2]

    def right(self, observed: str) -> str | None:
        """The moves of the strategy and the state after them."""
        return self.answer(observed, lambda n_wrong: -1)

    def answer(self, observed: str, slip: Slip) -> str | None:
        """The strategy's moves, but where ``slip`` names another legal one."""
        found = _OBSERVED.search(observed)
        if found is None or len(found[2]) != self.disks:
            return None
        first, state = int(found[1]), found[2]
        moves = []
        for number in range(first, int(found[3] or first) + 1):
            right = self.step(state, number)
            if right is None:
                return None
            wrong = [move for move in legal_moves(state) if move != right]
            place = slip(len(wrong))
            move = right if place < 0 else wrong[place]
            moves.append(move.written)
            state = move.made(state)
        return f"{' '.join(moves)} = {state}"

    def step(self, state: str, number: int) -> Move | None:
        """The strategy's move at step ``number``; ``None`` where no other disk than the smallest can move."""
        if number % 2:
            return Move(1, state[0], PEGS[(PEGS.index(state[0]) + self._way) % 3])
        return next((move for move in legal_moves(state) if move.disk > 1), None)

    @property
    def _way(self) -> int:
        """Pegs that disk 1 goes on at a time: backwards where the number of disks is odd, so that it ends on C."""
        return 1 if self.disks % 2 == 0 else -1

    @cached_property
    def _form(self) -> re.Pattern[str]:
        return re.compile(f"({_MOVE}(?: {_MOVE})*) = ([ABC]{{{self.disks}}})")

    @cached_property
    def _rules(self) -> str:
        cycle = "A to B, B to C, C to A" if self._way == 1 else "A to C, C to B, B to A"
        return (
            f"Towers of Hanoi with {self.disks} disk{'s' * (self.disks > 1)} on the pegs A, B and C; disk 1 is the "
            "smallest. A state is written as the peg of every disk, from disk 1 up. A move is written as a disk, the "
            "peg that it leaves and the peg that it goes to: 1AB.\n"
            f"Odd steps: move disk 1 one peg on, {cycle}. Even steps: make the one legal move of another disk."
        )


class Move(NamedTuple):
    """One disk goes from one peg to another."""

    disk: int
    """From 1, the smallest."""
    source: str
    target: str

    @property
    def written(self) -> str:
        """``1AC``."""
        return f"{self.disk}{self.source}{self.target}"

    def made(self, state: str) -> str:
        """The state after it."""
        return f"{state[: self.disk - 1]}{self.target}{state[self.disk :]}"


def legal_moves(state: str) -> Iterator[Move]:
    """All moves of a smallest disk of a peg onto no smaller one, smaller disks first: three, or two from one peg."""
    tops = {peg: state.find(peg) + 1 or len(state) + 1 for peg in PEGS}
    for source in sorted(PEGS, key=tops.__getitem__):
        for target in PEGS:
            if tops[source] < tops[target]:
                yield Move(tops[source], source, target)
