"""The JSON Schema of experiment files, for editors: the record's own, with the short forms that files may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentscale import topology
from agentscale.catalog import topologies
from agentscale.experiment.topologies import takes_lists
from agentscale.models.openai_chat.presets import PRESETS
from agentscale.protocols import PROTOCOLS
from agentscale.schema.experiment import Experiment
from agentscale.schema.record import Record

Node = dict[str, Any]

LISTED = {
    "Experiment": ("task", "team"),
    "TeamSpec": ("size", "layer", "models", "personas"),
    "TaskRef": ("levels", "world"),
    "Member": ("tools",),
}
"""Fields whose list of one may be written without its brackets."""


def json_schema() -> Node:
    """The JSON Schema (draft 2020-12) that every experiment file fits, names and parameters included."""
    schema = Experiment.model_json_schema()
    records = {**schema["$defs"], "Experiment": schema}
    for record, names in LISTED.items():
        for name in names:
            records[record]["properties"][name] = _or_bare(records[record]["properties"][name])
    listed = {"type": "array", "items": {"type": "string"}}
    dealt = {"anyOf": [{"type": "string"}, listed]}
    records["TeamSpec"]["properties"]["tools"] = {"anyOf": [{"type": "string"}, {"type": "array", "items": dealt}]}
    ships = {"type": "string", "enum": ["calculator", "python"]}
    tools = schema["properties"]["tools"]
    ((pattern, spec),) = tools["patternProperties"].items()
    tools["patternProperties"] = {pattern: {"anyOf": [spec, ships]}}
    tools["additionalProperties"] = False
    schema["properties"]["tools"] = {"anyOf": [tools, {"type": "array", "items": ships}]}
    profile = records["ModelSpec"]["properties"]["profile"]
    profile["anyOf"].append({"type": "string", "enum": list(PRESETS)})
    embedder = schema["properties"]["embedder"]
    schema["properties"]["embedder"] = {"anyOf": [{"$ref": embedder.pop("$ref")}, {"type": "string"}], **embedder}
    generators: dict[str, type[Record]] = dict(topology.TOPOLOGIES)
    presets = {entry.name: generators[entry.generator] for entry in topologies() if entry.generator in generators}
    for name, members in (("protocol", PROTOCOLS), ("topology", {**generators, **presets})):
        # A topology of the catalog has its generator's parameters, none of which must be given again.
        optional = set(presets) if name == "topology" else set()
        level = _level(members, optional, schema["$defs"])
        default = schema["properties"][name]["default"]
        levels = {"type": "array", "items": level, "minItems": 1}
        schema["properties"][name] = {"anyOf": [level, levels], "default": default}
    schema["$defs"].pop("Named", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "agentscale experiment"}


def _or_bare(node: Node) -> Node:
    """A node in which every list may also be its single item."""
    options = []
    for option in node.get("anyOf", [node]):
        if option.get("type") == "array":
            item = option["items"]
            short = {"anyOf": [item, {"type": "string"}]} if item.get("$ref", "").endswith("/TaskRef") else item
            length = {"minItems": option["minLength"]} if "minLength" in option else {}
            options += [short, {"type": "array", "items": short, **length}]
        else:
            options.append(option)
    return {"anyOf": options, **({"default": node["default"]} if "default" in node else {})}


def _or_swept(node: Node) -> Node:
    """A parameter of a topology, or a list of its values, each of which makes a level."""
    return node if takes_lists(node) else {"anyOf": [node, {"type": "array", "items": node, "minItems": 1}]}


def _level(members: Mapping[str, type[Record]], optional: set[str], definitions: Node) -> Node:
    """A name, a name with parameters, or both spelled out."""
    short: list[Node] = [{"type": "string", "enum": sorted(members)}]
    long: list[Node] = []
    for name, member in sorted(members.items()):
        parameters = member.model_json_schema(ref_template="#/$defs/{model}")
        for record, node in parameters.pop("$defs", {}).items():
            definitions.setdefault(record, node)  # what is known already has its short forms
        if issubclass(member, topology.Topology):
            parameters["properties"] = {key: _or_swept(node) for key, node in parameters.get("properties", {}).items()}
        if name in optional:
            parameters.pop("required", None)
        single = {"properties": {name: {"anyOf": [parameters, {"type": "null"}]}}, "required": [name]}
        short.append({"type": "object", "additionalProperties": False, **single})
        spelled = {"properties": {"name": {"const": name}, "parameters": parameters}, "required": ["name"]}
        long.append({"type": "object", "additionalProperties": False, **spelled})
    return {"oneOf": short + long}
