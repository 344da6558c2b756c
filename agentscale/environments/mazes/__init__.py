"""Mazes of which each agent sees a part: the maze, its views, what a way is worth, and the dialogue about it."""

from __future__ import annotations

from agentscale.environments.mazes.world import Mazes

__all__ = ["Mazes"]
