"""The commons: a pool that all live off, and that lasts only as long as all spare it."""

from agentscale.environments.commons.world import Commons, Shock

__all__ = ["Commons", "Shock"]
