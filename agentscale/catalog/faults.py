"""Turns what is wrong with a user's file into one message: place, key, what was got, what is allowed, the remedy.

What is allowed is read from the record's own JSON Schema, so that message and record cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from agentscale.catalog.document import Document, Keys, dotted
from agentscale.errors import SpecError
from agentscale.schema.record import Record, tupled

R = TypeVar("R", bound=Record)
Node = Mapping[str, Any]

MOST_SHOWN = 5
"""Errors that one message lists; the others are counted."""


class Fault(NamedTuple):
    """One error, and the way to the value that is wrong."""

    keys: Keys
    error: SpecError


class Faults:
    """Collects the errors of one document, so that its author sees them together."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._errors: list[SpecError] = []

    def add(self, keys: Keys, error: SpecError) -> None:
        """Notes an error at ``keys``; a place that it has already stays."""
        placed = self.placed(keys, error)
        if str(placed) not in map(str, self._errors):
            self._errors.append(placed)

    def placed(self, keys: Keys, error: SpecError) -> SpecError:
        """The error with file, line and dotted key filled in."""
        if error.file is not None:
            return error
        place = self._document.place(keys)
        return error.at(file=place.file, line=place.line, key=dotted(keys) or None)

    def check(self) -> None:
        """Raises all that was noted.

        Raises:
            SpecError: The first error by line, with the others listed below it.
        """
        if self._errors:
            raise together(self._errors)


def together(errors: Sequence[SpecError]) -> SpecError:
    """One error out of several: the first by line, and the next ones below it."""
    first, *others = sorted(errors, key=lambda error: error.line or 0)
    if not others:
        return first
    shown = [str(error).replace("\n", "\n  ") for error in others[: MOST_SHOWN - 1]]
    unshown = len(others) - len(shown)
    listed = ["further errors:", *(f"  {text}" for text in shown), *([f"  and {unshown} more"] if unshown else [])]
    return SpecError(
        first.problem,
        file=first.file,
        line=first.line,
        key=first.key,
        allowed=first.allowed,
        nearest=first.nearest,
        remedy="\n  ".join([*([first.remedy] if first.remedy else []), *listed]),
    )


def validated(document: Document, record: type[R]) -> R:
    """The document as a record. Nothing is converted: ``"4"`` is no number and ``true`` is not 1.

    Raises:
        SpecError: With every error of the document.
    """
    faults = Faults(document)
    explain(document.data, record, (), faults)
    faults.check()
    made = record.model_validate(tupled(document.data), strict=True)
    # Once through JSON, so that free parameters are the same here and where the record is read back.
    return record.model_validate(made.model_dump(mode="json"))


def explain(data: Any, record: type[Record], keys: Keys, faults: Faults, *, strict: bool = True) -> bool:
    """Notes what is wrong with a part of the document, the one at ``keys``, as ``record``.

    Returns:
        Whether nothing is.
    """
    try:
        record.model_validate(tupled(data), strict=strict)
    except ValidationError as invalid:
        for way, error in explained(invalid, record, data):
            faults.add((*keys, *way), error)
        return False
    return True


def explained(invalid: ValidationError, record: type[Record], data: Any) -> Iterator[Fault]:
    """The errors of a validation in the user's terms, one for each value that is wrong."""
    schema = record.model_json_schema()
    seen: set[Keys] = set()
    for detail in invalid.errors(include_url=False):
        keys, got = _way(detail["loc"], data)
        if keys not in seen:
            seen.add(keys)
            yield Fault(keys, _error(detail, keys, got, schema))


def _error(detail: Any, keys: Keys, got: Any, schema: Node) -> SpecError:
    kind, loc = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        around = _branches(_schema_at(loc[:-1], schema), schema)
        return SpecError.unknown("key", keys[-1], {key for branch in around for key in branch.get("properties", {})})
    if kind == "value_error":
        return SpecError(str(detail["ctx"]["error"]))
    allowed = describe(_schema_at(loc, schema), schema)
    return SpecError("is missing" if kind == "missing" else f"got {shown(got)}", allowed=allowed)


def shown(value: Any) -> str:
    """A value as a message quotes it: short, in the words of the file."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _way(loc: Sequence[str | int], data: Any) -> tuple[Keys, Any]:
    """The way of a validation error through the file, where a list of one or a name may stand without brackets."""
    keys: list[str | int] = []
    for part in loc:
        if isinstance(part, int):
            if isinstance(data, list):
                keys, data = [*keys, part], data[part]
        elif isinstance(data, dict):
            if part == "parameters" and len(data) == 1 and part not in data:
                (part,) = data  # {debate: …} stands for {name: debate, parameters: …}
            keys, data = [*keys, part], data.get(part)
        else:
            break  # the rest names a branch of a union
    return tuple(keys), data


def _resolved(node: Node, schema: Node) -> Node:
    """The node behind a reference, and behind an option to leave the value out."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif len(options := _options(node)) == 1:
            node = options[0]
        else:
            return node


def _options(node: Node) -> list[Node]:
    return [option for option in node.get("anyOf", ()) if option.get("type") != "null"]


def _branches(node: Node, schema: Node) -> list[Node]:
    """The node, and where it is a union what may stand there, such as a mapping in place of a name."""
    whole = _resolved(node, schema)
    return [whole, *(_resolved(option, schema) for option in _options(whole))]


def _schema_at(loc: Sequence[str | int], schema: Node) -> Node:
    """The part of the schema that describes the value at ``loc``; a union is described as a whole."""
    node = schema
    for part in loc:
        inner = next((found for branch in _branches(node, schema) if (found := _inner(branch, part))), None)
        if inner is None:
            break
        node = inner
    return _resolved(node, schema)


def _inner(node: Node, part: str | int) -> Node | None:
    found = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    others = node.get("additionalProperties")
    return found if found is not None else others if isinstance(others, dict) else None


def describe(node: Node, schema: Node) -> str:
    """What a part of a JSON Schema allows, in words."""
    node = _resolved(node, schema)
    if options := _options(node):
        return ", or ".join(describe(option, schema) for option in options)
    if "enum" in node:
        return "one of " + ", ".join(str(name) for name in node["enum"])
    if "const" in node:
        return str(node["const"])
    kind = node.get("type")
    if kind == "array":
        least = node.get("minItems", node.get("minLength"))  # pydantic says minLength behind a validator of ours
        return f"a list{_at_least(least, 'item')}, each {describe(node['items'], schema)}"
    if kind == "object":
        return _mapping(node, schema)
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}.get(str(kind), "text")
    return words + _range(node)


def _mapping(node: Node, schema: Node) -> str:
    if node.get("properties"):
        return "a mapping with keys out of " + ", ".join(sorted(node["properties"]))
    inner = node.get("additionalProperties")
    if not isinstance(inner, dict):
        return "a mapping"
    return f"a mapping{_at_least(node.get('minProperties'), 'name') or ' of names'}, each to {describe(inner, schema)}"


def _at_least(least: int | None, what: str) -> str:
    return f" of at least {least} {what}{'s' if least > 1 else ''}" if least else ""


def _range(node: Node) -> str:
    bounds = [("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")]
    parts = [f"{sign} {node[name]:g}" for name, sign in bounds if name in node]
    text = f" {' and '.join(parts)}" if parts else ""
    if "multipleOf" in node:
        text += f", a multiple of {node['multipleOf']:g}"
    if "pattern" in node:
        text += f" that matches {node['pattern']}"
    return text + _at_least(node.get("minLength"), "character")
