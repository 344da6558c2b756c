"""From rows to samples: what a sample of each kind must have, and all that is wrong with a file in one message."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from agentscale import environments
from agentscale.catalog.document import dotted
from agentscale.catalog.faults import explained, shown, together
from agentscale.catalog.sources import Row
from agentscale.errors import SpecError
from agentscale.schema.record import tupled
from agentscale.schema.run import Named
from agentscale.schema.tasks import AnswerKind, Sample, TaskSpec
from agentscale.scoring import canonical_math, canonical_number, canonical_text

LETTERS = string.ascii_uppercase
"""What the options of a choice are lettered with."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?(/[0-9]+|[eE][-+]?[0-9]+)?")


class Gathered:
    """The samples of a task as their rows come in, and what is wrong with those that cannot be used."""

    def __init__(self, spec: TaskSpec) -> None:
        self._spec = spec
        self._own = spec.data is None or not spec.data.columns
        self._samples: list[Sample] = []
        self._errors: list[SpecError] = []
        self._first: dict[str, Row] = {}

    def add(self, row: Row | SpecError) -> None:
        """Takes a row in, or notes what is wrong with it."""
        if isinstance(row, SpecError):
            self._errors.append(row)
            return
        try:
            sample = _sample(row)
            self._check_id(sample.id, row)
            self._samples.append(_fitting(sample, self._spec))
            if self._own:  # some benchmarks list an option twice, and stay as they were published
                _check_options(sample)
        except SpecError as error:
            self._errors.append(row.fault(error))

    def _check_id(self, sample_id: str, row: Row) -> None:
        first = self._first.setdefault(sample_id, row)
        if first is not row:
            where = "" if first.file == row.file else f" of {first.file.name}"
            problem = f"the id {sample_id!r} stands on line {first.line}{where} already"
            raise SpecError(problem, key="id", allowed="an id that no other sample has")

    def samples(self, file: Path) -> tuple[Sample, ...]:
        """All samples.

        Raises:
            SpecError: If a row cannot be used, or there is none; ``file`` is then at fault.
        """
        if self._errors:
            raise together(self._errors)
        if not self._samples:
            raise SpecError("there is no sample", file=file, allowed="one JSON object a line, at least one")
        return tuple(self._samples)


def _sample(row: Row) -> Sample:
    if not isinstance(row.data, dict):
        raise SpecError("the line is no mapping", allowed='one JSON object a line, {"id": …, "input": …, "target": …}')
    try:
        return Sample.model_validate(tupled(row.data), strict=True)
    except ValidationError as invalid:
        placed = [row.fault(error.at(key=dotted(keys) or None)) for keys, error in explained(invalid, Sample, row.data)]
        raise together(placed) from None


def _check_options(sample: Sample) -> None:
    twice = next((choice for choice in sample.choices if sample.choices.count(choice) > 1), None)
    if twice is not None:
        raise SpecError(f"the option {twice!r} stands twice", key="choices", allowed="options that differ")


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
