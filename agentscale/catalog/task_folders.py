"""Reads a task: a folder with a head, ``task.yaml``, and its samples as lines of JSON."""

from __future__ import annotations

import ast
import json
import os
import re
import string
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentscale import environments
from agentscale.catalog.document import dotted, read_document, read_text
from agentscale.catalog.faults import Faults, explained, shown, together, validated
from agentscale.catalog.homes import folder
from agentscale.errors import SpecError
from agentscale.schema.record import tupled
from agentscale.schema.run import Named
from agentscale.schema.tasks import AnswerKind, Sample, Task, TaskSpec
from agentscale.scoring import canonical_math, canonical_number, canonical_text, chain_of

HEAD = "task.yaml"
LETTERS = string.ascii_uppercase
"""What the options of a choice are lettered with."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?(/[0-9]+|[eE][-+]?[0-9]+)?")


def task_names() -> list[str]:
    """The tasks of the catalog, by name."""
    return sorted(path.parent.name for path in folder("tasks").glob(f"*/{HEAD}"))


def task_folder(name_or_path: str, base: Path) -> Path:
    """The folder of a task.

    Args:
        name_or_path: A task of the catalog, or the path of a folder. A name of the catalog wins; ``./sums`` is a path.
        base: Where relative paths start: the folder of the experiment file.

    Raises:
        SpecError: If there is neither; with the nearest name of the catalog.
    """
    names = task_names()
    if name_or_path in names:
        return folder("tasks") / name_or_path
    path = base / name_or_path
    if name_or_path and os.path.isfile(path / HEAD):  # pathlib's own raises for names that no file can have
        return path
    unknown = SpecError.unknown("task", name_or_path, names)
    problem, nearest = unknown.problem, unknown.nearest
    if name_or_path and os.path.exists(path):
        kind = f"a folder without a {HEAD}" if os.path.isdir(path) else "a file"
        problem = f"{name_or_path!r} is {kind}, no task"
        nearest = os.path.dirname(name_or_path) or "." if path.name == HEAD else nearest
    raise SpecError(problem, allowed=unknown.allowed, nearest=nearest, remedy=f"or name a folder that holds a {HEAD}")


def load_task(name_or_path: str, base: Path) -> Task:
    """Reads a task with all its samples and checks every one.

    Args:
        name_or_path: A task of the catalog, or the path of a folder with a ``task.yaml``.
        base: Where relative paths start.

    Raises:
        SpecError: With file and line of what is wrong.
    """
    home = task_folder(name_or_path, base)
    spec = read_head(home)
    path = home / spec.samples
    samples: list[Sample] = []
    errors: list[SpecError] = []
    first_lines: dict[str, int] = {}
    for line, text in enumerate(read_text(path, "samples", max_bytes=None).split("\n"), start=1):
        if text.strip():
            _read_sample(text, path, line, spec, first_lines, samples, errors)
    if errors:
        raise together(errors)
    if not samples:
        raise SpecError("there is no sample", file=path, allowed="one JSON object a line, at least one")
    return Task(spec=spec, samples=tuple(samples))


def read_head(home: Path) -> TaskSpec:
    """The head of the task in the folder ``home``.

    Raises:
        SpecError: With file and line of what is wrong.
    """
    document = read_document(home / HEAD, "task")
    spec = validated(document, TaskSpec)
    faults = Faults(document)
    for key, name in (("samples", spec.samples), ("personas", spec.personas)):
        if name is not None and (not name or Path(name).name != name):
            faults.add((key,), SpecError(f"got {name!r}", allowed=f"the name of a file beside {HEAD}"))
    try:
        chain_of(spec.extract, spec.kind)
    except SpecError as error:
        faults.add(("extract",), error)
    faults.check()
    return spec


def _read_sample(
    text: str,
    path: Path,
    line: int,
    spec: TaskSpec,
    first_lines: dict[str, int],
    samples: list[Sample],
    errors: list[SpecError],
) -> None:
    """Reads one line into ``samples``, or notes in ``errors`` what is wrong with it."""
    try:
        sample = _sample(text, path, line)
        if sample.id in first_lines:
            raise SpecError(
                f"the id {sample.id!r} stands on line {first_lines[sample.id]} already",
                key="id",
                allowed="an id that no other sample has",
            )
        first_lines[sample.id] = line
        samples.append(_fitting(sample, spec))
    except SpecError as error:
        errors.append(error.at(file=path, line=line))


def _sample(text: str, path: Path, line: int) -> Sample:
    data = _json(text)
    if not isinstance(data, dict):
        raise SpecError("the line is no mapping", allowed='one JSON object a line, {"id": …, "input": …, "target": …}')
    try:
        return Sample.model_validate(tupled(data), strict=True)
    except ValidationError as invalid:
        placed = [
            error.at(file=path, line=line, key=dotted(keys) or None) for keys, error in explained(invalid, Sample, data)
        ]
        raise together(placed) from None


def _json(text: str) -> Any:
    """One line of JSON: no key twice, no NaN, no half of a surrogate pair."""
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode("utf-8")
        return data
    except json.JSONDecodeError as error:
        raise SpecError(f"is not JSON: {error.msg} (column {error.colno})", allowed="one JSON object a line") from None
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


def _fitting(sample: Sample, spec: TaskSpec) -> Sample:
    """The sample, if it is one of the task's kind."""
    for key, error in (*_misplaced(sample, spec.kind), *_CHECKS[spec.kind](sample)):
        raise error.at(key=key)
    return sample


