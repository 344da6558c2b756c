"""The five problems of AgentsNet.

To add one: a file with a class that is a ``Problem``, and its line in ``PROBLEMS``.
"""

from __future__ import annotations

from typing import Literal

from agentscale.environments.network.problems.base import Problem
from agentscale.environments.network.problems.coloring import Coloring
from agentscale.environments.network.problems.consensus import Consensus
from agentscale.environments.network.problems.cover import VertexCover
from agentscale.environments.network.problems.leader import LeaderElection
from agentscale.environments.network.problems.matching import Matching

ProblemName = Literal["coloring", "consensus", "leader_election", "matching", "vertex_cover"]

PROBLEMS: dict[ProblemName, Problem] = {
    "coloring": Coloring(),
    "consensus": Consensus(),
    "leader_election": LeaderElection(),
    "matching": Matching(),
    "vertex_cover": VertexCover(),
}
"""All problems by name."""

__all__ = ["PROBLEMS", "Problem", "ProblemName"]
