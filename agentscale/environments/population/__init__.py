"""Populations: activity by chance, graphs that follow from what individuals do, archetypes that speak for many."""

from agentscale.environments.population.world import Population

__all__ = ["Population"]
