"""Search for a graph of agents worth its cost: plans are proposed, tried by others, and what came of them is observed.

Nothing here asks a model or knows an engine: `Space` is what there is to choose, a member of `METHODS` chooses, and
whoever drives it hands back a `Found` for every plan. To add a method: a file with a class that is a `Method`, and its
line in ``METHODS``.

Reference: nodes of a role and a model, edges, and their search under a budget as in "Generalizing test-time
compute-optimal scaling as an optimizable graph", arXiv 2511.00086.
"""

from agentscale.search.base import Found, Method, Try
from agentscale.search.halving import SuccessiveHalving
from agentscale.search.pareto import front
from agentscale.search.plans import Plan, Space
from agentscale.search.pruning import Pruning
from agentscale.search.random import RandomSearch
from agentscale.search.reinforce import Reinforce
from agentscale.search.told import Told

METHODS: dict[str, type[Method]] = {
    "halving": SuccessiveHalving,
    "random": RandomSearch,
    "reinforce": Reinforce,
    "told": Told,
}
"""All methods by name."""

__all__ = [
    "METHODS",
    "Found",
    "Method",
    "Plan",
    "Pruning",
    "RandomSearch",
    "Reinforce",
    "Space",
    "SuccessiveHalving",
    "Told",
    "Try",
    "front",
]
