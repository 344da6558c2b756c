"""Whether a program does what is wanted: it is run on the cases of its question, by a runner that is handed in.

The runner keeps the program from harm. Against lies there is this: what is right for a call or an input is compared
outside, where the program is not, and it is told of calls and checks only after its own lines have run. A program that
was written to deceive could still forge that a *check* passed, since a check shares its process.
"""

from __future__ import annotations

import ast
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from agentscale.schema.programs import Case, ProgramTests
from agentscale.scoring.checks.base import Checked
from agentscale.scoring.checks.harness import SOURCE

MAX_SHOWN = 60
"""Characters of the outputs in a vote; what is longer stands there by its digest."""
_SILENT = "ended early"


class Ran(Protocol):
    """What a runner says."""

    @property
    def stdout(self) -> str: ...  # noqa: D102 (the names are those of `agentscale.tools.sandbox.Ran`)
    @property
    def exit_code(self) -> int: ...  # noqa: D102
    @property
    def limit(self) -> str | None: ...  # noqa: D102


class Runner(Protocol):
    """Runs Python in isolation: code, what it reads, seconds, and bytes of memory."""

    def __call__(self, code: str, stdin: str, *, seconds: float, memory_bytes: int) -> Ran:
        """Runs ``code`` to its end or its limit."""
        ...


class _Output(NamedTuple):
    """What came of one case."""

    text: str
    is_value: bool
    """Whether it is what was printed or returned; else how it failed, or ``passed`` of a check."""


def check_program(program: str, tests: ProgramTests, run: Runner, by: str = "") -> Checked:
    """How a program votes, and whether it passes every hidden case.

    Programs that give the same outputs on the visible cases vote alike; where there are none, those of one text do.
    What meets a limit fails.

    Args:
        program: Python.
        tests: Its cases and its limits.
        run: The runner.
        by: What runs it, with its version.

    Raises:
        SpecError: The runner refuses to run anything.
    """
    tried = _Tried(program, tests, run)
    visible = [tried.output(case).text for case in tests.visible]
    failed = next((at for at, case in enumerate(tests.hidden, start=1) if not _passes(case, tried.output(case))), None)
    vote = _shown(visible) if tests.visible else f"program {_digest(program.strip())}"
    return Checked(vote, failed is None, _note(tried, tests, failed), by)


def _note(tried: _Tried, tests: ProgramTests, failed: int | None) -> str:
    if failed is None:
        return ""
    if tried.limit is not None:
        return f"limit: {tried.limit}"
    return f"case {failed} of {len(tests.hidden)}: {tried.output(tests.hidden[failed - 1]).text[:MAX_SHOWN]}"


class _Tried:
    """A program that is run when an output is asked for: once for all calls and checks, once for each input."""

    def __init__(self, program: str, tests: ProgramTests, run: Runner) -> None:
        self._program = f"{tests.setup}\n{program}" if tests.setup else program
        self._tests = tests
        self._run = run
        self._used: dict[Case, _Output] | None = None
        self._read: dict[str, _Output] = {}
        self.limit: str | None = None
        """The first limit that it met."""

    def output(self, case: Case) -> _Output:
        """What comes of a case."""
        if case.stdin is None:
            self._used = self._uses() if self._used is None else self._used
            return self._used[case]
        if case.stdin not in self._read:
            ran = self._ran(self._program, case.stdin)
            self._read[case.stdin] = _Output(_lines(ran.stdout), True) if _ended(ran) else _Output(_failure(ran), False)
        return self._read[case.stdin]

    def _uses(self) -> dict[Case, _Output]:
        """The outputs of all calls and checks, each once, the visible ones first."""
        cases = list(dict.fromkeys(case for case in (*self._tests.visible, *self._tests.hidden) if case.stdin is None))
        mark = secrets.token_hex(16)
        uses = [[case.call is not None, case.call or case.check] for case in cases]
        ran = self._ran(f"{SOURCE}\nbegin({self._program!r})", json.dumps({"mark": mark, "uses": uses}))
        told = dict(_told(ran.stdout, mark))
        lost = _Output(_failure(ran), False)
        return {case: told.get(at, lost) for at, case in enumerate(cases)}

    def _ran(self, code: str, stdin: str) -> Ran:
        ran = self._run(code, stdin, seconds=self._tests.seconds, memory_bytes=self._tests.memory_mb * 2**20)
        self.limit = self.limit or ran.limit
        return ran


def _ended(ran: Ran) -> bool:
    return ran.limit is None and ran.exit_code == 0


def _failure(ran: Ran) -> str:
    if ran.limit is not None:
        return f"limit: {ran.limit}"
    return _SILENT if ran.exit_code == 0 else f"exit code {ran.exit_code}"


def _told(stdout: str, mark: str) -> Iterator[tuple[int, _Output]]:
    """The outputs that were told before the program ended, by the place of their case."""
    for line in stdout.split("\n"):
        if line.startswith(mark):
            try:
                said = json.loads(line.removeprefix(mark))
            except ValueError:
                return  # cut off by the limit of what may be printed
            yield said["at"], _Output(said["text"], said["is_value"])


def _passes(case: Case, output: _Output) -> bool:
    if case.check is not None:
        return output.text == "passed" and not output.is_value
    assert case.want is not None  # the record sees to it that a hidden case has one
    return output.is_value and _same(output.text, case.want, literal=case.call is not None)


def _same(text: str, want: str, *, literal: bool) -> bool:
    """Whether two outputs are equal: of calls also where they are literals of equal value."""
    if _lines(text) == _lines(want):
        return True
    try:
        return literal and bool(ast.literal_eval(text) == ast.literal_eval(want))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _lines(text: str) -> str:
    """The text without blanks at the ends of lines and empty lines at its end."""
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


def _shown(outputs: Sequence[str]) -> str:
    """The outputs on one line; whole where they are short, by their digest where they are not."""
    line = " | ".join(" ".join(output.split()) for output in outputs)
    exact = json.dumps(list(outputs))
    return line if len(line) <= MAX_SHOWN and "\n" not in exact else f"{line[:MAX_SHOWN]} {_digest(exact)}"


def _digest(text: str) -> str:
    return f"#{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
