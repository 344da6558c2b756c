"""(Δ + 1)-coloring: neighbours are in different groups, of which there is one more than anybody has neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.environments.network.problems.base import Adjacency, Facts, Problem, edges_of


class Coloring(Problem):
    """The share of edges between different groups; 0 where anybody names no group."""

    goal = (
        "All agents are to divide themselves into groups, so that neighbours are never in the same group. There are "
        "{n_options} groups: Group 1 to Group {n_options}. Everybody is in exactly one of them."
    )
    question = "Which group are you in?"

    def told(self, n_options: int) -> str:
        """With the number of groups."""
        return self.goal.format(n_options=n_options)

    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """Group 1 to Group Δ + 1."""
        return tuple(f"Group {number}" for number in range(1, most_neighbours + 2))

    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """The share of proper edges, 1 without edges; 0 where an answer is missing."""
        edges = edges_of(neighbours)
        if None in answers:
            return 0.0
        return sum(answers[u] != answers[v] for u, v in edges) / len(edges) if edges else 1.0

    def plan(self, facts: Facts) -> Mapping[str, str]:
        """In the order of names, each takes the first group that no neighbour is in yet."""
        group: dict[str, int] = {}
        for node in sorted(facts):
            taken = {group[other] for other in facts[node] if other in group}
            group[node] = next(number for number in range(1, len(facts) + 1) if number not in taken)
        return {node: f"Group {number}" for node, number in group.items()}
