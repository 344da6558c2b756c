"""Tables with one row an answer, as CSV or Parquet: the plainest form in which logs come."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from agentscale.errors import SpecError
from agentscale.interop.readers.files import readable
from agentscale.interop.utterances import NEEDED, READ, SAMPLED, Foreign, Utterance
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Role

Rows = Iterator[tuple[int, dict[str, Any]]]
"""Rows with the line, or the number, at which each stands in its file."""

_WHOLE = ("place", "replicate", "round", "turn", "tokens_in", "tokens_out", "level")
_LISTS = ("choices", "reads")


def read(paths: Sequence[Path]) -> Foreign:
    """Reads tables; rows of several files are one run.

    Raises:
        SpecError: If a column is missing or a value cannot be, names file and line; or Parquet cannot be read here.
    """
    said: list[Utterance] = []
    left_out: dict[str, None] = {}
    for path in paths:
        columns, rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
        _check(columns, path)
        left_out |= dict.fromkeys(name for name in columns if name not in (*READ, *SAMPLED))
        said += [_utterance(row, path, line, reads="answer" not in columns) for line, row in rows]
    extra = f"columns that agentscale has no use for are left out: {', '.join(left_out)}"
    return Foreign(tuple(said), "table", warnings=(extra,) if left_out else ())


def _csv(path: Path) -> tuple[list[str], Rows]:
    with readable(path), path.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file), [])
    return columns, _csv_rows(path)


def _csv_rows(path: Path) -> Rows:
    csv.field_size_limit(2**31 - 1)  # an answer may be longer than the module's own limit of 128 KiB
    with readable(path), path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise SpecError("the row has not as many cells as the header", file=path, line=reader.line_num)
                yield reader.line_num, {key: _unguarded(value) for key, value in row.items()}
        except csv.Error as error:
            raise SpecError(f"the row cannot be read: {error}", file=path, line=reader.line_num) from None


def _unguarded(text: str) -> str:
    """The text of a cell without the quote that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def _parquet(path: Path) -> tuple[list[str], Rows]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        remedy = "pip install 'agentscale[parquet]', or save the table as CSV"
        raise SpecError("Parquet needs pyarrow, which is not installed", file=path, remedy=remedy) from None
    with readable(path):
        try:
            file = pyarrow.parquet.ParquetFile(path)
        except pyarrow.ArrowInvalid as error:
            problem = str(error).splitlines()[0]
            raise SpecError(f"the file is no Parquet: {problem}", file=path) from None
    return list(file.schema_arrow.names), _parquet_rows(file)


def _parquet_rows(file: Any) -> Rows:
    number = 0
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _check(columns: Sequence[str], path: Path) -> None:
    absent = [name for name in NEEDED if name not in columns]
    if not absent and not {"answer", "text"} & set(columns):
        absent = ["answer (or text)"]
    if absent:
        others = ", ".join(name for name in READ if name not in NEEDED)
        near = SpecError.unknown("column", absent[0], columns).nearest if columns else None
        raise SpecError(
            f"the table has no column {', '.join(map(repr, absent))}; its columns are {', '.join(columns) or 'none'}",
            file=path,
            line=1,
            allowed=f"{', '.join(NEEDED)}, and answer or text; also {others}",
            remedy=f"rename the column {near!r}" if near else "rename your columns: agentscale help import",
        )


def _utterance(row: Mapping[str, Any], path: Path, line: int, reads: bool) -> Utterance:
    given = {name: value for name, value in row.items() if name in READ and not _is_empty(value)}
    try:
        for name in set(given) - {*_WHOLE, *_LISTS}:
            given[name] = str(given[name])
        for name in set(given) & set(_WHOLE):
            given[name] = _whole(name, given[name])
        for name in set(given) & set(_LISTS):
            given[name] = _list(name, given[name])
        if given.get("role", "agent") not in get_args(Role):
            raise SpecError.unknown("role", given["role"], get_args(Role))
        absent = next((name for name in NEEDED if name not in given), None)
        if absent is not None:
            raise SpecError("the cell is empty", key=absent, remedy="every row needs " + ", ".join(NEEDED))
        return Utterance(**given, sampling=_sampling(row), unread=reads, line=line)
    except SpecError as error:
        raise error.at(file=path, line=line) from None


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _whole(name: str, value: object) -> int:
    try:
        number = float(str(value))
        if number != int(number) or number < 0:
            raise ValueError
    except (ValueError, OverflowError):
        raise SpecError(f"got {value!r}", key=name, allowed="a whole number, at least 0") from None
    return int(number)


def _list(name: str, value: object) -> tuple[str, ...]:
    try:
        read = json.loads(value) if isinstance(value, str) else value
        if not isinstance(read, list) or not all(isinstance(each, str) for each in read):
            raise ValueError
    except ValueError:
        raise SpecError(f"got {value!r}", key=name, allowed='a list of texts, such as ["yes", "no"]') from None
    return tuple(read)


def _sampling(row: Mapping[str, Any]) -> Sampling:
    convert: dict[str, Callable[[str], float]] = {
        "temperature": float,
        "top_p": float,
        "max_tokens": lambda v: int(float(v)),
    }
    try:
        return Sampling.model_validate(
            {name: convert[name](str(row[name])) for name in SAMPLED if not _is_empty(row.get(name))}
        )
    except (ValueError, ValidationError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise SpecError(f"the settings of sampling cannot be: {first}", key=", ".join(SAMPLED)) from None
