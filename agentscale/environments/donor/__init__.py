"""The donor game over generations: who gives gets nothing for it, and all together are richer."""

from agentscale.environments.donor.world import DonorGame

__all__ = ["DonorGame"]
