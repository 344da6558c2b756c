"""Repeated games of two players with two options each: the tables, the play, and scripted players."""

from __future__ import annotations

from agentscale.environments.matrix_games.tables import NAMED, equilibria, ordinal
from agentscale.environments.matrix_games.world import MatrixGame

__all__ = ["NAMED", "MatrixGame", "equilibria", "ordinal"]
