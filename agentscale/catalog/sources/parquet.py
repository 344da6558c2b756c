"""Parquet files, by the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentscale.catalog.sources.base import Row
from agentscale.errors import SpecError


def parquet_table(file: Path) -> Iterator[Row | SpecError]:
    """The rows of a Parquet file, each a mapping from column to value.

    Raises:
        SpecError: If pyarrow is not installed, or cannot read the file.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SpecError(
            "reading Parquet needs pyarrow, which is not installed",
            file=file,
            remedy="pip install 'agentscale[parquet]'",
        ) from None
    try:
        table = parquet.read_table(file)
    except FileNotFoundError:
        raise SpecError("there is no such file", file=file, allowed="a samples file") from None
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise SpecError(f"is no Parquet file: {str(error).splitlines()[0]}", file=file) from None
    for number, data in enumerate(table.to_pylist(), start=1):
        yield Row(data, file, number)
