"""Environments: worlds that agents act on. They know their rules, and call no model.

To add one: a file with a record that has a ``name``, and its line in ``WORLDS``, or in ``CHAINS`` for a chain of steps.
"""

from __future__ import annotations

from agentscale.environments.base import Environment, Score, StepWorld
from agentscale.environments.beauty_contest import BeautyContest
from agentscale.environments.commons import Commons
from agentscale.environments.donor import DonorGame
from agentscale.environments.hanoi import Hanoi
from agentscale.environments.matrix_games import MatrixGame
from agentscale.environments.mazes import Mazes
from agentscale.environments.network import Network
from agentscale.environments.population import Population
from agentscale.environments.routing import Routing
from agentscale.environments.taboo import Taboo
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named

CHAINS: dict[str, type[StepWorld]] = {"hanoi": Hanoi}
"""All chains of steps by name."""

WORLDS: dict[str, type[Environment]] = {
    "beauty_contest": BeautyContest,
    "commons": Commons,
    "donor_game": DonorGame,
    "matrix_game": MatrixGame,
    "mazes": Mazes,
    "network": Network,
    "population": Population,
    "routing": Routing,
    "taboo": Taboo,
}
"""All worlds by name."""


def resolve_chain(named: Named) -> StepWorld:
    """The chain of steps that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is wrong.
    """
    return instantiate("world", named, CHAINS)


def resolve(named: Named) -> Environment:
    """The world that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is wrong.
    """
    return instantiate("world", named, WORLDS)


__all__ = [
    "CHAINS",
    "WORLDS",
    "BeautyContest",
    "Commons",
    "DonorGame",
    "Environment",
    "Hanoi",
    "MatrixGame",
    "Mazes",
    "Network",
    "Population",
    "Routing",
    "Score",
    "StepWorld",
    "Taboo",
    "resolve",
    "resolve_chain",
]
