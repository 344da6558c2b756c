"""All rows of a task, each as a sample would be written, wherever they come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentscale.catalog.sources.base import Row
from agentscale.catalog.sources.files import read_rows
from agentscale.catalog.sources.gym import made_rows
from agentscale.catalog.sources.mapping import fitting, mapped, wanted
from agentscale.errors import SpecError
from agentscale.schema.sources import Columns, TaskData
from agentscale.schema.tasks import TaskSpec


def rows_of(spec: TaskSpec, data: TaskData, files: tuple[Path, ...], head: Path) -> Iterator[Row | SpecError]:
    """The rows, with the keys of samples; for a row that cannot be used, what is wrong with it.

    Args:
        spec: The head of the task.
        data: Its word on the source.
        files: Where the rows lie; none where a gym makes them.
        head: The file of the head, for what it says wrongly of the source.

    Raises:
        SpecError: If a file cannot be read, or is none of its kind.
    """
    if data.gym is not None:
        yield from made_rows(data.gym, spec.kind, spec.name, head)
        return
    columns: Columns | None = None
    number = 0
    for file in files:
        for row in read_rows(file, data.header):
            number += 1
            if isinstance(row, SpecError):
                yield row
                continue
            if columns is None and data.columns and isinstance(row.data, dict):
                columns = fitting(row, data)
            yield from _as_samples(row, columns, data, spec.name, number)


def _as_samples(row: Row, columns: Columns | None, data: TaskData, task: str, number: int) -> Iterator[Row | SpecError]:
    """The row as a sample; nothing, where the head does not ask for it."""
    try:
        if not data.columns:
            yield row
        elif columns is None or not isinstance(row.data, dict):
            raise SpecError("the row is no mapping", allowed="a mapping from column to value")
        elif wanted(row, data):
            yield row._replace(data=mapped(row, columns, data, task, number))
    except SpecError as error:
        yield row.fault(error)
