"""A table of the user's to look things up in: CSV, JSON lines, or YAML, beside the experiment."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from agentscale.errors import SpecError

_FORMS = ".csv, .jsonl, .yaml or .yml"


class Table:
    """Texts by their keys, regardless of case.

    Args:
        rows: What stands in the table.
        version: What it is made from.
    """

    def __init__(self, rows: Mapping[str, Any], version: str) -> None:
        self.version = version
        self._rows = {_folded(str(key)): row if isinstance(row, str) else _json(row) for key, row in rows.items()}

    def look_up(self, key: str) -> str:
        """Looks up one key in a table and gives its row."""
        row = self._rows.get(_folded(key))
        if row is None:
            near = difflib.get_close_matches(_folded(key), self._rows, n=3)
            raise LookupError(f"there is no {key!r} in the table" + (f"; near: {', '.join(near)}" if near else ""))
        return row


def read_table(path: Path, key: str | None = None) -> Table:
    """The table of a file.

    Args:
        path: CSV with a header; one JSON object a line; or a YAML mapping from key to value.
        key: The column of the keys; the first one by default. A YAML mapping has its own.

    Raises:
        SpecError: The file cannot be read, or is no such table.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SpecError(f"the table {path.name!r} cannot be read: {error.strerror}", key="file") from None
    except UnicodeDecodeError:
        raise SpecError(f"the table {path.name!r} is not UTF-8", key="file", remedy="save it as UTF-8") from None
    rows = _rows(path, text, key)
    if not rows:
        raise SpecError(f"the table {path.name!r} has no row", key="file")
    return Table(rows, _version(raw, key))


def table(rows: Mapping[str, Any]) -> Table:
    """The table that stands in the experiment file itself."""
    return Table(rows, _version(_json(rows).encode("utf-8", "surrogatepass"), None))


def _version(raw: bytes, key: str | None) -> str:
    return f"lookup/1 {hashlib.sha256(raw).hexdigest()[:16]} {key or ''}".strip()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _folded(key: str) -> str:
    return key.strip().casefold()


def _rows(path: Path, text: str, key: str | None) -> dict[str, Any]:
    """The rows by their keys."""
    if path.suffix == ".csv":
        return _by_key(path, list(csv.DictReader(io.StringIO(text))), key)
    if path.suffix == ".jsonl":
        return _by_key(path, [_object(path, number, line) for number, line in _lines(text)], key)
    if path.suffix in (".yaml", ".yml"):
        return _mapping(path, text)
    raise SpecError(f"nobody knows how to read the table {path.name!r}", key="file", allowed=_FORMS)


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise SpecError(f"no JSON: {error}", file=path.name, line=number, allowed="one object a line") from None
    if not isinstance(row, dict):
        raise SpecError(f"got {row!r}", file=path.name, line=number, allowed="one object a line")
    return row


def _by_key(path: Path, rows: list[dict[str, Any]], key: str | None) -> dict[str, Any]:
    names = list(rows[0]) if rows else []
    column = key or (names[0] if names else "")
    if rows and column not in names:
        unknown = SpecError.unknown("column", column, names)
        raise SpecError(unknown.problem, key="key", allowed=unknown.allowed, nearest=unknown.nearest)
    made: dict[str, Any] = {}
    for number, row in enumerate(rows, 1):
        name = _folded(str(row.get(column, "")))
        if name in made:
            raise SpecError(f"row {number} of {path.name!r} has the key {name!r} once more", key="file", remedy=_TWICE)
        made[name] = row
    return made


_TWICE = "give every row a key of its own, or name another column under key"


def _mapping(path: Path, text: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecError(f"the table {path.name!r} is no YAML: {error}", key="file") from None
    if not isinstance(raw, dict):
        raise SpecError(f"the table {path.name!r} is no mapping", key="file", allowed="one key a line with its value")
    return {str(key): value for key, value in raw.items()}
