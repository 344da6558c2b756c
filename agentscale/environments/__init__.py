"""Environments: worlds that agents act on. They know their rules, and call no model.

To add one: a file with a record that has a ``name``, and its line in ``WORLDS``, or in ``CHAINS`` for a chain of steps.
"""

from __future__ import annotations

from agentscale.environments.base import Environment, Score, StepWorld
from agentscale.environments.hanoi import Hanoi
from agentscale.environments.network import Network
from agentscale.environments.routing import Routing
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named

CHAINS: dict[str, type[StepWorld]] = {"hanoi": Hanoi}
"""All chains of steps by name."""

WORLDS: dict[str, type[Environment]] = {"network": Network, "routing": Routing}
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
    "Environment",
    "Hanoi",
    "Network",
    "Routing",
    "Score",
    "StepWorld",
    "resolve",
    "resolve_chain",
]
