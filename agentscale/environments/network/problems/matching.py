"""Maximal matching: everybody is in a pair with a neighbour, or all its neighbours are in pairs without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.environments.network.problems.base import Adjacency, Facts, Problem

ALONE = "None"


class Matching(Problem):
    """The share of nodes that are consistent."""

    goal = (
        "All agents are to form pairs of neighbours. Both of a pair name each other, nobody is in two pairs, and two "
        f"neighbours are not both left over: {ALONE} is for who has no neighbour left to be in a pair with."
    )
    question = f"Which neighbour are you in a pair with? Say {ALONE} if all your neighbours are in other pairs."

    def options(self, neighbours: Sequence[str], most_neighbours: int) -> tuple[str, ...]:
        """A neighbour's name, or None."""
        return (*neighbours, ALONE)

    def score(self, answers: Sequence[str | None], neighbours: Adjacency, names: Sequence[str]) -> float:
        """(n − inconsistent) / n: who names somebody must be named by it, and of neighbours one at most is alone."""
        place = {name: node for node, name in enumerate(names)}

        def is_consistent(node: int) -> bool:
            answer = answers[node]
            if answer == ALONE:
                return all(answers[other] != ALONE for other in neighbours[node])
            other = place.get(answer or "")
            return other is not None and other in neighbours[node] and answers[other] == names[node]

        return sum(map(is_consistent, range(len(names)))) / len(names)

    def plan(self, facts: Facts) -> Mapping[str, str]:
        """In the order of names, each who is left pairs with its first neighbour that is."""
        pair: dict[str, str] = {}
        for node in sorted(facts):
            left = sorted(other for other in facts[node] if other not in pair)
            if node not in pair and left:
                pair |= {node: left[0], left[0]: node}
        return {node: pair.get(node, ALONE) for node in facts}
