"""What a problem on a network is: what is asked of every node in the end, and how all answers together score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Adjacency: TypeAlias = Sequence[Sequence[int]]
"""The neighbours of every node, each edge in both directions."""

Facts: TypeAlias = Mapping[str, Sequence[str]]
"""What is known of nodes, by name: their neighbours' names."""


class Problem(ABC):
    """A problem that nodes solve together by talking to their neighbours."""

    goal: str
    """What all are to reach together, in a sentence or two that hold for every node."""
    question: str
    """What every node is asked in the end."""

    def told(self, n_options: int) -> str:
        """The goal, where it depends on how many answers there are."""
        return self.goal

    @abstractmethod
    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """The answers that a node may give.

        Args:
            neighbours: Names of its neighbours.
            most_neighbours: Δ, the most that any node has.
        """

    @abstractmethod
    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """How good all answers are together, in [0, 1]; 1 where they solve the problem.

        Args:
            answers: One of its options for every node, or ``None`` where it gave none.
            neighbours: Of every node.
            names: Of every node.
        """

    def worth_telling(self, facts: Facts) -> Facts:
        """What of all that is known an optimal player hands on: all of it, where nothing less will do."""
        return facts

    @abstractmethod
    def plan(self, facts: Facts) -> Mapping[str, str]:
        """What optimal players who know these facts have everybody answer of whom they know. It is a solution.

        Args:
            facts: All that was worth telling them, at least one.
        """

    def decide(self, name: str, facts: Facts) -> str:
        """What an optimal player answers. Where all know the same, their answers are a solution.

        Args:
            name: Its own.
            facts: All that was worth telling it, its own neighbours included.
        """
        return self.plan(facts)[name]


def first_alone(facts: Facts) -> Facts:
    """Who is first in the alphabet, and nothing of its neighbours."""
    return {min(facts): ()}


def edges_of(neighbours: Adjacency) -> list[tuple[int, int]]:
    """Every edge once, the smaller node first."""
    return [(u, v) for u, beside in enumerate(neighbours) for v in beside if u < v]
