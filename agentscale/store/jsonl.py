"""Records as lines of JSON: UTF-8, keys in the order of the fields, the same bytes for the same record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic_core import PydanticSerializationError

from agentscale.errors import StoreError
from agentscale.recording.files import explained
from agentscale.schema.record import Record

R = TypeVar("R", bound=Record)


def encoded(record: Record) -> bytes:
    """The JSON of a record. A lone surrogate, which UTF-8 has no bytes for, is written as its escape."""
    try:
        return record.model_dump_json().encode()
    except PydanticSerializationError:
        text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8", "backslashreplace")  # which happens to be how JSON escapes it


def line(record: Record) -> bytes:
    """The JSON of a record and a newline."""
    return encoded(record) + b"\n"


def decoded(text: bytes, kind: type[R]) -> R:
    """The record of a JSON text.

    Raises:
        ValueError: It is none of this kind.
    """
    try:
        return kind.model_validate_json(text)
    except ValueError:
        # Pydantic's parser refuses escapes of lone surrogates, which encoded() writes.
        return kind.model_validate(json.loads(text))


def read(path: Path, kind: type[R], remedy: str) -> Iterator[R]:
    """The records of a file, one at a time.

    Args:
        path: The file.
        kind: What each line holds.
        remedy: What to do where a line is damaged.

    Raises:
        StoreError: The file cannot be read, or a line holds something else; names file and line.
    """
    with explained(f"read {path}"), path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            try:
                yield decoded(text, kind)
            except ValueError as error:
                raise StoreError(
                    f"{path}, line {number} holds no {kind.__name__}: {first(error)}\n  {remedy}"
                ) from error


def joined(records: Iterable[Record]) -> bytes:
    """All lines of a small file."""
    return b"".join(map(line, records))


def first(error: Exception) -> str:
    """What is wrong, in one line; Pydantic names a field a paragraph."""
    return "; ".join(part.strip() for part in str(error).splitlines()[1:3]) or str(error)
