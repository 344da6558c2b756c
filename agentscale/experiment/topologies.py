"""Topologies as users name them: one of the catalog with its own parameters, or a generator with theirs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agentscale import topology
from agentscale.catalog import folder, topologies, topology_preset
from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import Topology


class NamedTopology(NamedTuple):
    """A generator with its parameters, as a name of the catalog and what the user wrote make it."""

    generator: Named
    base: Path
    """Where a relative path among the parameters starts."""
    own_path: bool
    """Whether the path is the catalog's, and not the user's."""


def known() -> dict[str, type[Topology]]:
    """The generator behind every name."""
    presets = {preset.name: topology.TOPOLOGIES[preset.generator] for preset in topologies()}
    return {**topology.TOPOLOGIES, **presets}


def looked_up(written: Named, base: Path) -> NamedTopology:
    """What ``written`` stands for: the parameters of the catalog, and the user's before them.

    Args:
        written: Name and parameters, as the user wrote them. An unknown name is taken as a generator's.
        base: Where the user's relative paths start.
    """
    preset = topology_preset(written.name) or Named(name=written.name)
    generator = Named(name=preset.name, parameters={**preset.parameters, **written.parameters})
    own_path = "path" in preset.parameters.keys() - written.parameters
    return NamedTopology(generator, folder("topologies") if own_path else base, own_path)


def find_topology(written: Named, base: Path) -> Topology:
    """The topology that ``written`` means, checked.

    Raises:
        SpecError: If the name or a parameter is wrong, or a file cannot be used.
    """
    if written.name not in known():
        raise SpecError.unknown("topology", written.name, known())
    found = looked_up(written, base)
    return topology.resolve(found.generator, found.base)
