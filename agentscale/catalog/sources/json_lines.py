"""Strict JSON: no key twice, no NaN, no half of a surrogate pair."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentscale.catalog.sources.base import Row
from agentscale.errors import SpecError


def json_lines(text: str, file: Path) -> Iterator[Row | SpecError]:
    """The values of a text with one JSON value a line; for a line that holds none, what is wrong with it."""
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            try:
                yield Row(parsed(written, "one JSON object a line"), file, line)
            except SpecError as error:
                yield error.at(file=file, line=line)


def json_list(text: str, file: Path) -> Iterator[Row | SpecError]:
    """The values of a JSON list.

    Raises:
        SpecError: If the text is none.
    """
    allowed = "a JSON list of objects"
    try:
        values = parsed(text, allowed)
        if not isinstance(values, list):
            raise SpecError("the top level is no list", allowed=allowed)
    except SpecError as error:
        raise error.at(file=file) from None
    for number, value in enumerate(values, start=1):
        yield Row(value, file, number)


def parsed(text: str, allowed: str) -> Any:
    """One JSON value.

    Raises:
        SpecError: If it is none; ``allowed`` says what would be right.
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode("utf-8")
        return data
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise SpecError(f"is not JSON: {error.msg} ({where}column {error.colno})", allowed=allowed) from None
    except UnicodeEncodeError:
        raise SpecError("holds half of a surrogate pair", allowed="Unicode text") from None
    except RecursionError:
        raise SpecError("is nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise SpecError(f"is not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"the key {twice!r} stands twice", remedy="keep one of them")
    return made


def _no_constant(name: str) -> float:
    raise SpecError(f"{name} is no JSON", allowed="finite numbers")
