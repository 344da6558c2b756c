"""The Pareto front: what no other plan beats in both score and cost."""

from __future__ import annotations

from collections.abc import Iterable

from agentscale.search.base import Found


def front(found: Iterable[Found]) -> list[Found]:
    """The plans than which none is better and as cheap, or cheaper and as good; by cost, each plan once.

    Only tries on all questions are compared: a share of them is another question.
    """
    whole = {each.plan: each for each in found if each.share == 1}
    kept: list[Found] = []
    for each in sorted(whole.values(), key=lambda each: (each.cost, -each.score)):
        if not kept or each.score > kept[-1].score:
            kept.append(each)
    return kept
