"""Environments: worlds that agents act on. They know their rules, and call no model.

To add one: a file with a record that has a ``name``, and its line in ``WORLDS``.
"""

from __future__ import annotations

from agentscale.environments.base import StepWorld
from agentscale.environments.hanoi import Hanoi
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named

WORLDS: dict[str, type[StepWorld]] = {"hanoi": Hanoi}
"""All worlds by name."""


def resolve(named: Named) -> StepWorld:
    """The world that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is wrong.
    """
    return instantiate("world", named, WORLDS)


__all__ = ["WORLDS", "Hanoi", "StepWorld", "resolve"]
