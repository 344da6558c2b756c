"""From a name with parameters to the record it names, with errors that a user can act on. Knows no family."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import ValidationError

from agentscale.errors import SpecError
from agentscale.schema.record import Record, tupled
from agentscale.schema.run import Named

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

R = TypeVar("R", bound=Record)


def instantiate(kind: str, named: Named, members: Mapping[str, type[R]]) -> R:
    """The member of a family that ``named`` means, with its parameters checked.

    Types are taken strictly: ``rounds: "3"`` and ``rounds: true`` are errors, ``p: 1`` is the number 1.0.

    Args:
        kind: What the family holds, such as ``"protocol"``: for messages, and the key of an unknown name.
        named: Name and parameters, as the user wrote them.
        members: The family, by name.

    Raises:
        SpecError: If the name or a parameter is unknown, missing or wrong; the key is ``name.parameter``.
    """
    if named.name not in members:
        raise SpecError.unknown(kind, named.name, members, key=kind)
    member = members[named.name]
    try:
        return member.model_validate(tupled(named.parameters), strict=True)
    except ValidationError as error:
        raise _spec_error(named.name, member, error.errors(include_url=False)[0]) from None


def _spec_error(name: str, member: type[Record], fault: ErrorDetails) -> SpecError:
    key = ".".join(str(part) for part in (name, *fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return SpecError.unknown(
            f"parameter of {name}", fault["loc"][-1], _fields_at(member, fault["loc"][:-1]), key=key
        )
    if fault["type"] == "union_tag_invalid":
        tags = re.findall(r"'(\w+)'", fault["ctx"]["expected_tags"])
        return SpecError.unknown(str(fault["loc"][-1]), fault["ctx"]["tag"], tags, key=key)
    if fault["type"] == "missing":
        return SpecError("the parameter is missing", key=key, remedy=f"write {name}: {{{fault['loc'][-1]}: …}}")
    if fault["type"] == "union_tag_not_found":
        kind = f"a mapping that says which one it is, under {fault['ctx']['discriminator']}"
        return SpecError(f"got {_listed(fault['input'])!r}", key=key, allowed=kind)
    allowed = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return SpecError(f"got {_listed(fault['input'])!r}", key=key, allowed=allowed)


def _fields_at(member: type[Record], place: Sequence[int | str]) -> list[str]:
    """The fields that may stand at a place within a member: those of the records that its way leads through."""
    found = [member]
    for part in place:
        inner = [one for record in found for one in _records(record.model_fields.get(str(part)))]
        tagged = [record for record in found if part in {field.default for field in record.model_fields.values()}]
        found = inner or tagged or found
    return [name for record in found for name in record.model_fields]


def _records(field: FieldInfo | None) -> list[type[Record]]:
    """The records that a field may hold, of which it can have several kinds."""
    kinds = [] if field is None else [field.annotation, *get_args(field.annotation)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Record)]


def _listed(value: object) -> object:
    """Lists for tuples, as the user wrote them."""
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
