"""What expressions mean: told in a process that can be killed, the same whoever asks, and never guessed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.scoring import canonical_math
from agentscale.scoring.checks import Checked, MathChecker, checked_at_once, maths

pytest.importorskip("math_verify")

ALIKE = [
    (r"\frac12", "0.5"),
    (r"\frac{1}{2}", r"\frac{2}{4}"),
    (r"\sqrt{8}", r"2\sqrt{2}"),
    (r"1/\sqrt{2}", r"\frac{\sqrt{2}}{2}"),
    ("x(x+1)", "x^2+x"),
    (r"\{1,2\}", r"\{2,1\}"),
    (r"2\pi r", r"\pi r \cdot 2"),
    (r"50\%", "0.5"),
    ("2^{10}", "1024"),
    (r"\sin^2 x + \cos^2 x", "1"),
    ("(1, 2)", "(1,2)"),
]
APART = [(r"\sqrt{2}", "1.5"), ("x+1", "x-1"), ("(1, 2)", "(2, 1)"), (r"\{1,2\}", r"\{1,3\}"), ("x+", "x"), ("2x", "x")]


@pytest.fixture(scope="module")
def checker() -> Iterator[MathChecker]:
    made = MathChecker()
    yield made
    made.close()


def test_expressions_that_mean_the_same_vote_alike_and_are_right_for_each_other(checker: MathChecker) -> None:
    for one, other in ALIKE:
        first, second = checker.check(one, other), checker.check(other, one)
        assert first.right, (one, other)
        assert second.right, (one, other)
        assert first.vote == second.vote, (one, other)


def test_expressions_that_do_not_are_wrong_and_vote_apart(checker: MathChecker) -> None:
    for one, other in APART:
        assert checker.check(one, other).right is False, (one, other)
        assert checker.check(one, other).vote != checker.check(other, other).vote


def test_a_vote_is_a_function_of_the_answer_alone(checker: MathChecker) -> None:
    votes = {checker.check(r"\frac{x+1}{2}", target).vote for target in ("1", "x", r"\pi", "(x+1)/2")}
    assert len(votes) == 1


def test_what_hangs_is_killed_in_time_named_and_replaced(checker: MathChecker, monkeypatch) -> None:
    assert checker.check("x", "x").right
    before = checker.n_started
    with monkeypatch.context() as hurried:
        hurried.setattr(checker, "seconds", 0.5)
        began = time.monotonic()
        hung = checker.check("9^{9^{9^{9}}}", "1")
    assert time.monotonic() - began < 5
    assert (hung.right, hung.note) == (None, "limit: time")
    assert checker.check("x+1", "1+x").right
    assert checker.n_started == before + 1


def test_a_process_that_nobody_ends_any_more_ends_by_itself() -> None:
    worker = Path(maths.__file__).with_name("mathworker.py")
    left = subprocess.Popen(
        [sys.executable, str(worker), str(2**30), "1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert left.stdin is not None
    left.stdin.write(b'{"answer": "9^{9^{9^{9}}}", "target": "1"}\n')
    left.stdin.flush()
    assert left.wait(60) == -signal.SIGALRM
    left.stdin.close()


def test_no_text_is_evaluated_as_a_program(checker: MathChecker, tmp_path) -> None:
    planted = tmp_path / "planted"
    checker.check(f"__import__('os').system('touch {planted}')", "1")
    assert not planted.exists()


def test_an_endless_expression_is_not_told(checker: MathChecker) -> None:
    assert checker.check("x+" * 400 + "x", "x").note == "limit: length"


@given(first=st.fractions(max_denominator=99), second=st.fractions(max_denominator=99))
@settings(deadline=None)
def test_plain_numbers_need_no_process_and_vote_by_their_value(first: Fraction, second: Fraction) -> None:
    same = checked_at_once(canonical_math(str(first)) or "", str(first))
    assert same is not None
    assert same.right
    assert same.vote == canonical_math(str(first))
    apart = checked_at_once(str(first), str(second))
    assert apart is None or apart.right == (first == second)


def test_a_check_is_read_as_it_was_spelt() -> None:
    checked = Checked("1/3", False, "limit: \u00e9", "math-verify 1")
    assert Checked.read(checked.spelt) == checked
    for text in ("", "{}", "[1]", '{"vote": "1", "wrong": 2}'):
        with pytest.raises(ValueError, match=r"check|JSON|Expecting"):
            Checked.read(text)
