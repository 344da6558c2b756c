"""From a row of a foreign file to a sample, as the head of the task says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentscale.catalog.faults import shown
from agentscale.catalog.sources.base import Row
from agentscale.catalog.sources.cells import columns_of, has, listed, plain, text, value
from agentscale.catalog.sources.targets import right
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.sources import Columns, TaskData
from agentscale.scoring import letters


def wanted(row: Row, data: TaskData) -> bool:
    """Whether a row is one that the head asks for.

    Raises:
        SpecError: If it lacks a column that the head chooses by.
    """
    return all(str(value(row.data, way)) == str(held) for way, held in data.where.items())


def fitting(row: Row, data: TaskData) -> Columns:
    """The first mapping of the head whose columns the first row of a file has.

    Raises:
        SpecError: If there is none; says what it has and what it lacks.
    """
    lacking = [[way for way in _ways(each) if not has(row.data, way)] for each in data.columns]
    for columns, missing in zip(data.columns, lacking, strict=True):
        if not missing:
            return columns
    wanted = "; or ".join(", ".join(dict.fromkeys(_ways(each))) for each in data.columns)
    raise SpecError(
        f"there is no column {min(lacking, key=len)[0]!r}; it has {', '.join(row.data) or 'none'}",
        file=row.file,
        line=row.line,
        allowed=wanted,
        remedy="or copy the task's folder, and say under data.columns what the columns are",
    )


def _ways(columns: Columns) -> Iterator[str]:
    """The columns that a mapping names."""
    yield from columns_of(columns.input)
    yield from columns.choices
    if columns.target.text is not None:
        yield from columns_of(columns.target.text)
    elif columns.target.label is not None:
        yield from columns.target.label
    elif columns.target.always is None:
        yield getattr(columns.target, columns.target.way)
    yield from (way for way in (columns.id, columns.level) if way is not None)
    if columns.tests is not None:
        for written in columns.tests.check:
            yield from columns_of(written)


def mapped(row: Row, columns: Columns, data: TaskData, task: str, number: int) -> dict[str, Any]:
    """The sample that a row becomes, as a file of samples would have it.

    Args:
        row: The row.
        columns: What its columns are.
        data: The head's word on the source.
        task: The name of the task.
        number: The number of the row, which makes the id where no column has one.

    Raises:
        SpecError: If a column is not there, or does not hold what it should.
    """
    cells = row.data
    choices = _choices(cells, columns, data.padding)
    made = {
        "id": f"{task}-{number:05d}" if columns.id is None else plain(value(cells, columns.id), columns.id),
        "input": text(cells, columns.input).strip(),
        "choices": choices,
        "target": right(cells, columns.target, len(choices)),
        "level": 1 if columns.level is None else _level(value(cells, columns.level), columns.level),
        "metadata": {way: value(cells, way) for way in columns.keep},
    }
    if columns.tests is not None:
        checks = [check for written in columns.tests.check for check in _texts(cells, written)]
        made["tests"] = {"setup": _setup(cells, columns.tests.setup), "hidden": [{"check": check} for check in checks]}
    return made if data.shuffle is None else _shuffled(made, data.shuffle, task)


def _choices(cells: Mapping[str, Any], columns: Columns, padding: str) -> list[str]:
    if len(columns.choices) == 1:
        (way,) = columns.choices
        options = listed(cells, way)
    else:
        options = [value(cells, way) for way in columns.choices]
    while options and (options[-1] is None or options[-1] in ("", padding)):
        options.pop()
    return [plain(option, "choices").strip() for option in options]


def _level(cell: Any, way: str) -> int:
    found = re.findall("[0-9]{1,9}", plain(cell, way))
    if len(found) != 1 or int(found[0]) < 1:
        raise SpecError(f"the column {way!r} holds {shown(cell)}", allowed="one whole number ≥ 1 in it")
    return int(found[0])


def _setup(cells: Mapping[str, Any], way: str | None) -> str:
    empty = way is None or value(cells, way) in (None, "", [])
    return "" if empty or way is None else "\n".join(_texts(cells, way))


def _texts(cells: Mapping[str, Any], written: str) -> list[str]:
    """The texts of a column that holds one or a list of them, or of words with columns in braces."""
    if has(cells, written) and isinstance(held := value(cells, written), list):
        return [plain(each, written) for each in held]
    return [text(cells, written)]


def _shuffled(made: dict[str, Any], seed: int, task: str) -> dict[str, Any]:
    """The same sample with its options in an order of its own."""
    options, names = made["choices"], letters(len(made["choices"]))
    if made["target"] not in names:
        return made  # what is wrong with it is said where all samples are checked
    order = [int(index) for index in keyed(seed, "options", task, made["id"]).permutation(len(options))]
    target = names[order.index(names.index(made["target"]))]
    return {**made, "choices": [options[index] for index in order], "target": target}
