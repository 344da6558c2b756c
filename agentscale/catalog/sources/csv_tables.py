"""Tables of text: CSV and TSV, with their names in the first line or in the head of the task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from agentscale.catalog.sources.base import Row
from agentscale.errors import SpecError


def csv_table(text: str, file: Path, delimiter: str, header: Sequence[str]) -> Iterator[Row | SpecError]:
    """The rows of a table of text, each a mapping from column to text.

    Args:
        text: The file's text.
        file: Its name, for messages.
        delimiter: What stands between cells.
        header: The names of the columns; without any, the first line has them.

    Raises:
        SpecError: If the first line cannot be one of names, or a quoted cell never ends.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = list(header) or _names(next(reader, []), file)
        for cells in reader:
            if cells and (reader.line_num > 1 or cells != names):
                yield _row(cells, names, file, reader.line_num)
    except csv.Error as error:
        raise SpecError(f"is no table: {error}", file=file, line=reader.line_num, remedy='quote cells with "') from None


def _names(first: Sequence[str], file: Path) -> list[str]:
    names = [name.strip() for name in first]
    if not names:
        raise SpecError("the file is empty", file=file, allowed="a line with the names of the columns, then rows")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SpecError(f"two columns are called {twice!r}", file=file, line=1, allowed="names that differ")
    return names


def _row(cells: Sequence[str], names: Sequence[str], file: Path, line: int) -> Row | SpecError:
    if len(cells) != len(names):
        return SpecError(f"has {len(cells)} cells", file=file, line=line, allowed=f"{len(names)}: {', '.join(names)}")
    return Row(dict(zip(names, cells, strict=True)), file, line)
