"""Leader election: exactly one says that it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.environments.network.problems.base import Adjacency, Facts, Problem, first_alone


class LeaderElection(Problem):
    """1 where exactly one says Yes and all others say No, else 0."""

    goal = "All agents are to elect a single leader: in the end exactly one says Yes, and all others say No."
    question = "Are you the leader?"

    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """Yes or No."""
        return "Yes", "No"

    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """1 where there is one leader, and everybody has answered."""
        return float(None not in answers and answers.count("Yes") == 1)

    def worth_telling(self, facts: Facts) -> Facts:
        """Who is first in the alphabet."""
        return first_alone(facts)

    def plan(self, facts: Facts) -> Mapping[str, str]:
        """Who is first in the alphabet leads."""
        first = min(facts)
        return {node: "Yes" if node == first else "No" for node in facts}
