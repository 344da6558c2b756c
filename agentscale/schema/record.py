"""What every record shares: it is frozen, it forbids unknown keys, and it has one canonical form to hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """A frozen record that is saved, hashed or sent. Unknown keys are an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, use_attribute_docstrings=True
    )


def later(default: Any) -> Any:
    """A field that came after records were first written: while it has its default it is not written at all.

    So older records, and the digests over them, stay what they are. Its default may never change.
    """
    return Field(default=default, exclude_if=lambda value: value == default)


def tupled(data: Any) -> Any:
    """The data with tuples for lists, as strict records want them."""
    if isinstance(data, dict):
        return {key: tupled(value) for key, value in data.items()}
    return tuple(tupled(value) for value in data) if isinstance(data, list) else data


def canonical(value: Any) -> bytes:
    """The canonical JSON of a plain value: sorted keys, no spaces, ASCII only, so that any text survives."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


quoted: Callable[[str], str] = encode_basestring_ascii
"""A text as ``canonical`` writes it: for the few forms that are put together by hand, a dozen times a millisecond."""


def digest_of(text: str) -> str:
    """The SHA-256 of a canonical JSON text, in hexadecimal (64 characters)."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def digest(value: Any) -> str:
    """The SHA-256 of the canonical JSON of ``value``, in hexadecimal (64 characters)."""
    return hashlib.sha256(canonical(value)).hexdigest()
