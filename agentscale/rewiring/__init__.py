"""How it changes who reads whom, as arrays: weights that results update, nearness, likeness, following, activity.

Edges are pairs (u, v), shape (E, 2): v reads u. Nothing here keeps a state or knows a graph library, so that graphs,
worlds and the simulator share these rules.
"""

from agentscale.rewiring.activity import activations, reached
from agentscale.rewiring.archetypes import broadcast, effective_number, groups_by
from agentscale.rewiring.following import follow_more, follows, refollow
from agentscale.rewiring.nearness import Measure, alike, near, similarities
from agentscale.rewiring.weights import Weights, pruned, rescaled, smoothed, square

__all__ = [
    "Measure",
    "Weights",
    "activations",
    "alike",
    "broadcast",
    "effective_number",
    "follow_more",
    "follows",
    "groups_by",
    "near",
    "pruned",
    "reached",
    "refollow",
    "rescaled",
    "similarities",
    "smoothed",
    "square",
]