def _unfit_choice(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    count = len(sample.choices)
    if not 2 <= count <= len(LETTERS):
        yield "choices", SpecError(f"{count} choices", allowed=f"2 to {len(LETTERS)} choices for the kind 'choice'")
        return
    letters = LETTERS[:count]
    if len(sample.target) != 1 or sample.target not in letters:
        upper = sample.target.strip().upper()
        yield (
            "target",
            SpecError(
                f"got {shown(sample.target)}",
                allowed=f"the letter of an option, {', '.join(letters)}",
                nearest=upper if len(upper) == 1 and upper in letters else None,
            ),
        )
    elif len(set(sample.choices)) < count:
        twice = next(choice for choice in sample.choices if sample.choices.count(choice) > 1)
        yield "choices", SpecError(f"the option {twice!r} stands twice", allowed="options that differ")


def _unfit_number(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    if not _NUMBER.fullmatch(sample.target) or canonical_number(sample.target) is None:
        yield "target", SpecError(f"got {shown(sample.target)}", allowed="a number, such as 12, -3, 0.5 or 1/3")


def _unfit_step(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    try:
        chain = environments.resolve_chain(_opened(sample, environments.CHAINS))
    except SpecError as error:
        yield "world", error
        return
    opens = chain.observe(chain.start(), 1, 1)
    for key, written, meant in (("input", sample.input, opens), ("target", sample.target, chain.right(opens))):
        if written != meant:
            yield key, SpecError(f"got {shown(written)}", allowed=f"the first step of its chain, {meant!r}")


def _unfit_world(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    try:
        environments.resolve(_opened(sample, environments.WORLDS))
    except SpecError as error:
        yield "world", error
    if sample.target:
        yield "target", SpecError(f"got {shown(sample.target)}", allowed="none: a world scores what was done itself")


def _opened(sample: Sample, members: Iterable[str]) -> Named:
    """What a sample opens.

    Raises:
        SpecError: If it is not exactly one thing.
    """
    if len(sample.world) != 1:
        allowed = f"one world with its parameters, {{name: {{parameter: value}}}}: {', '.join(members)}"
        raise SpecError(f"{len(sample.world)} worlds", allowed=allowed)
    ((name, parameters),) = sample.world.items()
    return Named(name=name, parameters=parameters)


def _misplaced(sample: Sample, kind: AnswerKind) -> Iterator[tuple[str, SpecError]]:
    """What a sample holds that only samples of another kind have."""
    if sample.choices and kind != "choice":
        yield "choices", SpecError(f"{len(sample.choices)} choices", allowed=f"none for the kind {kind!r}")
    if sample.tests is not None and kind != "code":
        yield "tests", SpecError("there are tests", allowed=f"none for the kind {kind!r}", remedy="set kind: code")
    if sample.aliases and kind != "text":
        yield "aliases", SpecError("there are aliases", allowed=f"none for the kind {kind!r}", remedy="set kind: text")


def _unfit_math(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    if not canonical_math(sample.target):
        yield (
            "target",
            SpecError(f"got {shown(sample.target)}", allowed=r"an expression, such as 1/2, \sqrt{2} or x^2+1"),
        )


def _unfit_code(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    if sample.tests is None:
        yield "tests", SpecError("is missing", allowed='what programs are tried on, such as {"hidden": [{"check": …}]}')
        return
    for key, code in (("target", sample.target), ("tests", sample.tests.setup)):
        try:
            ast.parse(code)
        except (SyntaxError, ValueError) as error:
            yield key, SpecError(f"is no Python program: {error}", allowed="a program that passes the tests")


def _unfit_text(sample: Sample) -> Iterator[tuple[str, SpecError]]:
    for key, text in (("target", sample.target), *(("aliases", alias) for alias in sample.aliases)):
        if not canonical_text(text):
            yield key, SpecError(f"got {shown(text)}", allowed="a text with at least one letter or digit")


_CHECKS: dict[AnswerKind, Callable[[Sample], Iterator[tuple[str, SpecError]]]] = {
    "choice": _unfit_choice,
    "number": _unfit_number,
    "step": _unfit_step,
    "math": _unfit_math,
    "code": _unfit_code,
    "text": _unfit_text,
    "world": _unfit_world,
}
