"""Rows of a file, read by the ending of its name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from agentscale.catalog.document import decoded, read_text
from agentscale.catalog.sources.base import Row
from agentscale.catalog.sources.csv_tables import csv_table
from agentscale.catalog.sources.json_lines import json_lines, json_list
from agentscale.catalog.sources.parquet import parquet_table
from agentscale.errors import SpecError

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
"""What can be read; all but Parquet also as ``.gz``."""


def read_rows(file: Path, header: Sequence[str] = ()) -> Iterator[Row | SpecError]:
    """The rows of a file; for a row that cannot be read, what is wrong with it.

    Args:
        file: The file; its ending says what it is.
        header: The names of the columns of a CSV or TSV file without a line of names.

    Raises:
        SpecError: If there is no such file, or it is none of its kind.
    """
    ending = _ending(file)
    if ending not in ENDINGS:
        allowed = f"a file that ends with {', '.join(ENDINGS)}; the first four also with .gz"
        raise SpecError(f"cannot read {ending or 'a file without an ending'}", file=file, allowed=allowed)
    if ending == ".parquet":
        return parquet_table(file)
    text = _unzipped(file) if file.suffix == ".gz" else read_text(file, "samples", max_bytes=None)
    if ending == ".jsonl":
        return json_lines(text, file)
    if ending == ".json":
        return json_list(text, file)
    return csv_table(text, file, "," if ending == ".csv" else "\t", header)


def is_readable(file: Path) -> bool:
    """Whether the ending of a file's name is one that can be read."""
    return _ending(file) in ENDINGS


def _ending(file: Path) -> str:
    zipped = file.suffix == ".gz"
    ending = (Path(file.stem) if zipped else file).suffix.lower()
    return f"{ending}.gz" if zipped and ending == ".parquet" else ending


def _unzipped(file: Path) -> str:
    try:
        raw = gzip.decompress(file.read_bytes())
    except FileNotFoundError:
        raise SpecError("there is no such file", file=file, allowed="a samples file") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: a zero byte in the path
        raise SpecError(f"cannot be unzipped: {error}", file=file) from None
    return decoded(raw, file)
