"""Minimal vertex cover: every edge has a coordinator at one end, and no coordinator could be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.environments.network.problems.base import Adjacency, Facts, Problem, edges_of


class VertexCover(Problem):
    """The share of edges that are covered, times the share of the cover that is needed.

    A coordinator is needed if an edge would lose its only one with it. Who does not answer is no coordinator. An empty
    cover scores 0 where there are edges, and 1 where there are none. A score may be high without a solution: read it
    beside the rate of solved ones.
    """

    goal = (
        "All agents are to choose coordinators among themselves: of any two neighbours at least one is a coordinator, "
        "and there are no more than needed, so that every coordinator has a neighbour who is none."
    )
    question = "Are you a coordinator?"

    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """Yes or No."""
        return "Yes", "No"

    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """Coverage × minimality."""
        edges = edges_of(neighbours)
        cover = {node for node, answer in enumerate(answers) if answer == "Yes"}
        if not cover:
            return float(not edges)
        covered = sum(u in cover or v in cover for u, v in edges) / len(edges) if edges else 1.0
        needed = sum(any(other not in cover for other in neighbours[node]) for node in cover)
        return covered * needed / len(cover)

    def plan(self, facts: Facts) -> Mapping[str, str]:
        """All but a maximal independent set: in the order of names, each is out of the cover if it can be."""
        out: set[str] = set()
        for node in sorted(facts):
            if not any(other in out for other in facts[node]):
                out.add(node)
        return {node: "No" if node in out else "Yes" for node in facts}
