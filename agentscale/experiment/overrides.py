"""Dotted overrides such as ``team.size=2,4,8``: what a file would say after an edit, without the edit."""

from __future__ import annotations

import copy
import re
from typing import Any

from agentscale.catalog.document import Document, Keys, Place, dotted, parse_value
from agentscale.catalog.faults import shown
from agentscale.errors import SpecError

_PART = r'(?:"[^"]+"|[^\s."=\[\]]+)'
_OVERRIDE = re.compile(rf"({_PART}(?:\.{_PART})*)=(.*)", re.DOTALL)


def overridden(document: Document, text: str) -> Document:
    """The document as if its file said what the override says; errors at that key name the override.

    Args:
        document: What the file says.
        text: ``key.key=value``. The value is YAML; ``2,4,8`` is a list. A key with a dot stands in double quotes.

    Raises:
        SpecError: If ``text`` is no override, or leads through what is no mapping.
    """
    keys, value = _parsed(text)
    place = Place(f"override {text!r}", None)
    data = copy.deepcopy(document.data)
    places = {known: where for known, where in document.places.items() if known[: len(keys)] != keys}
    around = data
    for depth, key in enumerate(keys[:-1], start=1):
        places.setdefault(keys[:depth], place)
        around = _opened(around, keys[:depth], key, place)
    around[keys[-1]] = value
    places[keys] = place
    return Document(document.file, document.text, data, places)


def _parsed(text: str) -> tuple[tuple[str, ...], Any]:
    match = _OVERRIDE.fullmatch(text)
    place = f"override {text!r}"
    if match is None:
        raise SpecError("this is no override", file=place, allowed="key.key=value, such as team.size=2,4,8")
    keys = tuple(part.strip('"') for part in re.findall(_PART, match[1]))
    if not match[2].strip():
        raise SpecError("there is no value", file=place, key=dotted(keys), allowed="a value; null, or '' for no text")
    values = parse_value(f"[{match[2]}]", place)
    return keys, values[0] if len(values) == 1 else values


def _opened(around: dict[str, Any], keys: Keys, key: str, place: Place) -> dict[str, Any]:
    """The mapping at ``key``, made where there is none."""
    inner = around.get(key)
    if keys == ("task",) and isinstance(inner, str):
        inner = {"name": inner}  # the short form of a task, as the schema reads it
    inner = {} if inner is None else inner
    if not isinstance(inner, dict):
        kind = "a list" if isinstance(inner, list) else shown(inner)
        raise SpecError(
            f"{dotted(keys)} is {kind}",
            file=place.file,
            allowed="a way through mappings only",
            remedy=f"give the whole value, {dotted(keys)}=…, or edit the file",
        )
    around[key] = inner
    return inner
