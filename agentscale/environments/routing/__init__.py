"""Dynamic routing: jobs, a graph that learns who should get them, and how far agents specialise."""

from agentscale.environments.routing.world import Routing

__all__ = ["Routing"]
