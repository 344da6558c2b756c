"""Topologies as users name them: one of the catalog with its own parameters, or a generator with theirs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

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


def swept(written: Named, member: type[Topology]) -> list[Named]:
    """One topology for each value of a parameter that is given as a list, in the file's order: a list is a factor.

    Args:
        written: As the user wrote it.
        member: Its generator. A parameter of which it takes lists anyway is none to sweep.
    """
    properties = member.model_json_schema()["properties"]
    factors = {
        name: values
        for name, values in written.parameters.items()
        if isinstance(values, list) and name in properties and not takes_lists(properties[name])
    }
    return [
        Named(name=written.name, parameters={**written.parameters, **dict(zip(factors, levels, strict=True))})
        for levels in product(*factors.values())
    ]


def takes_lists(node: Mapping[str, Any]) -> bool:
    """Whether a parameter, by its JSON Schema, is a list by itself."""
    return any(option.get("type") == "array" for option in node.get("anyOf", [node]))


def find_topology(written: Named, base: Path) -> Topology:
    """The topology that ``written`` means, checked.

    Raises:
        SpecError: If the name or a parameter is wrong, or a file cannot be used.
    """
    if written.name not in known():
        raise SpecError.unknown("topology", written.name, known())
    found = looked_up(written, base)
    return topology.resolve(found.generator, found.base)
