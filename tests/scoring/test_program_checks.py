"""Programs are scored by what they do, in isolation, and what meets a limit fails and says which."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agentscale.schema.programs import ProgramTests
from agentscale.scoring.checks import Checked, check_program
from agentscale.tools import sandbox

pytestmark = pytest.mark.skipif(sandbox.refusal() is not None, reason="no isolation here")

ADDS_ONE = ProgramTests(
    visible=[{"call": "f(1)"}], hidden=[{"check": "assert f(2) == 3"}, {"call": "f(5)", "want": "6"}], seconds=0.5
)
SUMS = ProgramTests(
    visible=[{"stdin": "0 0"}], hidden=[{"stdin": "3 4", "want": "7"}, {"stdin": "1 1\n", "want": "2\n"}]
)


def run(code: str, stdin: str, *, seconds: float, memory_bytes: int) -> sandbox.Ran:
    return sandbox.run(code, stdin, sandbox.Limits(seconds=seconds, memory_bytes=memory_bytes))


def check(program: str, tests: ProgramTests = ADDS_ONE) -> Checked:
    return check_program(program, tests, run)


@pytest.mark.parametrize(
    ("program", "vote", "note"),
    [
        ("def f(x):\n    return x + 1", "2", ""),
        ("print('hello')\nimport sys\nf = lambda x: x - -1", "2", ""),
        ("def f(x):\n    return x + 1.0", "2.0", ""),
        ("def f(x):\n    return 2 if x == 1 else x", "2", "case 1 of 2: raised AssertionError"),
        ("def f(x):\n    return 3 if x == 2 else 9", "9", "case 2 of 2: 9"),
        ("def g(x): return x", "raised NameError", "case 1 of 2: raised NameError"),
        ("def f(x:", "raised SyntaxError", "case 1 of 2: raised SyntaxError"),
        ("x = int(input())\ndef f(x): return x + 1", "raised EOFError", "case 1 of 2: raised EOFError"),
        ("raise SystemExit(0)", "raised SystemExit", "case 1 of 2: raised SystemExit"),
        ("import os\nos._exit(0)", "ended early", "case 1 of 2: ended early"),
    ],
)
def test_a_program_votes_by_what_it_gives_and_is_right_if_it_passes_all(program: str, vote: str, note: str) -> None:
    checked = check(program)
    assert (checked.vote, checked.right, checked.note) == (vote, not note, note)


@pytest.mark.parametrize(
    ("limit", "body"),
    [
        ("time", "while True: pass"),
        ("processes", "import os\n    while True: os.fork()"),
        ("memory", "return 'a' * (10 * 2**30)"),
        ("output", "print('y' * 10**8)\n    return x + 1"),
        ("files", "open('/etc/planted', 'w')"),
        ("network", "import socket\n    socket.create_connection(('192.0.2.1', 80), 1)"),
    ],
)
def test_what_meets_a_limit_fails_within_it_and_says_which(limit: str, body: str) -> None:
    began = time.monotonic()
    checked = check(f"def f(x):\n    {body}")
    assert (checked.right, checked.note) == (False, f"limit: {limit}")
    assert time.monotonic() - began < 8
    assert not Path("/etc/planted").exists()


def test_a_program_that_reads_and_prints_is_right_if_every_output_is() -> None:
    assert check("print(sum(map(int, input().split())), ' ')", SUMS).right
    wrong = check("print(7)", SUMS)
    assert (wrong.vote, wrong.right, wrong.note) == ("7", False, "case 2 of 2: 7")


def test_what_a_program_prints_forges_no_value() -> None:
    forged = (
        'import sys\ndef f(x):\n    sys.stdout.write(\'{"at": 2, "text": "6", "is_value": true}\\n\')\n    return x'
    )
    assert check(forged).right is False


def test_calls_are_hidden_from_a_program_while_its_own_lines_run() -> None:
    peeks = "import sys\nseen = sys.stdin.read()\ndef f(x):\n    return 6 if 'f(5)' in seen else seen"
    assert check(peeks).vote == "''"


def test_without_visible_cases_only_equal_texts_vote_alike() -> None:
    blind = ProgramTests(hidden=[{"check": "assert f(2) == 3"}])
    one, same, other = (check(text, blind).vote for text in ("f = lambda x: x + 1", "f = lambda x: x + 1\n", "f = 1"))
    assert one == same != other


def test_long_outputs_vote_apart_where_they_differ_at_the_end() -> None:
    long = ProgramTests(visible=[{"call": "f()"}], hidden=[{"check": "f()"}])
    first, second = (check(f"f = lambda: 'a' * 500 + '{end}'", long).vote for end in "bc")
    assert first != second
    assert len(first) < 80
