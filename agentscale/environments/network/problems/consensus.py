"""Consensus: all name the same of two values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.environments.network.problems.base import Adjacency, Facts, Problem, first_alone

VALUES = ("0", "1")


class Consensus(Problem):
    """1 where all say 0 or all say 1, else 0."""

    goal = "All agents are to agree on one value, which is 0 or 1."
    question = "Which value have you agreed on?"

    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """0 or 1."""
        return VALUES

    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """1 where all agree."""
        return float(None not in answers and len(set(answers)) == 1)

    def worth_telling(self, facts: Facts) -> Facts:
        """Who is first in the alphabet: its name is the coin."""
        return first_alone(facts)

    def plan(self, facts: Facts) -> Mapping[str, str]:
        """The coin that the first name in the alphabet stands for."""
        return dict.fromkeys(facts, VALUES[ord(min(facts)[0]) % 2])
